//! The HTTP client of every tool that speaks to a server elsewhere: registries, GitHub, daemons behind TLS.
//!
//! `client` says how a server is reached, `certificates` whom it has to convince, `proxy` what stands between, `retry` what is tried
//! again, `stranger` who answered instead, `transport` why nobody did. Owns no protocol.

pub mod certificates;
mod client;
pub mod environment;
mod error;
mod proxy;
mod retry;
mod runtime;
pub mod stranger;
pub mod transport;

pub use client::{client, is_allowed, proxy_variable};
pub use error::Error;
pub use retry::{Retries, RetryPolicy, is_temporary, retry_after};
pub use runtime::block_on;
