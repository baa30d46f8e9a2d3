//! Every environment variable that this crate reads. npm reads many more.

use terminal::environment;

/// Where a job of GitHub Actions that has `id-token: write` gets its identity.
pub const ACTIONS_ID_TOKEN_REQUEST_URL: &str = "ACTIONS_ID_TOKEN_REQUEST_URL";

/// Whether this is a job that can prove which workflow it runs: npm refuses `--provenance` everywhere else.
#[must_use]
pub fn has_identity() -> bool {
    environment::read(ACTIONS_ID_TOKEN_REQUEST_URL).is_some()
}
