//! Every environment variable that these tests read or set.

/// The path of the binary under test. Cargo sets it while it compiles, Bazel when it runs.
pub const BINARY: &str = "CARGO_BIN_EXE_api";

/// The path of the configuration, for the binary.
pub const CONFIG: &str = "UNKEY_CONFIG";
