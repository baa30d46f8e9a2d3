//! A client of OCI registries: publishes images by the distribution-spec's HTTP API, and finds the credentials for that.
//!
//! `push` writes, `lookup` reads. Both use `repository`, which has the operations of the specification. `client` sends them
//! with authorization (`auth`) and retries, over the connections of `transport`. `credentials` reads what docker and podman
//! have stored, `login` stores it. `spec` reads which service is published where.

mod again;
mod auth;
mod client;
pub mod credentials;
mod error;
#[doc(hidden)]
pub mod fuzzing;
mod hint;
pub mod login;
mod lookup;
mod push;
mod repository;
pub mod secret;
pub mod spec;
mod transport;

pub use http_client::RetryPolicy;

pub use error::{Error, Identity};
pub use lookup::{PublishedImage, lookup, resolve};
pub use push::report::{PlatformSize, PushReport, TagOutcome, TagReport};
pub use push::{PushOptions, PushRequest, push, verify_blob};
pub use transport::connection::Responder;
