//! The library behind the `release` tool: from a tag to what is released, and from what changed to the next tag.
//!
//! Owns the rules of tags, versions and history. Knows neither clap nor the terminal: verbs live in the binary.

pub mod build;
pub mod check;
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
pub mod image_name;
pub mod interruption;
pub mod notes;
pub mod plan;
pub mod prerelease;
mod process;
pub mod publish;
pub mod releases;
pub mod request;
pub mod status;
pub mod tag;
pub mod typed;
pub mod verify;
pub mod version;

pub use terminal::printable;
