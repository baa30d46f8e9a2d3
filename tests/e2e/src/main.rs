//! End-to-end tests: what a user types, against real parts, in the repository that this runs in.
//!
//! What belongs here needs `make` or Bazel from outside, or a part that is no library: a registry, Docker, an emulator.
//! A test starts the parts that it needs on free ports and stops them. It fails where a part is missing: a skipped test
//! looks like a passed one.
//!
//! `images`: what is built. `registries`: where it is pushed. `daemons`: where it is loaded. `releases`: what a tag does.
//! `repository`: what people do in a clone. The crate `parts` is what they stand on.

mod daemons;
mod images;
mod registries;
mod releases;
mod repository;

// By `crate::`, as if they were modules of this crate.
use parts::{command, docker, environment, http, layout, ports, registry, service, workspace};
