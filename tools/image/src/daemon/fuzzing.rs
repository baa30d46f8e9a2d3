//! Docker's contexts: which one is chosen, and where its daemon is.

use super::connect::{chosen_context, context_host};

/// Any bytes as docker's `config.json` and as a context's `meta.json`.
pub fn contexts(bytes: &[u8]) {
    let _ = chosen_context(bytes);
    assert!(context_host(bytes).map_or(true, |host| !host.is_empty()), "a daemon has no address");
}
