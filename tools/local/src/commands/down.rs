//! `local down`: takes back what `local up` has started.

use local::compose::Compose;
use terminal::Exit;

/// Runs the verb.
pub fn run(compose: &Compose, with_volumes: bool) -> anyhow::Result<Exit> {
    compose.down(with_volumes)?;
    Ok(Exit::Success)
}
