//! The library behind the `services` tool: which services there are, and every text that has to name them.
//!
//! Owns the set of services, and what is generated from it; the grammar of their names is `release_tag`'s. Knows neither clap
//! nor the terminal: verbs live in the binary.

pub mod services;

pub mod facts;
pub mod region;
pub mod tree;

pub mod generate;
pub mod scaffold;
mod templates;

mod error;

pub use error::Error;
pub use services::{CLI, Services};
