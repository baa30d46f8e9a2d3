//! Publishing to registries by the distribution-spec's HTTP API, and who we are to them.
//!
//! `push` is the door for writing: what is sent in which order; `lookup` the one for reading. `repository` says it in the specification's terms,
//! `client` in HTTP's over a `line`. `holders` knows which blob another repository has already, `auth` gets tokens, `answer`
//! reads what servers say, `stall` says when an attempt is over, `address` where things are. `credentials` finds what docker has stored,
//! `login` stores it, `spec` reads which service goes where.

mod address;
mod again;
mod answer;
mod auth;
mod client;
pub mod credentials;
mod error;
#[doc(hidden)]
pub mod fuzzing;
mod hint;
mod holders;
mod line;
pub mod login;
mod lookup;
mod payload;
mod push;
mod report;
mod repository;
pub mod secret;
pub mod spec;
mod stall;
mod verify;

pub use http_client::RetryPolicy;

pub use error::{Error, Identity};
pub use line::Server;
pub use lookup::{PublishedImage, lookup, resolve};
pub use push::{PushOptions, PushRequest, push};
pub use report::{Outcome, PlatformSize, PushReport, TagReport};
pub use verify::verify_blob;
