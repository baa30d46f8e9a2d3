//! The services of this repository on one machine: brought up by compose, and tried together.
//!
//! Owns what is asked of Docker's command line, which ports have to be free, and the run through all services. Prints
//! nothing; what the services are, `dev/compose.yaml` says.

pub mod compose;
mod error;
pub mod ports;
pub mod smoke;

pub use error::Error;
