//! Environment variables that the tests read.

/// Where programs are looked for.
pub const PATH: &str = "PATH";
