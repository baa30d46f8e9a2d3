//! The OCI image library behind the `image` tool: layouts on disk, what is in them, and where they go.
//!
//! Owns every rule about image bytes. Knows neither clap nor the terminal: verbs live in the binary.

pub mod archive;
pub mod assemble;
pub mod certificates;
pub mod check;
pub mod compress;
pub mod content;
pub mod credentials;
pub mod daemon;
pub mod digest;
pub mod document;
pub mod environment;
pub mod environment_expansion;
#[cfg(any(test, fuzzing))]
#[doc(hidden)]
pub mod fuzzing;
pub mod http;
pub mod index;
pub mod inspect;
pub mod json;
pub mod layer;
pub mod layout;
pub mod layout_writer;
pub mod lexical_path;
pub mod lines;
pub mod login;
pub mod parallel;
pub mod platform;
pub mod reference;
pub mod registry;
pub mod seal;
pub mod secret;
pub mod spec;
pub mod stamp;
pub mod stranger;
pub mod tree;
pub mod whole_blocks;
