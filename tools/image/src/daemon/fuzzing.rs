//! Docker's contexts: which one is chosen, and where its daemon is.

use super::context::{chosen, endpoint};

/// Any bytes as docker's `config.json` and as a context's `meta.json`.
pub fn contexts(bytes: &[u8]) {
    let _ = chosen(bytes);
    assert!(endpoint(bytes).map_or(true, |(host, _)| !host.is_empty()), "a daemon has no address");
}
