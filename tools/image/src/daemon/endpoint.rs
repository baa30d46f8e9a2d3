//! Which daemon: `DOCKER_HOST`, the docker context, then the sockets where Docker and podman usually listen; and what is
//! needed to speak with it. Opens no connection.

use std::path::{Path, PathBuf};

use super::context;
use super::tls::Tls;
use http_client::environment;

/// Where Docker listens unless told otherwise.
const DOCKER_SOCKET: &str = "/var/run/docker.sock";

/// Where else a daemon listens below the user's runtime folder: rootless Docker, podman.
const RUNTIME_SOCKETS: [&str; 2] = ["docker.sock", "podman/podman.sock"];

/// Where Docker Desktop listens below the home folder: on macOS, on Linux.
const DESKTOP_SOCKETS: [&str; 2] = [".docker/run/docker.sock", ".docker/desktop/docker.sock"];

/// Podman's socket for the whole machine.
const PODMAN_SOCKET: &str = "/run/podman/podman.sock";

/// The ports of a daemon without and with TLS, which docker adds where an address has none.
const PORT: u16 = 2375;
const TLS_PORT: u16 = 2376;

/// Where a daemon is and how it is spoken to.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Endpoint {
    /// As it was given; for errors.
    pub(super) address: String,
    pub(super) transport: Transport,
}

/// The ways to speak with a daemon.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Transport {
    /// By a socket of this machine.
    Unix { path: PathBuf },
    /// In the clear, to `host:port`.
    Plain { authority: String },
    /// By TLS, to `host:port`.
    Tls { authority: String, tls: Tls },
}

impl Endpoint {
    /// The daemon that docker's command line would use, or else podman's.
    pub(super) fn find() -> Result<Self, crate::Error> {
        let folder = environment::docker_config_folder();
        if let Some(host) = environment::read(environment::DOCKER_HOST) {
            let tls = Tls::of_environment(folder.as_deref(), environment::read);
            return Self::new(&host.to_string_lossy(), tls, &format!("`{}`", environment::DOCKER_HOST));
        }
        if let Some(folder) = folder
            && let Some(name) = context::name(&folder)
        {
            let (host, tls) = context::read(&folder, &name)?;
            return Self::new(&host, tls, &format!("docker context `{name}`"));
        }
        let home = environment::read_path(environment::HOME);
        let runtime = environment::read_path(environment::XDG_RUNTIME_DIR);
        let socket = first_existing(sockets(home.as_deref(), runtime.as_deref()));
        // When there is none, the error names Docker's.
        let path = socket.unwrap_or_else(|| DOCKER_SOCKET.into());
        Ok(Self { address: format!("unix://{}", path.display()), transport: Transport::Unix { path } })
    }

    /// The daemon at `address`, which `origin` names. Where `tls` is given it holds for every address that is not a socket:
    /// what is to be protected never goes out in the clear.
    pub(super) fn new(address: &str, tls: Option<Tls>, origin: &str) -> Result<Self, crate::Error> {
        let unsupported = || crate::Error::DaemonAddress { address: address.to_owned(), origin: origin.to_owned() };
        // As docker does: a name alone is a host, and a path alone a mistake.
        let (scheme, rest) = address.split_once("://").unwrap_or(("tcp", address));
        let tls = if scheme == "https" { tls.or_else(|| Some(Tls::of_system())) } else { tls };
        let transport = match (scheme, tls) {
            ("unix", _) => Transport::Unix { path: environment::where_typed(rest.as_ref()) },
            ("tcp" | "http" | "https", _) if rest.is_empty() || rest.starts_with('/') => return Err(unsupported()),
            ("tcp" | "http" | "https", Some(tls)) => Transport::Tls { authority: with_port(rest, TLS_PORT), tls },
            ("tcp" | "http", None) => Transport::Plain { authority: with_port(rest, PORT) },
            _ => return Err(unsupported()),
        };
        Ok(Self { address: address.to_owned(), transport })
    }
}

/// `host:port`, without what may stand behind it.
fn with_port(rest: &str, default: u16) -> String {
    let authority = rest.split('/').next().unwrap_or(rest);
    // The colons of an address in brackets are its own.
    let has_port = authority.rsplit(']').next().is_some_and(|end| end.contains(':'));
    if has_port { authority.to_owned() } else { format!("{authority}:{default}") }
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

#[cfg(test)]
mod tests {
    use super::*;

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

    fn transport(address: &str, tls: Option<Tls>) -> Transport {
        Endpoint::new(address, tls, "`DOCKER_HOST`").unwrap().transport
    }

    #[test]
    fn addresses_are_read_as_docker_reads_them() {
        assert_eq!(transport("unix:///a/b", Some(Tls::of_system())), Transport::Unix { path: "/a/b".into() });
        for (address, expected) in [
            ("tcp://docker:2375", "docker:2375"),
            ("tcp://docker", "docker:2375"),
            ("tcp://docker:1/path", "docker:1"),
            ("docker:2375", "docker:2375"),
            ("http://[::1]", "[::1]:2375"),
            ("tcp://[::1]:9", "[::1]:9"),
        ] {
            assert_eq!(transport(address, None), Transport::Plain { authority: expected.to_owned() }, "{address}");
        }
    }

    #[test]
    fn what_is_to_be_protected_is() {
        for address in ["tcp://docker", "docker", "http://docker", "https://docker", "tcp://docker:2376"] {
            let expected = Transport::Tls { authority: "docker:2376".to_owned(), tls: Tls::of_system() };
            assert_eq!(transport(address, Some(Tls::of_system())), expected, "{address}");
        }
        assert!(matches!(transport("https://docker", None), Transport::Tls { .. }));
    }
}
