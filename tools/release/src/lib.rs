//! The library behind the `release` tool: from a tag to what is released, and from what changed to the next tag.
//!
//! Owns the rules of tags, versions and history. Knows neither clap nor the terminal: verbs live in the binary.

pub mod bazel;
pub mod build;
pub mod changes;
pub mod check;
pub mod checkout;
pub mod closure;
pub mod cut;
pub mod doctor;
pub mod environment;
#[cfg(any(test, fuzzing))]
#[doc(hidden)]
pub mod fuzzing;
pub mod git;
pub mod github;
pub mod github_output;
pub mod history;
pub mod image_name;
pub mod notes;
pub mod plan;
pub mod prerelease;
pub mod publish;
pub mod pull_request;
pub mod releases;
pub mod repository;
pub mod request;
pub mod server;
pub mod slug;
pub mod status;
pub mod tag;
pub mod typed;
pub mod verify;
pub mod version;

pub use terminal::printable;
