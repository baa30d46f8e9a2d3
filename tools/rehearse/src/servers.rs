//! All that a rehearsal publishes to, on this machine: a registry, with nginx in front of it that asks who writes, and GitHub's
//! API. They are gone with their value.

use std::fs;

use indexmap::IndexMap;
use parts::github::{GitHub, Rights};
use parts::http;
use parts::nginx::Nginx;
use parts::registry::Registry;
use serde_json::Value;
use terminal::{Context as _, Failure};

/// The repository's name on GitHub.
pub const REPOSITORY: &str = "unkeyed/unkey";

/// Who has pushed the tag, and logs in to the registry.
pub const ACTOR: &str = "octocat";

/// The file of who may write to the registry.
const USERS: &str = "users";

/// The servers that run.
#[derive(Debug)]
pub struct Servers {
    front: Nginx,
    registry: Registry,
    github: GitHub,
}

impl Servers {
    /// Starts them, empty. They panic where they cannot be started.
    pub fn start() -> Self {
        let registry = Registry::start();
        let server = format!(
            "client_max_body_size 0;\nlocation / {{\n\
             limit_except GET HEAD {{\nauth_basic rehearsal;\nauth_basic_user_file {USERS};\n}}\n\
             proxy_pass http://{};\nproxy_set_header Host $http_host;\nproxy_request_buffering off;\n}}\n",
            registry.address()
        );
        let front = Nginx::start("", &server, &[(USERS, "")]);
        let github = GitHub::start(REPOSITORY);
        Self { front, registry, github }
    }

    /// The registry, `HOST:PORT`.
    pub fn registry(&self) -> &str {
        self.front.address()
    }

    /// What a job has in `GITHUB_API_URL`.
    pub fn api_url(&self) -> String {
        self.github.url().to_owned()
    }

    /// Lets the job that begins do what its permissions say. Everybody may read images.
    pub fn grant(&self, token: &str, permissions: &IndexMap<String, String>) -> Result<(), Failure> {
        let right = |name: &str| permissions.get(name).map_or("none", String::as_str);
        let is_writer = right("packages") == "write";
        let user = if is_writer { format!("{ACTOR}:{{PLAIN}}{token}\n") } else { String::new() };
        fs::write(self.front.folder().join(USERS), user).context("cannot say who may write to the registry")?;
        match right("contents") {
            "write" => self.github.grant(token, Rights::Write),
            "read" => self.github.grant(token, Rights::Read),
            _ => {}
        }
        Ok(())
    }

    /// What was published, a line each: images, then releases.
    pub fn published(&self) -> Vec<String> {
        let catalog = http::json(self.registry.address(), "/v2/_catalog");
        let repositories = catalog["repositories"].as_array().into_iter().flatten().filter_map(Value::as_str);
        let images = repositories.flat_map(|repository| {
            let name = format!("image    {}/{repository}", self.front.address());
            self.registry.tags(repository).into_iter().map(move |tag| format!("{name}:{tag}\n"))
        });
        let releases = self.github.releases().into_iter().map(|release| {
            let word = if release.draft { "draft" } else { "published" };
            format!("release  {} ({word})\n", release.tag_name)
        });
        images.chain(releases).collect()
    }
}
