//! The grammar of releases: names of services, versions, and tags `<service>/vMAJOR.MINOR.PATCH[-PRE]`.
//!
//! Owns every rule about these texts, and how versions follow each other. Which services and tags exist is the business of
//! others. No other crate, script or rule has a copy of this grammar.

mod error;
pub mod name;
pub mod prerelease;
pub mod tag;
pub mod version;

#[cfg(any(test, fuzzing))]
#[doc(hidden)]
pub mod fuzzing;

pub use error::Error;
pub use name::ServiceName;
pub use tag::Tag;
pub use version::{Bump, Version};
