//! The library behind the `release` tool: from a tag to what is released, and from what changed to the next tag.
//!
//! Owns the rules of history and what follows from them; the grammar of tags and versions is `release_tag`'s. Knows neither
//! clap nor the terminal: verbs live in the binary.

pub mod build;
pub mod check;
pub mod closure;
pub mod cut;
pub mod doctor;
pub mod environment;
pub mod git;
pub mod github;
pub mod interruption;
pub mod notes;
pub mod plan;
mod process;
pub mod publish;
pub mod releases;
pub mod request;
pub mod status;
pub mod typed;
pub mod verify;

pub use release_tag::{prerelease, tag, version};
pub use terminal::printable;
