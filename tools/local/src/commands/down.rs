//! `local down`: takes back what `local up` has started.

use local::compose::Compose;
use terminal::{Exit, Failure};

/// Runs the verb.
pub fn run(compose: &Compose, with_volumes: bool) -> Result<Exit, Failure> {
    compose.down(with_volumes)?;
    Ok(Exit::Success)
}
