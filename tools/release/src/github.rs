//! GitHub's REST API, as far as releases need it.
//!
//! `server` and `slug` say which repository is spoken of, `pull_request` what its commits say; `client` speaks HTTP, `pages` reads
//! lists to their end, `limits` knows how long to wait; `releases`, `assets` and `settings` say what GitHub's documents say, and
//! `file_body` sends files. Owns no decision: what is released when is `publish`'s.

pub mod assets;
mod client;
mod error;
mod file_body;
mod limits;
mod pages;
pub mod pull_request;
mod releases;
mod server;
mod settings;
mod slug;

pub use assets::{Asset, ReleaseFile};
pub use client::{Access, GitHub};
pub use error::GitHubError;
pub use limits::Patience;
pub use releases::{Drafts, Release, ReleaseText};
pub use server::Server;
pub use settings::RepositorySettings;
pub use slug::Slug;
