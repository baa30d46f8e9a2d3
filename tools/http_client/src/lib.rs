//! The HTTP client of every tool that speaks to a server elsewhere: registries, GitHub, daemons behind TLS.
//!
//! `client` says how a server is reached, `certificates` whom it has to convince, `proxy` what stands between, `retry` what is tried
//! again, `stranger` who answered instead. Owns no protocol.

pub mod certificates;
mod client;
pub mod environment;
mod proxy;
mod retry;
pub mod stranger;

pub use client::{SetupError, client, is_allowed, proxy_variable};
pub use proxy::ProxyError;
pub use retry::{Retries, RetryPolicy, is_temporary, retry_after};
