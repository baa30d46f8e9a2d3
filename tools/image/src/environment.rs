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

/// Docker's configuration with credentials in it, as text instead of as a file. Wins over every file.
pub const DOCKER_AUTH_CONFIG: &str = "DOCKER_AUTH_CONFIG";

/// A file with credentials, as podman and its kin name it.
pub const REGISTRY_AUTH_FILE: &str = "REGISTRY_AUTH_FILE";

/// Whatever it says, the daemon of `DOCKER_HOST` is spoken to by TLS and has to prove who it is.
pub const DOCKER_TLS_VERIFY: &str = "DOCKER_TLS_VERIFY";

/// Whatever it says, the daemon of `DOCKER_HOST` is spoken to by TLS, whoever it is.
pub const DOCKER_TLS: &str = "DOCKER_TLS";

/// The folder with `ca.pem`, `cert.pem` and `key.pem` for the daemon, instead of docker's own.
pub const DOCKER_CERT_PATH: &str = "DOCKER_CERT_PATH";

/// The home folder, below which `.docker` is looked for.
pub const HOME: &str = "HOME";

/// The folder with the sockets of a user's own daemons, podman's among them.
pub const XDG_RUNTIME_DIR: &str = "XDG_RUNTIME_DIR";

/// The folder with a user's configurations, podman's credentials among them, instead of `~/.config`.
pub const XDG_CONFIG_HOME: &str = "XDG_CONFIG_HOME";

/// A PEM file with certificate authorities that are trusted beside the system's, not in their place.
pub const SSL_CERT_FILE: &str = "SSL_CERT_FILE";

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
