//! Every environment variable that the `image` library reads, in one place. Libraries below it read a few more of their
//! own, `HTTPS_PROXY` and `NO_PROXY` above all.

use std::env;
use std::ffi::OsString;
use std::path::PathBuf;

/// The daemon to load into: `unix:///run/docker.sock` or `tcp://host:2375`. Wins over the docker context.
pub const DOCKER_HOST: &str = "DOCKER_HOST";

/// The docker context to use instead of the one that `docker context use` chose.
pub const DOCKER_CONTEXT: &str = "DOCKER_CONTEXT";

/// The folder with docker's `config.json` and contexts, instead of `~/.docker`.
pub const DOCKER_CONFIG: &str = "DOCKER_CONFIG";

/// The home folder, below which `.docker` is looked for.
pub const HOME: &str = "HOME";

/// The folder with the sockets of a user's own daemons, podman's among them.
pub const XDG_RUNTIME_DIR: &str = "XDG_RUNTIME_DIR";

/// A PEM file with certificate authorities that are trusted beside the system's, not in their place.
pub const SSL_CERT_FILE: &str = "SSL_CERT_FILE";

/// Where `bazel run` was typed; it starts programs in a folder of its own.
pub const BUILD_WORKING_DIRECTORY: &str = "BUILD_WORKING_DIRECTORY";

/// The value of one of the constants above; an empty one counts as none.
#[must_use]
pub fn read(name: &str) -> Option<OsString> {
    env::var_os(name).filter(|value| !value.is_empty())
}

/// The folder with docker's configuration, whether or not it exists.
#[must_use]
pub fn docker_config_folder() -> Option<PathBuf> {
    let default = || read(HOME).map(|home| PathBuf::from(home).join(".docker"));
    read(DOCKER_CONFIG).map(PathBuf::from).or_else(default)
}
