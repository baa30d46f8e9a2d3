//! Publishing to registries by the distribution-spec's HTTP API.
//!
//! `push` is the door: what is sent in which order. `repository` says it in the specification's terms,
//! `client` in HTTP's; `auth` gets tokens, `retry` decides what is tried again, `address` which URLs are spoken to at all.

mod address;
mod auth;
mod client;
mod error;
mod push;
mod report;
mod repository;
mod retry;
mod secret;

pub use error::RegistryError;
pub use push::{PushOptions, PushRequest, push};
pub use report::{Outcome, PlatformSize, PushReport, TagReport};
pub use retry::RetryPolicy;
