//! `local check`: what would keep the services from starting, before anything is built for them.

use local::compose::Compose;
use local::ports;
use terminal::Exit;

/// Runs the verb.
pub fn run(compose: &Compose) -> anyhow::Result<Exit> {
    ports::expect_free(&compose.services()?, &compose.containers()?)?;
    Ok(Exit::Success)
}
