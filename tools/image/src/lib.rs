//! What the `image` tool does for people: images are judged, shown and loaded into a daemon on this machine.
//!
//! Knows neither clap nor the terminal: verbs live in the binary. Publishing is `registry`'s.

pub mod check;
pub mod daemon;
mod error;
#[cfg(any(test, fuzzing))]
#[doc(hidden)]
pub mod fuzzing;
pub mod inspect;
pub mod layer_reader;

pub use error::Error;
