//! Finding a daemon: `DOCKER_HOST`, the docker context, then the sockets where Docker and podman usually listen.

use std::path::{Path, PathBuf};
use std::time::Duration;

use bollard::errors::Error;
use bollard::{API_DEFAULT_VERSION, Docker};
use serde::Deserialize;

use super::error::DaemonError;
use crate::platform::Platform;
use crate::{digest, environment};

/// Where Docker listens unless told otherwise.
const DOCKER_SOCKET: &str = "/var/run/docker.sock";

/// Where else a daemon listens below the user's runtime folder: rootless Docker, podman.
const RUNTIME_SOCKETS: [&str; 2] = ["docker.sock", "podman/podman.sock"];

/// Where Docker Desktop listens below the home folder: on macOS, on Linux.
const DESKTOP_SOCKETS: [&str; 2] = [".docker/run/docker.sock", ".docker/desktop/docker.sock"];

/// Podman's socket for the whole machine.
const PODMAN_SOCKET: &str = "/run/podman/podman.sock";

/// How long a daemon may take to say what it is, in seconds. One that a socket has just started needs a moment.
const GREETING_SECONDS: u64 = 20;

/// How long a daemon may take for an answer, in seconds. Loading a large image is one answer.
const ANSWER_SECONDS: u64 = 30 * 60;

/// A daemon that has answered.
#[derive(Debug)]
pub struct Daemon {
    pub(super) api: Docker,
    pub(super) platform: Platform,
    pub(super) store: Store,
}

/// How the daemon keeps images. It decides what may be left out of an archive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Store {
    /// Docker's own: an archive's layer is not even opened when one with the same chain of diff ids is there.
    Classic,
    /// containerd's: blobs that it has need not be in the archive. It takes an archive that lacks others too, and has an
    /// image that cannot run then.
    Containerd,
    /// Podman's: an archive has to be whole.
    Podman,
}

impl Daemon {
    /// Connects to the daemon that docker's command line would use, or else to podman's.
    ///
    /// # Errors
    /// When there is none or it does not answer.
    pub async fn connect() -> Result<Self, DaemonError> {
        Self::connect_to(&address()?).await
    }

    /// Connects to the daemon at an address such as `unix:///run/docker.sock`.
    ///
    /// # Errors
    /// When it does not answer or the address is of an unknown kind.
    pub async fn connect_to(address: &str) -> Result<Self, DaemonError> {
        let greeting = tokio::time::timeout(Duration::from_secs(GREETING_SECONDS), greet(address)).await;
        greeting.map_err(|_| DaemonError::Silent { address: address.to_owned(), seconds: GREETING_SECONDS })?
    }

    /// What the daemon's containers run on.
    #[must_use]
    pub fn platform(&self) -> &Platform {
        &self.platform
    }
}

async fn greet(address: &str) -> Result<Daemon, DaemonError> {
    let no_daemon = |source| DaemonError::NoDaemon { address: address.to_owned(), source };
    let api = open(address)?.map_err(no_daemon)?.negotiate_version().await.map_err(no_daemon)?;
    let version = api.version().await.map_err(no_daemon)?;
    let is_podman = version.components.unwrap_or_default().iter().any(|part| part.name.contains("Podman"));
    // Podman takes its time for what it says of itself, and there is nothing in it to learn.
    let store = if is_podman { Store::Podman } else { store_of_docker(&api).await.map_err(no_daemon)? };
    Ok(Daemon {
        api,
        platform: Platform {
            os: version.os.unwrap_or_default(),
            architecture: version.arch.unwrap_or_default(),
            variant: None,
        },
        store,
    })
}

async fn store_of_docker(api: &Docker) -> Result<Store, Error> {
    let status = api.info().await?.driver_status.unwrap_or_default();
    let is_containerd = status.iter().flatten().any(|text| text.contains("containerd"));
    Ok(if is_containerd { Store::Containerd } else { Store::Classic })
}

fn open(address: &str) -> Result<Result<Docker, Error>, DaemonError> {
    match address.split_once("://") {
        Some(("unix", path)) => Ok(Docker::connect_with_socket(path, ANSWER_SECONDS, API_DEFAULT_VERSION)),
        Some(("tcp" | "http", _)) => Ok(Docker::connect_with_http(address, ANSWER_SECONDS, API_DEFAULT_VERSION)),
        _ => Err(DaemonError::Address { address: address.to_owned() }),
    }
}

fn address() -> Result<String, DaemonError> {
    if let Some(host) = environment::read(environment::DOCKER_HOST) {
        return Ok(host.to_string_lossy().into_owned());
    }
    if let Some(folder) = environment::docker_config_folder()
        && let Some(name) = context_name(&folder)
    {
        return context_address(&folder, &name);
    }
    let home = environment::read(environment::HOME).map(PathBuf::from);
    let runtime = environment::read(environment::XDG_RUNTIME_DIR).map(PathBuf::from);
    let socket = first_existing(sockets(home.as_deref(), runtime.as_deref()));
    // When there is none, the error names Docker's.
    Ok(format!("unix://{}", socket.unwrap_or_else(|| DOCKER_SOCKET.into()).display()))
}

/// Where to look when nothing says where the daemon is: Docker's sockets before podman's, the user's own before the
/// machine's.
fn sockets(home: Option<&Path>, runtime: Option<&Path>) -> Vec<PathBuf> {
    let [rootless_docker, rootless_podman] = RUNTIME_SOCKETS.map(|name| runtime.map(|folder| folder.join(name)));
    let desktop = DESKTOP_SOCKETS.map(|name| home.map(|folder| folder.join(name)));
    let first = [Some(DOCKER_SOCKET.into()), rootless_docker];
    let last = [rootless_podman, Some(PODMAN_SOCKET.into())];
    first.into_iter().chain(desktop).chain(last).flatten().collect()
}

fn first_existing(sockets: Vec<PathBuf>) -> Option<PathBuf> {
    sockets.into_iter().find(|socket| socket.exists())
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct DockerConfig {
    current_context: Option<String>,
}

/// The chosen context; the one named `default` stands for no context.
fn context_name(folder: &Path) -> Option<String> {
    let chosen = || chosen_context(&std::fs::read(folder.join("config.json")).ok()?);
    let typed = environment::read(environment::DOCKER_CONTEXT).map(|name| name.to_string_lossy().into_owned());
    typed.or_else(chosen).filter(|name| !name.is_empty() && name != "default")
}

pub(super) fn chosen_context(config: &[u8]) -> Option<String> {
    serde_json::from_slice::<DockerConfig>(config).ok()?.current_context
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ContextMeta {
    endpoints: std::collections::HashMap<String, Endpoint>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Endpoint {
    host: Option<String>,
}

/// Docker names a context's folder after the digest of its name.
fn context_address(folder: &Path, name: &str) -> Result<String, DaemonError> {
    let hash = digest::of_bytes(name.as_bytes());
    let path = folder.join("contexts/meta").join(hash.digest()).join("meta.json");
    let error = |reason: String| DaemonError::Context { name: name.to_owned(), path: path.clone(), reason };
    let bytes = std::fs::read(&path).map_err(|source| error(source.to_string()))?;
    context_host(&bytes).map_err(error)
}

pub(super) fn context_host(meta: &[u8]) -> Result<String, String> {
    let meta: ContextMeta = serde_json::from_slice(meta).map_err(|source| source.to_string())?;
    let host = meta.endpoints.get("docker").and_then(|endpoint| endpoint.host.clone());
    host.filter(|host| !host.is_empty()).ok_or_else(|| "it names no docker host".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_context_is_found_as_docker_stores_it() {
        let folder = tempfile::tempdir().unwrap();
        // `printf desktop-linux | sha256sum`
        let meta = folder.path().join("contexts/meta/fe9c6bd7a66301f49ca9b6a70b217107cd1284598bfc254700c989b916da791e");
        std::fs::create_dir_all(&meta).unwrap();
        let text = r#"{"Name": "desktop-linux", "Endpoints": {"docker": {"Host": "unix:///home/me/docker.sock"}}}"#;
        std::fs::write(meta.join("meta.json"), text).unwrap();
        assert_eq!(context_address(folder.path(), "desktop-linux").unwrap(), "unix:///home/me/docker.sock");
        assert!(matches!(context_address(folder.path(), "gone"), Err(DaemonError::Context { .. })));
    }

    #[test]
    fn sockets_are_tried_in_order() {
        let tried = |home: Option<&str>, runtime: Option<&str>| {
            let paths = sockets(home.map(Path::new), runtime.map(Path::new));
            paths.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(tried(None, None), "/var/run/docker.sock /run/podman/podman.sock");
        assert_eq!(
            tried(Some("/h"), Some("/r")),
            "/var/run/docker.sock /r/docker.sock /h/.docker/run/docker.sock /h/.docker/desktop/docker.sock \
             /r/podman/podman.sock /run/podman/podman.sock"
        );
        let folder = tempfile::tempdir().unwrap();
        let [gone, here] = ["gone", "here"].map(|name| folder.path().join(name));
        std::fs::write(&here, "").unwrap();
        assert_eq!(first_existing(vec![gone, here.clone()]), Some(here));
    }

    #[test]
    fn unknown_kinds_of_addresses_are_refused() {
        for address in ["ssh://me@host", "/var/run/docker.sock", ""] {
            assert!(matches!(open(address), Err(DaemonError::Address { .. })), "{address}");
        }
    }
}
