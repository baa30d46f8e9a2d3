//! A small repository with everything that is generated, and the tool in it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use assert_cmd::Command;
use assert_cmd::assert::Assert;
use tempfile::TempDir;

/// The BUILD file of a service.
const SERVICE: &str = "service_image(\n    name = \"image\",\n)\n";

/// The files with regions, each with the regions' names.
const FILES: [(&str, &[&str]); 6] = [
    (".depot/workflows/service-release.yaml", &["tags"]),
    ("Cargo.toml", &["members"]),
    ("MODULE.bazel", &["manifests"]),
    ("build/services.bzl", &["services"]),
    ("dev/compose.yaml", &["services", "volumes"]),
    ("dev/k8s/kustomization.yaml", &["resources"]),
];

/// A repository.
pub struct Scene(TempDir);

impl Scene {
    /// With the services `api`, and `vault` that keeps state; a folder of `build/` that is none; nothing generated yet.
    pub fn new() -> Self {
        let scene = Self(tempfile::tempdir().unwrap());
        for (path, regions) in FILES {
            let regions = regions.iter().map(|name| format!("  # make bazel: begin {name}\n  # make bazel: end\n"));
            scene.write(path, &format!("begin\n{}end\n", regions.collect::<String>()));
        }
        scene.write("build/BUILD.bazel", "");
        scene.write("build/util/BUILD.bazel", "");
        scene.write("build/util/Cargo.toml", "");
        scene.write("Cargo.lock", "[[package]]\nname = \"api\"\n\n[[package]]\nname = \"serde_json\"\n");
        scene.service("api", "region = \"local\"\nlisten = \"0.0.0.0:7070\"\n");
        scene.service("vault", "listen = \"0.0.0.0:8060\"\nstore = \"/home/nonroot/state\"\n");
        scene
    }

    /// Adds a service with this configuration.
    pub fn service(&self, name: &str, config: &str) {
        self.write(&format!("build/{name}/BUILD.bazel"), SERVICE);
        self.write(&format!("build/{name}/Cargo.toml"), "");
        self.write(&format!("svc/{name}/Cargo.toml"), "");
        self.write(&format!("dev/config/{name}.toml"), config);
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    pub fn write(&self, path: &str, text: &str) {
        parts::files::write(&self.path().join(path), text);
    }

    pub fn read(&self, path: &str) -> String {
        fs::read_to_string(self.path().join(path)).unwrap_or_else(|error| panic!("`{path}`: {error}"))
    }

    pub fn remove(&self, folder: &str) {
        fs::remove_dir_all(self.path().join(folder)).unwrap();
    }

    /// Every file with its text, and every folder, by path.
    pub fn snapshot(&self) -> BTreeMap<PathBuf, Option<String>> {
        let mut found = BTreeMap::new();
        let mut folders = vec![self.path().to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                found.insert(path.clone(), fs::read_to_string(&path).ok());
                folders.extend(Some(path).filter(|path| path.is_dir()));
            }
        }
        found
    }

    /// The tool, with these arguments.
    pub fn run(&self, arguments: &[&str]) -> Assert {
        let mut command = Command::new(parts::program!("services"));
        command.args(arguments).current_dir(self.path()).assert()
    }
}

pub fn stdout(outcome: &Assert) -> String {
    String::from_utf8(outcome.get_output().stdout.clone()).unwrap()
}

pub fn stderr(outcome: &Assert) -> String {
    String::from_utf8(outcome.get_output().stderr.clone()).unwrap()
}
