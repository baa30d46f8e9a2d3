//! From tags to images and releases, and back. `monorepo` holds no tests: the others stand on it.

mod client;
mod client_builds;
pub mod monorepo;
mod npm;
mod publish;
mod publish_github;
mod rehearse;
mod release;
mod verify;
