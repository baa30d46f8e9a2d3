//! `local check`: what would keep the services from starting, before anything is built for them.

use local::compose::Compose;
use local::ports;
use terminal::{Exit, Failure};

/// Runs the verb.
pub fn run(compose: &Compose) -> Result<Exit, Failure> {
    ports::expect_free(&compose.services()?, &compose.containers()?)?;
    Ok(Exit::Success)
}
