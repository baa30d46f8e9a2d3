//! Service spec files: which layout is published where and loaded under which name.
//!
//! Bazel writes one per service. Owns reading them and choosing services; the flags that override them are the verbs'.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use terminal::suggestion;

use crate::Error;

/// One service, as the spec file has it: nothing is checked yet.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Service {
    /// Its name: `api`.
    pub service: String,
    /// Where it is published: `ghcr.io/unkeyed/api`.
    pub repository: String,
    /// What it is called in a local daemon: `unkey/api:dev`.
    pub local_tag: String,
    /// Its OCI layout, relative to the current directory.
    pub layout: PathBuf,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SpecFile {
    services: Vec<Service>,
}

/// Reads all spec files, in order.
///
/// # Errors
/// When one cannot be read or parsed, when a service comes twice, or when there is none.
pub fn read(paths: &[PathBuf]) -> Result<Vec<Service>, Error> {
    let mut services: Vec<Service> = Vec::new();
    for path in paths {
        for service in read_file(path)?.services {
            if services.iter().any(|known| known.service == service.service) {
                return Err(Error::DuplicateService { service: service.service, path: path.clone() });
            }
            services.push(service);
        }
    }
    if services.is_empty() { Err(Error::NoService) } else { Ok(services) }
}

/// The services with these names in the order of the specs, or all when there are no names. Repeated names count once.
///
/// # Errors
/// When a name is unknown.
pub fn select(services: Vec<Service>, names: &[String]) -> Result<Vec<Service>, Error> {
    for name in names {
        if !services.iter().any(|service| service.service == *name) {
            return Err(unknown(&services, name));
        }
    }
    let is_chosen = |service: &Service| names.is_empty() || names.contains(&service.service);
    Ok(services.into_iter().filter(is_chosen).collect())
}

fn read_file(path: &Path) -> Result<SpecFile, Error> {
    let bytes = std::fs::read(path).map_err(|source| Error::ReadSpec { path: path.to_owned(), source })?;
    serde_json::from_slice(&bytes).map_err(|source| Error::Spec { path: path.to_owned(), source })
}

fn unknown(services: &[Service], name: &str) -> Error {
    let names = || services.iter().map(|service| service.service.as_str());
    let nearest = suggestion::nearest(name, names()).map(str::to_owned);
    Error::UnknownService { service: name.to_owned(), known: suggestion::listed(names()), nearest }
}

#[cfg(test)]
mod tests {

    use super::*;

    fn service(name: &str) -> Service {
        Service {
            service: name.to_owned(),
            repository: format!("ghcr.io/unkeyed/{name}"),
            local_tag: format!("unkey/{name}:dev"),
            layout: "layout".into(),
        }
    }

    #[test]
    fn selection_keeps_the_order_of_the_specs() {
        let all = vec![service("api"), service("ctrl"), service("vault")];
        let names = ["vault".to_owned(), "api".to_owned(), "vault".to_owned()];
        assert_eq!(select(all.clone(), &names).unwrap(), [service("api"), service("vault")]);
        assert_eq!(select(all.clone(), &[]).unwrap(), all);
    }

    #[test]
    fn files_are_merged_and_duplicates_refused() {
        let folder = tempfile::tempdir().unwrap();
        let write = |file: &str, name: &str| {
            let path = folder.path().join(file);
            let text = format!(
                r#"{{"services": [{{"service": "{name}", "repository": "r", "local_tag": "l", "layout": "p"}}]}}"#
            );
            std::fs::write(&path, text).unwrap();
            path
        };
        let (first, second) = (write("1.json", "api"), write("2.json", "vault"));
        let names: Vec<_> = read(&[first.clone(), second]).unwrap().into_iter().map(|one| one.service).collect();
        assert_eq!(names, ["api", "vault"]);
        assert!(matches!(read(&[first.clone(), first]), Err(Error::DuplicateService { .. })));
        assert!(matches!(read(&[folder.path().join("none")]), Err(Error::ReadSpec { .. })));
    }
}
