//! Every environment variable that `local` reads, in one place.

/// Where `bazel run` was typed; it starts programs in a folder of its own.
pub const BUILD_WORKING_DIRECTORY: &str = "BUILD_WORKING_DIRECTORY";
