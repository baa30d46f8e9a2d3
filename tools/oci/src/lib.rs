//! What the OCI image specification says: digests, references, platforms, documents, and image layouts on disk, read and written.
//!
//! Owns no network, no command line and no archive: what a layer holds is read by `image_build`.

pub mod content;
pub mod digest;
pub mod document;
mod error;
pub mod json;
pub mod layout;
pub mod layout_writer;
mod lexical_path;
pub mod parallel;
pub mod platform;
pub mod reference;
pub mod tree;

pub use error::Error;
