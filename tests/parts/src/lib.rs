//! The real parts that the end-to-end tests and the benchmark stand on: programs, Bazel's workspaces, a registry, Docker, and a
//! stand-in for GitHub.
//!
//! Whatever goes wrong in here panics with all that is known: who calls it is a test, or measures and can only stop.
//! What is started here is stopped when its value is dropped, also by a panic.

#![expect(clippy::missing_panics_doc, reason = "all of it panics, which is what tests want")]
#![expect(
    clippy::must_use_candidate,
    clippy::return_self_not_must_use,
    reason = "a check is often called for its panic alone"
)]

pub mod actions;
pub mod command;
pub mod consumer;
pub mod corpus;
pub mod development;
pub mod environment;
pub mod executables;
pub mod files;
pub mod http;
pub mod layout;
pub mod paths;
pub mod ports;
mod servers;
pub mod terminal;
pub mod workspace;

pub use servers::{cache, docker, github, nginx, process, registry, service, verdaccio};
