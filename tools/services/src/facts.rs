//! What a service's configuration for local development says about how it has to be run.
//!
//! Owns which keys are looked at. Whether the configuration is valid is for the service itself to say.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use serde::{Deserialize, Serialize};

use crate::Error;
use crate::tree::Tree;

/// Where the configurations lie.
pub const FOLDER: &str = "dev/config";

/// The one folder of an image that its user may write to: a volume there keeps the state.
const HOME: &str = "/home/nonroot/";

/// How long a service drains that does not say so, in seconds: `runtime`'s default.
const DEFAULT_GRACE_SECONDS: u64 = 30;

/// How much longer whoever stops a service waits than it may drain, in seconds.
const GRACE_MARGIN_SECONDS: u64 = 5;

/// What is needed to run a service in a container.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Facts {
    /// Its name.
    pub name: String,
    /// The port where it speaks HTTP.
    pub port: u16,
    /// The port where it speaks HTTPS.
    pub secure_port: Option<u16>,
    /// Whether it keeps state, below `/home/nonroot`.
    pub has_state: bool,
    /// How long it may take to stop, in seconds.
    pub stop_seconds: u64,
}

/// The keys that are looked at; all others are the service's own business.
#[derive(Deserialize)]
struct File {
    listen: Option<SocketAddr>,
    store: Option<String>,
    tls: Option<Tls>,
    shutdown_grace_seconds: Option<u64>,
}

#[derive(Deserialize)]
struct Tls {
    listen: Option<SocketAddr>,
}

/// A service's configuration file.
#[must_use]
pub fn path(service: &str) -> String {
    format!("{FOLDER}/{service}.toml")
}

/// The facts of these services, in their order.
///
/// # Errors
/// When a configuration is missing or cannot be used, or when two services have one port.
pub fn of(services: &[String], tree: &Tree) -> Result<Vec<Facts>, Error> {
    let facts = services.iter().map(|service| of_one(service, tree)).collect::<Result<Vec<_>, _>>()?;
    let mut taken: BTreeMap<u16, &str> = BTreeMap::new();
    for one in &facts {
        for port in [Some(one.port), one.secure_port].into_iter().flatten() {
            if let Some(other) = taken.insert(port, &one.name) {
                return Err(Error::Port { service: one.name.clone(), other: other.to_owned(), port });
            }
        }
    }
    Ok(facts)
}

fn of_one(service: &str, tree: &Tree) -> Result<Facts, Error> {
    let path = path(service);
    let Some(text) = tree.read(&path)? else {
        return Err(Error::NoConfiguration { service: service.to_owned(), path });
    };
    let file: File = toml::from_str(&text)
        .map_err(|source| Error::Configuration { path: path.clone(), source: Box::new(source) })?;
    let refused = |key, reason| Error::Value { path: path.clone(), key, reason };
    let listen = file.listen.ok_or_else(|| refused("listen", "is missing: it names the port that is published"))?;
    let secure = match file.tls {
        Some(tls) => Some(tls.listen.ok_or_else(|| refused("tls.listen", "is missing beside `tls`"))?),
        None => None,
    };
    for (key, address) in [("listen", Some(listen)), ("tls.listen", secure)] {
        let Some(address) = address else { continue };
        if !address.ip().is_unspecified() {
            return Err(refused(key, "is not `0.0.0.0` and a port: nobody outside of the container could reach it"));
        }
        // Below, a user that is not root needs a capability, and all are dropped.
        if address.port() < 1024 {
            return Err(refused(key, "has a port below 1024"));
        }
    }
    if file.store.as_deref().is_some_and(|store| !store.starts_with(HOME)) {
        return Err(refused("store", "is not below `/home/nonroot/`, where the volume is"));
    }
    Ok(Facts {
        name: service.to_owned(),
        port: listen.port(),
        secure_port: secure.map(|address| address.port()),
        has_state: file.store.is_some(),
        stop_seconds: file.shutdown_grace_seconds.unwrap_or(DEFAULT_GRACE_SECONDS) + GRACE_MARGIN_SECONDS,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(files: &[(&str, &str)]) -> Result<Vec<Facts>, Error> {
        let folder = tempfile::tempdir().unwrap();
        let mut tree = Tree::new(folder.path());
        for (service, text) in files {
            tree.write(path(service), *text);
        }
        of(&files.iter().map(|(service, _)| (*service).to_owned()).collect::<Vec<_>>(), &tree)
    }

    #[test]
    fn the_keys_say_how_a_service_is_run() {
        let found = facts(&[
            ("api", "listen = \"0.0.0.0:7070\"\nregion = \"local\"\n"),
            (
                "frontline",
                "listen = \"0.0.0.0:7080\"\nstore = \"/home/nonroot/state\"\nshutdown_grace_seconds = 5\n\
                 [tls]\nlisten = \"0.0.0.0:7443\"\nfiles = []\n",
            ),
        ]);
        let plain = Facts { name: "api".to_owned(), port: 7070, secure_port: None, has_state: false, stop_seconds: 35 };
        let all = Facts {
            name: "frontline".to_owned(),
            port: 7080,
            secure_port: Some(7443),
            has_state: true,
            stop_seconds: 10,
        };
        assert_eq!(found.unwrap(), [plain, all]);
    }

    #[test]
    fn what_no_container_could_run_is_refused() {
        for (text, complaint) in [
            ("", "`dev/config/api.toml`: `listen` is missing"),
            ("listen = \"127.0.0.1:7070\"", "`listen` is not `0.0.0.0` and a port"),
            ("listen = \"0.0.0.0:80\"", "`listen` has a port below 1024"),
            ("listen = \"0.0.0.0:7070\"\n[tls]\n", "`tls.listen` is missing"),
            ("listen = \"0.0.0.0:7070\"\nstore = \"/var/lib/api\"", "`store` is not below `/home/nonroot/`"),
            ("listen = 7070", "`dev/config/api.toml` cannot be read as a configuration"),
        ] {
            let error = facts(&[("api", text)]).unwrap_err();
            assert!(error.to_string().contains(complaint), "{text}: {error}");
        }
    }

    #[test]
    fn a_missing_configuration_and_a_port_for_two_are_named() {
        let folder = tempfile::tempdir().unwrap();
        let missing = of(&["api".to_owned()], &Tree::new(folder.path())).unwrap_err();
        assert_eq!(missing.to_string(), "the service `api` has no configuration `dev/config/api.toml`");
        let listen = "listen = \"0.0.0.0:7070\"";
        let error = facts(&[("api", listen), ("vault", listen)]).unwrap_err();
        assert_eq!(error.to_string(), "`vault` and `api` both listen on port 7070");
    }
}
