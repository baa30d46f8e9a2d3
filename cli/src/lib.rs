//! What the `unkey` client does: it keeps a key, asks the API and the control API, and says what they answer.
//!
//! Knows neither clap nor the terminal: verbs live in the binary. Builds for Linux, macOS and Windows, in Rust alone.

pub mod address;
pub mod api;
pub mod configuration;
pub mod credentials;
pub mod environment;
mod error;
pub mod expiry;
pub mod http;
pub mod id;
pub mod interrupt;
pub mod secret;
pub mod session;
pub mod version;

pub use error::Error;
