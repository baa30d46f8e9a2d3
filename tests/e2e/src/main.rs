//! End-to-end tests: what a user types, against real parts, in the repository that this runs in.
//!
//! What belongs here needs `make` or Bazel from outside, or a part that is no library: a registry, Docker, an emulator.
//! A test starts the parts that it needs on free ports and stops them. It fails where a part is missing: a skipped test
//! looks like a passed one.
//!
//! `architecture`: the binaries run on what their images say. `base`: what is below the service. `c_code`: crates with
//! C in them. `consumer`: another workspace. `development`: `make dev`. `lint`: what linters find. `load`: Docker.
//! `make_variables`: values that no shell may see. `new_service`: one service more. `optimised`: flags that must not
//! matter. `publish`, `publish_github`, `verify`: from tags to images and releases, and back. `push`, `push_refused`,
//! `push_local`: registries. `rehearse`: the release workflow. `release`: the release tool. `remote_cache`: what clones
//! share. `reproducible`: another folder. `services`: all of them at once. `stamping`: what a version reaches. `stores`:
//! kinds of daemons. `tilt`: the Tiltfile. `up`: all services in containers. `wrapper`: getting Bazel.
//! `monorepo` holds no tests; it and the crate `parts` are what those stand on.

mod architecture;
mod base;
mod c_code;
mod consumer;
mod development;
mod lint;
mod load;
mod make_variables;
mod monorepo;
mod new_service;
mod optimised;
mod publish;
mod publish_github;
mod push;
mod push_local;
mod push_refused;
mod rehearse;
mod release;
mod remote_cache;
mod reproducible;
mod services;
mod stamping;
mod stores;
mod tilt;
mod up;
mod verify;
mod wrapper;

// By `crate::`, as if they were modules of this crate.
use parts::{command, docker, environment, http, layout, ports, registry, service, workspace};
