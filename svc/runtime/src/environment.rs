//! Every environment variable that this crate reads.

use std::env;

/// The name of the machine. Kubernetes sets it to the pod's name and Docker to the container's short id, which makes
/// it the instance id where the configuration has none.
const HOSTNAME: &str = "HOSTNAME";

/// Not empty: no colours, whatever stderr is.
const NO_COLOR: &str = "NO_COLOR";

/// The name of the machine, if the environment tells it.
pub(crate) fn host_name() -> Option<String> {
    env::var(HOSTNAME).ok()
}

/// Whether colours are unwanted.
pub(crate) fn no_color() -> bool {
    env::var_os(NO_COLOR).is_some_and(|value| !value.is_empty())
}
