//! Publishing to registries by the distribution-spec's HTTP API.
//!
//! `push` is the door for writing: what is sent in which order; `lookup` the one for reading. `repository` says it in the specification's terms,
//! `client` in HTTP's over a `line`. `holders` knows which blob another repository has already, `auth` gets tokens, `answer`
//! reads what servers say, `retry` decides what is tried again, `stall` when an attempt is over, `address` where things are.

mod address;
mod answer;
mod auth;
mod client;
mod error;
#[cfg(any(test, fuzzing))]
pub(crate) mod fuzzing;
mod hint;
mod holders;
mod line;
mod lookup;
mod payload;
mod push;
mod report;
mod repository;
mod retry;
mod stall;

pub use error::{Identity, RegistryError};
pub use line::Server;
pub use lookup::{PublishedImage, lookup, resolve};
pub use push::{PushOptions, PushRequest, push};
pub use report::{Outcome, PlatformSize, PushReport, TagReport};
pub use retry::RetryPolicy;
