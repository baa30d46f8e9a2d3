//! The environment variables of clients of registries and daemons, in one place.

use std::path::PathBuf;

pub use terminal::environment::{read, read_path, where_typed};

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

/// The proxy for servers that are not on this machine, such as `http://proxy.example:3128`.
pub const HTTPS_PROXY: &str = "HTTPS_PROXY";

/// The proxy where `HTTPS_PROXY` names none.
pub const ALL_PROXY: &str = "ALL_PROXY";

/// Servers that are reached without a proxy, separated by commas: `*`, `example.com`, `.example.com`, `example.com:5000`,
/// `10.0.0.1`, `10.0.0.0/8`, `[fd00::1]:5000`.
pub const NO_PROXY: &str = "NO_PROXY";

/// The value of one of the constants about proxies, which are as common in lower case. The upper case wins, as in Go.
#[must_use]
pub fn read_any_case(name: &str) -> Option<String> {
    let value = read(name).or_else(|| read(&name.to_ascii_lowercase()))?;
    Some(value.to_string_lossy().trim().to_owned()).filter(|value| !value.is_empty())
}

/// The folder with docker's configuration, whether or not it exists.
#[must_use]
pub fn docker_config_folder() -> Option<PathBuf> {
    read_path(DOCKER_CONFIG).or_else(|| read_path(HOME).map(|home| home.join(".docker")))
}
