//! Environment variables that the tests read.

/// The `crane` executable whose registry the tests start, where it is not on `PATH`.
pub const TEST_REGISTRY: &str = "IMAGE_TEST_REGISTRY";

/// The executable of the distribution registry that the tests start, where neither `docker-registry` nor `registry` is on
/// `PATH`: Debian's package is called by the first name, the project's own builds by the second.
pub const TEST_DISTRIBUTION: &str = "IMAGE_TEST_DISTRIBUTION";

/// Where programs are looked for.
pub const PATH: &str = "PATH";
