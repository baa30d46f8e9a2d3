//! The client's packages for npm: `unkey` with a tiny launcher, and one package with a binary for each platform.
//!
//! `pack` makes them, the same bytes wherever it runs; `publish` brings them to npm's registry, in order and never over another
//! version. npm itself does the talking: registry, login and trusted publishing are its own matter. Which binaries there are is
//! the business of the caller.

mod client;
pub mod environment;
mod error;
mod failure;
mod manifest;
mod pack;
mod platform;
mod publish;
mod tags;
mod tarball;

pub use client::{Npm, Published, Tags};
pub use error::{Difference, Error};
pub use failure::Failure;
pub use pack::{Binary, Package, Source, pack};
pub use platform::Platform;
pub use publish::{Options, Outcome, State, publish};
pub use tags::{BACKPORT, BACKPORT_NEXT, LATEST, NEXT};
