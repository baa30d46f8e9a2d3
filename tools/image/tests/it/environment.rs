//! Environment variables that the tests read.

/// The `crane` executable whose registry the tests start, where it is not on `PATH`.
pub const TEST_REGISTRY: &str = "IMAGE_TEST_REGISTRY";
