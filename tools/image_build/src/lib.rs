//! What Bazel's actions do with image bytes: layers are compressed and read, images and indexes assembled, texts stamped.
//!
//! The one tool in the closure of an image. It links `oci` and nothing of registries, daemons, TLS or async, so that a change of those
//! builds no image again.

pub mod assemble;
pub mod compress;
pub mod compression;
pub mod container_environment;
mod error;
pub mod index;
pub mod layer;
pub mod lines;
pub mod stamp;
pub mod whole_blocks;

pub use error::Error;
