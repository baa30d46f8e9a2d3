//! Docker's configuration: its credentials, and its contexts.

use crate::daemon::fuzzing::contexts;

/// Any bytes as docker's `config.json`, and as a context's `meta.json`.
///
/// # Panics
/// When a credential could be shown, a helper is the path of a program, or a daemon has no address.
pub fn docker_config(bytes: &[u8]) {
    contexts(bytes);
    registry::fuzzing::docker_config(bytes);
}
