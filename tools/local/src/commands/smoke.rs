//! `local smoke`: one run through all services, a line a step.

use local::compose::{Compose, FILE};
use local::smoke::{self, Found, HOST};
use terminal::{Exit, Failure};

/// Runs the verb.
pub fn run(compose: &Compose) -> Result<Exit, Failure> {
    let services = compose.services()?;
    smoke::run(&services, &compose.token()?, &mut |Found { service, step, outcome }| {
        println!("{service:14}  {step:21}  {outcome}");
    })?;
    let frontline = services.iter().find(|service| service.name == "frontline").and_then(|one| one.ports.first());
    if let Some(port) = frontline {
        println!("\ncurl --header 'Host: {HOST}' http://127.0.0.1:{port}/version    # by hand");
    }
    println!("docker compose --file {FILE} logs --follow    # what they say");
    Ok(Exit::Success)
}
