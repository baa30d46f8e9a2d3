//! HTTP with one registry, without authorization: `connection` sends a request and follows redirects, `payload` is what it
//! carries, `stall` ends an attempt in which nothing moves, `answer` reads bodies, `address` makes and follows URLs.

pub(crate) mod address;
pub(crate) mod answer;
pub(crate) mod connection;
pub(crate) mod payload;
pub(crate) mod stall;
