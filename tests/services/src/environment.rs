//! Every environment variable that these tests read or set.

/// The binaries of the services, as paths with spaces between them. Bazel sets it; where it is not set, cargo builds
/// them.
pub const BINARIES: &str = "SERVICE_BINARIES";

/// The cargo that runs these tests. Cargo sets it.
pub const CARGO: &str = "CARGO";

/// The path of the configuration, for a service.
pub const CONFIG: &str = "UNKEY_CONFIG";

/// The path of the tool `on-disk`. Bazel sets it; cargo does while it compiles.
pub const ON_DISK: &str = "CARGO_BIN_EXE_on-disk";

/// What callers of `/v1` send, by the configurations of the local environment.
pub const TOKEN: &str = "UNKEY_TOKEN";
