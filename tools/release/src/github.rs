//! GitHub's REST API, as far as releases need it.
//!
//! `client` speaks HTTP, `pages` reads lists to their end, `limits` knows how long to wait; `releases` and `settings` say what GitHub's documents say. Owns no decision: what is released when
//! is `publish`'s.

mod client;
mod error;
mod limits;
mod pages;
mod releases;
mod settings;

pub use client::{Access, GitHub};
pub use error::GitHubError;
pub use limits::Patience;
pub use releases::{Drafts, Release, ReleaseText};
pub use settings::RepositorySettings;
