//! Loading into a local daemon by the Docker Engine API, which podman speaks too.
//!
//! `endpoint` knows where the daemon is, `connect` reaches it, `inventory` is what it has, `archive` makes the stream it is fed, `load` decides what to do.

mod archive;
mod connect;
mod context;
mod endpoint;
#[cfg(any(test, fuzzing))]
pub(crate) mod fuzzing;
mod inventory;
mod load;
mod tls;

pub use connect::Daemon;
pub use load::{LoadOutcome, LoadReport, LoadRequest, load};
