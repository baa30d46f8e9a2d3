//! Real registries of both kinds for a test, and what they have been sent.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::support::layout::digest;
use crate::support::server;

/// Which program it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Crane,
    Distribution,
}

/// A running registry.
pub struct Registry {
    kind: Kind,
    server: parts::registry::Registry,
}

/// Runs a test against a registry of each kind. One that fails shows the log of its registry.
pub fn on_each_registry(test: impl Fn(&Registry)) {
    test(&Registry::start());
    test(&Registry::distribution());
}

impl Registry {
    /// Crane's.
    pub fn start() -> Self {
        Self { kind: Kind::Crane, server: parts::registry::Registry::start() }
    }

    /// Distribution's.
    pub fn distribution() -> Self {
        Self::distribution_with("")
    }

    /// Distribution's, with HTTPS by the PEM files of a certificate and its key.
    pub fn distribution_with_tls(certificate: &Path, key: &Path) -> Self {
        let tls = format!("  tls:\n    certificate: {}\n    key: {}\n", certificate.display(), key.display());
        Self::distribution_with(&tls)
    }

    /// Distribution's, with more settings: those of `http` first, then others.
    pub fn distribution_with(settings: &str) -> Self {
        Self { kind: Kind::Distribution, server: parts::registry::Registry::distribution(settings) }
    }

    /// `127.0.0.1:PORT`.
    pub fn address(&self) -> &str {
        self.server.address()
    }

    /// The digest that a tag has, asked without the tool.
    pub fn tag(&self, repository: &str, tag: &str) -> Option<String> {
        self.get(repository, &format!("manifests/{tag}")).map(|bytes| digest(&bytes))
    }

    /// Whether the registry has a blob for a repository.
    pub fn has_blob(&self, repository: &str, digest: &str) -> bool {
        self.get(repository, &format!("blobs/{digest}")).is_some()
    }

    /// Makes it forget a blob of a repository.
    pub fn remove_blob(&self, repository: &str, digest: &str) {
        let (algorithm, hex) = digest.split_once(':').unwrap();
        match self.kind {
            Kind::Crane => fs::remove_file(self.server.blobs().join(algorithm).join(hex)).unwrap(),
            Kind::Distribution => {
                let repositories = self.server.blobs().join("docker/registry/v2/repositories");
                fs::remove_dir_all(repositories.join(repository).join("_layers").join(algorithm).join(hex)).unwrap();
            }
        }
        assert!(!self.has_blob(repository, digest));
    }

    /// Fails unless all that a tag leads to can be had and is what its digest says.
    pub fn assert_complete(&self, repository: &str, tag: &str) {
        let manifests =
            self.children(repository, &format!("manifests/{tag}"), None, |index| entries(&index["manifests"]));
        assert!(!manifests.is_empty(), "{repository}:{tag} has no images");
        for manifest in manifests {
            let blobs = |manifest: &Value| {
                let mut blobs = entries(&manifest["layers"]);
                blobs.push(text(&manifest["config"]));
                blobs
            };
            for blob in self.children(repository, &format!("manifests/{manifest}"), Some(&manifest), blobs) {
                let bytes = self.get(repository, &format!("blobs/{blob}"));
                let bytes = bytes.unwrap_or_else(|| panic!("blob {blob} of {repository}:{tag} is missing"));
                assert_eq!(digest(&bytes), blob);
            }
        }
    }

    /// Fails when a tag leads to something that is not complete; it may well be absent.
    pub fn assert_absent_or_complete(&self, repository: &str, tag: &str) {
        if self.tag(repository, tag).is_some() {
            self.assert_complete(repository, tag);
        }
    }

    fn children(
        &self,
        repository: &str,
        path: &str,
        expected: Option<&str>,
        children: impl Fn(&Value) -> Vec<String>,
    ) -> Vec<String> {
        let bytes = self.get(repository, path).unwrap_or_else(|| panic!("{path} of {repository} is missing"));
        assert!(expected.is_none_or(|expected| expected == digest(&bytes)), "{path} of {repository} is something else");
        children(&serde_json::from_slice(&bytes).unwrap())
    }

    fn get(&self, repository: &str, path: &str) -> Option<Vec<u8>> {
        server::get(&format!("http://{}/v2/{repository}/{path}", self.address()))
    }
}

fn entries(list: &Value) -> Vec<String> {
    list.as_array().into_iter().flatten().map(text).collect()
}

fn text(descriptor: &Value) -> String {
    descriptor["digest"].as_str().unwrap().to_owned()
}
