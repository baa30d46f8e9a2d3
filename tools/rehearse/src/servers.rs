//! All that a rehearsal publishes to, on this machine: a registry, with nginx in front of it that asks who writes, npm's where it
//! is needed, and GitHub's API. They are gone with their value.

use std::fs;
use std::path::Path;

use indexmap::IndexMap;
use parts::github::{GitHub, Release, Rights};
use parts::http;
use parts::nginx::Nginx;
use parts::registry::Registry;
use serde_json::Value;
use terminal::{Context as _, Failure};

use crate::download::download;
use crate::npm::Npm;

/// The repository's name on GitHub.
pub const REPOSITORY: &str = "unkeyed/unkey";

/// Who has pushed the tag, and logs in to the registry.
pub const ACTOR: &str = "octocat";

/// The file of who may write to the registry.
const USERS: &str = "users";

/// Whoever looks at what was published, also at drafts.
const KEEPER: &str = "ghs-rehearsal-token-of-the-rehearsal";

/// The servers that run.
#[derive(Debug)]
pub struct Servers {
    front: Nginx,
    registry: Registry,
    npm: Option<Npm>,
    github: GitHub,
}

impl Servers {
    /// Starts them, empty; npm's by the repository that starts it. They panic where they cannot be started.
    pub fn start(with_npm: Option<&Path>) -> Self {
        let registry = Registry::start();
        let server = format!(
            "client_max_body_size 0;\nlocation / {{\n\
             limit_except GET HEAD {{\nauth_basic rehearsal;\nauth_basic_user_file {USERS};\n}}\n\
             proxy_pass http://{};\nproxy_set_header Host $http_host;\nproxy_request_buffering off;\n}}\n",
            registry.address()
        );
        let front = Nginx::start("", &server, &[(USERS, "")]);
        let github = GitHub::start(REPOSITORY);
        github.grant(KEEPER, Rights::Write);
        Self { front, registry, npm: with_npm.map(Npm::start), github }
    }

    /// The registry, `HOST:PORT`.
    pub fn registry(&self) -> &str {
        self.front.address()
    }

    /// What a job has in `GITHUB_API_URL`.
    pub fn api_url(&self) -> String {
        self.github.url().to_owned()
    }

    /// The settings of npm that a job has; none where nothing is published there.
    pub fn npm_settings(&self, is_trusted: bool) -> Option<String> {
        self.npm.as_ref().map(|npm| npm.settings(is_trusted))
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

    /// What was published, a line each: images, packages, then releases, each with its files.
    pub fn published(&self) -> Vec<String> {
        let catalog = http::json(self.registry.address(), "/v2/_catalog");
        let repositories = catalog["repositories"].as_array().into_iter().flatten().filter_map(Value::as_str);
        let images = repositories.flat_map(|repository| {
            let name = format!("image    {}/{repository}", self.front.address());
            self.registry.tags(repository).into_iter().map(move |tag| format!("{name}:{tag}\n"))
        });
        let packages = self.npm.iter().flat_map(Npm::packages);
        let packages = packages
            .map(|package| format!("npm      {}@{} ({})\n", package.name, package.version, package.tags.join(", ")));
        let releases = self.github.releases().into_iter().flat_map(|release| {
            let word = if release.draft { "draft" } else { "published" };
            let line = format!("release  {} ({word})\n", release.tag_name);
            let mut files: Vec<_> =
                files(&release).map(|(name, _)| format!("file     {}: {name}\n", release.tag_name)).collect();
            files.sort_unstable();
            [line].into_iter().chain(files)
        });
        images.chain(packages).chain(releases).collect()
    }

    /// Puts the packages of npm into the folder `npm` below another one, and the files of releases into `release`.
    pub fn keep(&self, folder: &Path) -> Result<(), Failure> {
        for package in self.npm.iter().flat_map(Npm::packages) {
            let name = package.tarball.rsplit('/').next().unwrap_or_default();
            download(&package.tarball, None, &folder.join("npm").join(name))?;
        }
        for release in self.github.releases() {
            for (name, id) in files(&release) {
                let url = format!("{}/repos/{REPOSITORY}/releases/assets/{id}", self.github.url());
                download(&url, Some(KEEPER), &folder.join("release").join(name))?;
            }
        }
        Ok(())
    }
}

/// The files of a release: each with its name and its number.
fn files(release: &Release) -> impl Iterator<Item = (&str, u64)> {
    release.assets.iter().filter_map(|asset| Some((asset["name"].as_str()?, asset["id"].as_u64()?)))
}
