//! Asks HTTP servers on this machine.

use std::time::Duration;

use serde_json::Value;
use ureq::Agent;

/// Far longer than an answer takes.
const PATIENCE: Duration = Duration::from_secs(10);

/// A header of the answer at `http://ADDRESS/PATH`; none where there is none, or where the status is no success.
pub fn header(address: &str, path: &str, name: &str) -> Option<String> {
    let answer = agent().head(format!("http://{address}{path}")).call().ok()?;
    let value = answer.headers().get(name).filter(|_| answer.status().is_success())?;
    value.to_str().ok().map(str::to_owned)
}

/// The status and the body of `http://ADDRESS/PATH`; none where nothing answers.
pub fn get(address: &str, path: &str) -> Option<(u16, String)> {
    let mut answer = agent().get(format!("http://{address}{path}")).call().ok()?;
    let body = answer.body_mut().read_to_string().ok()?;
    Some((answer.status().as_u16(), body))
}

/// The JSON at `http://ADDRESS/PATH`, whose status has to be 200.
pub fn json(address: &str, path: &str) -> Value {
    let (status, body) = get(address, path).unwrap_or_else(|| panic!("nothing answers at {address}{path}"));
    assert_eq!(status, 200, "{address}{path}: {body}");
    serde_json::from_str(&body).unwrap_or_else(|error| panic!("{address}{path}: {error}: {body}"))
}

/// The JSON that comes back for a document which is sent with a bearer token; the status has to be a success.
pub fn post(address: &str, path: &str, token: &str, document: &Value) -> Value {
    let request = agent().post(format!("http://{address}{path}")).content_type("application/json");
    let request = request.header("Authorization", format!("Bearer {token}"));
    let mut answer = request.send(document.to_string()).unwrap_or_else(|error| panic!("{address}{path}: {error}"));
    let body = answer.body_mut().read_to_string().unwrap_or_else(|error| panic!("{address}{path}: {error}"));
    assert!(answer.status().is_success(), "{address}{path}: {}: {body}", answer.status());
    serde_json::from_str(&body).unwrap_or_else(|error| panic!("{address}{path}: {error}: {body}"))
}

fn agent() -> Agent {
    let config = Agent::config_builder().http_status_as_error(false).timeout_global(Some(PATIENCE)).proxy(None).build();
    config.new_agent()
}
