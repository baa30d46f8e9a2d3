//! All that a rehearsal publishes to, on this machine: a registry behind its gate, and GitHub's API. It is gone with its value.

use parts::github::{GitHub, Rights};
use parts::http;
use parts::registry::Registry;
use serde_json::Value;

use crate::gate::{Gate, GateError};
use crate::workflow::{Permissions, Right};

/// The repository's name on GitHub.
pub const REPOSITORY: &str = "unkeyed/unkey";

/// The services that run.
#[derive(Debug)]
pub struct World {
    gate: Gate,
    registry: Registry,
    github: GitHub,
}

impl World {
    /// Starts them, empty.
    ///
    /// # Errors
    /// When the machine has no place for them. The parts themselves panic.
    pub fn start() -> Result<Self, GateError> {
        let registry = Registry::start();
        let gate = Gate::in_front_of(registry.address())?;
        Ok(Self { gate, registry, github: GitHub::start(REPOSITORY) })
    }

    /// What a job has in place of `HOST/PATH`.
    #[must_use]
    pub fn registry(&self, elsewhere: &str) -> String {
        let path = elsewhere.split_once('/').map_or("", |(_, path)| path);
        format!("{}/{path}", self.gate.address()).trim_end_matches('/').to_owned()
    }

    /// What a job has in `GITHUB_API_URL`.
    #[must_use]
    pub fn api_url(&self) -> String {
        self.github.url().to_owned()
    }

    /// Makes a token that may do what a job's may.
    pub fn grant(&self, token: &str, permissions: &Permissions) {
        let right = |name: &str| permissions.get(name).copied().unwrap_or(Right::None);
        self.gate.grant(token, right("packages"));
        let rights = match right("contents") {
            Right::None => Rights::None,
            Right::Read => Rights::Read,
            Right::Write => Rights::Write,
        };
        self.github.grant(token, rights);
    }

    /// The images that were published: `HOST/PATH:TAG`, in the order of the alphabet.
    #[must_use]
    pub fn images(&self) -> Vec<String> {
        let catalog = http::json(self.registry.address(), "/v2/_catalog");
        let repositories = catalog["repositories"].as_array().into_iter().flatten().filter_map(Value::as_str);
        let images = |repository: &str| {
            let name = format!("{}/{repository}", self.gate.address());
            self.registry.tags(repository).into_iter().map(move |tag| format!("{name}:{tag}"))
        };
        let mut images: Vec<_> = repositories.flat_map(images).collect();
        images.sort();
        images
    }

    /// The releases on GitHub with what they are: `published` or `draft`.
    #[must_use]
    pub fn releases(&self) -> Vec<(String, &'static str)> {
        let word = |is_draft| if is_draft { "draft" } else { "published" };
        self.github.releases().into_iter().map(|release| (release.tag_name, word(release.draft))).collect()
    }
}
