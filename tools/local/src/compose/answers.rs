//! What compose prints, as far as it is read.

use std::collections::BTreeMap;

use serde::Deserialize;

/// A service of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Service {
    /// Its name.
    pub name: String,
    /// The image that it is run from.
    pub image: String,
    /// The ports of this machine where it is reached, the one for HTTP first.
    pub ports: Vec<u16>,
}

/// A container of a service.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "PascalCase")]
pub struct Container {
    /// The service.
    pub service: String,
    /// `running`, `exited`, ...
    pub state: String,
    /// `healthy`, `unhealthy`, `starting`; empty where nothing checks it.
    pub health: String,
}

/// The file, as `config --format json` prints it.
#[derive(Deserialize)]
struct File {
    services: BTreeMap<String, FileService>,
}

#[derive(Deserialize)]
struct FileService {
    image: String,
    #[serde(default)]
    ports: Vec<FilePort>,
}

#[derive(Deserialize)]
struct FilePort {
    /// Compose prints it as a text: it may be a range, which is none of ours.
    published: String,
}

/// The services, from what `config --format json` prints.
pub(super) fn services(json: &[u8]) -> Result<Vec<Service>, serde_json::Error> {
    let file: File = serde_json::from_slice(json)?;
    let services = file.services.into_iter().map(|(name, service)| {
        let ports = service.ports.iter().filter_map(|port| port.published.parse().ok()).collect();
        Service { name, image: service.image, ports }
    });
    Ok(services.collect())
}

/// The containers, from what `ps --format json` prints: an object a line.
pub(super) fn containers(json: &[u8]) -> Result<Vec<Container>, serde_json::Error> {
    serde_json::Deserializer::from_slice(json).into_iter().collect()
}

/// The value of a variable in a file of `NAME=value` lines.
pub(super) fn variable(text: &str, name: &str) -> Option<String> {
    let value = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='))?;
    (!value.is_empty()).then(|| value.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn services_have_their_ports_in_order() {
        let json = br#"{"name": "unkey", "services": {
            "vault": {"image": "unkey/vault:dev"},
            "frontline": {"image": "unkey/frontline:dev", "ports": [
                {"mode": "ingress", "host_ip": "127.0.0.1", "target": 7080, "published": "7080", "protocol": "tcp"},
                {"mode": "ingress", "host_ip": "127.0.0.1", "target": 7443, "published": "7443", "protocol": "tcp"}]}}}"#;
        let service = |name: &str, ports: &[u16]| Service {
            name: name.to_owned(),
            image: format!("unkey/{name}:dev"),
            ports: ports.to_vec(),
        };
        assert_eq!(services(json).unwrap(), [service("frontline", &[7080, 7443]), service("vault", &[])]);
    }

    #[test]
    fn containers_are_an_object_a_line() {
        let json = b"{\"Service\":\"api\",\"State\":\"running\",\"Health\":\"healthy\",\"ExitCode\":0}\n\
            {\"Service\":\"vault\",\"State\":\"exited\",\"Health\":\"\",\"ExitCode\":64}\n";
        let container = |service: &str, state: &str, health: &str| Container {
            service: service.to_owned(),
            state: state.to_owned(),
            health: health.to_owned(),
        };
        let expected = [container("api", "running", "healthy"), container("vault", "exited", "")];
        assert_eq!(containers(json).unwrap(), expected);
        assert_eq!(containers(b"").unwrap(), []);
    }

    #[test]
    fn a_variable_is_a_whole_line() {
        let text = "# UNKEY_TOKEN=no\nUNKEY_TOKENS=no\nUNKEY_TOKEN=yes=1\nEMPTY=\n";
        assert_eq!(variable(text, "UNKEY_TOKEN").as_deref(), Some("yes=1"));
        assert_eq!(variable(text, "EMPTY"), None);
        assert_eq!(variable(text, "NONE"), None);
    }
}
