//! The registry of npm that a rehearsal publishes to: verdaccio, with one user. Whom npm trusts is its user.

use std::collections::BTreeSet;
use std::path::Path;

use parts::verdaccio::Verdaccio;
use serde_json::{Map, Value};

/// What runs verdaccio, in the repository.
const SCRIPT: &str = "dev/program.sh";

/// A package that was published.
#[derive(Debug)]
pub struct Package {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// The tags that lead to it, sorted.
    pub tags: Vec<String>,
    /// Where its tarball is.
    pub tarball: String,
}

/// A running registry.
#[derive(Debug)]
pub struct Npm(Verdaccio);

impl Npm {
    /// Starts it, empty, as the repository in this folder says.
    pub fn start(repository: &Path) -> Self {
        Self(Verdaccio::start(&repository.join(SCRIPT)))
    }

    /// The user's settings of npm: whoever is trusted has a login, others know the registry alone.
    pub fn settings(&self, is_trusted: bool) -> String {
        if is_trusted { self.0.npmrc() } else { format!("registry={}/\n", self.0.url()) }
    }

    /// What was published, by name, and by version as they came.
    pub fn packages(&self) -> Vec<Package> {
        // Whoever publishes sends a package's own document; what is not there was refused.
        let requests = self.0.requests();
        let names: BTreeSet<_> = requests.iter().filter_map(|request| request.strip_prefix("PUT /")).collect();
        let is_package = |name: &&str| !name.starts_with("-/");
        names.into_iter().filter(is_package).flat_map(|name| self.versions(name)).collect()
    }

    fn versions(&self, name: &str) -> Vec<Package> {
        let document = self.0.package(name).unwrap_or_default();
        let empty = Map::new();
        let tags = document["dist-tags"].as_object().unwrap_or(&empty);
        let package = |(version, manifest): (&String, &Value)| {
            let tags = tags.iter().filter(|(_, tagged)| *tagged == version).map(|(tag, _)| tag.clone());
            let mut tags: Vec<_> = tags.collect();
            tags.sort_unstable();
            let tarball = manifest["dist"]["tarball"].as_str().expect("where the tarball is").to_owned();
            Package { name: name.to_owned(), version: version.clone(), tags, tarball }
        };
        document["versions"].as_object().unwrap_or(&empty).iter().map(package).collect()
    }
}
