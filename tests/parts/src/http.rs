//! Asks HTTP servers on this machine.

use std::time::Duration;

use serde_json::Value;
use ureq::Agent;

/// Far longer than an answer takes.
const PATIENCE: Duration = Duration::from_secs(10);

/// The status and the body of `http://ADDRESS/PATH`; none where nothing answers.
pub fn get(address: &str, path: &str) -> Option<(u16, String)> {
    let config = Agent::config_builder().http_status_as_error(false).timeout_global(Some(PATIENCE)).proxy(None).build();
    let mut answer = config.new_agent().get(format!("http://{address}{path}")).call().ok()?;
    let body = answer.body_mut().read_to_string().ok()?;
    Some((answer.status().as_u16(), body))
}

/// The JSON at `http://ADDRESS/PATH`, whose status has to be 200.
pub fn json(address: &str, path: &str) -> Value {
    let (status, body) = get(address, path).unwrap_or_else(|| panic!("nothing answers at {address}{path}"));
    assert_eq!(status, 200, "{address}{path}: {body}");
    serde_json::from_str(&body).unwrap_or_else(|error| panic!("{address}{path}: {error}: {body}"))
}
