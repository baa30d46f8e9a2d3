//! HTTP to one server: how it is reached, what is sent, what counts as an answer of Unkey's.

mod answer;
mod client;
mod proxy;
mod tls;

pub(crate) use client::Call;
pub use client::{Client, Options, health};
