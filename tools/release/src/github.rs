//! GitHub's REST API, as far as releases need it.
//!
//! `client` speaks HTTP, `releases` and `settings` say what GitHub's documents say. Owns no decision: what is released when
//! is `publish`'s.

mod client;
mod error;
mod releases;
mod settings;

pub use client::{Access, GitHub};
pub use error::GitHubError;
pub use releases::{Release, ReleaseText};
pub use settings::RepositorySettings;
