//! The library behind the `release` tool: from a tag to what is released, and from what changed to the next tag.
//!
//! Owns the rules of tags, versions and history. Knows neither clap nor the terminal: verbs live in the binary.

pub mod check;
pub mod environment;
pub mod git;
pub mod github_output;
pub mod image;
pub mod printable;
pub mod repository;
pub mod services;
pub mod tag;
pub mod version;
