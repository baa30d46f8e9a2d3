//! The library behind the `release` tool: from a tag to what is released, and from what changed to the next tag.
//!
//! Owns the rules of history and what follows from them; the grammar of tags and versions is `release_tag`'s. Knows neither
//! clap nor the terminal: verbs live in the binary.

pub mod build;
pub mod check;
pub mod client;
pub mod doctor;
pub mod environment;
pub mod error;
pub mod git;
pub mod github;
pub mod interruption;
pub mod notes;
pub mod plan;
pub mod publish;

pub use error::Error;
