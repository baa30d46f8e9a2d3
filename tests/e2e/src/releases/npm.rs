//! The client's packages for npm: published by npm into verdaccio, and installed from there by those who would.
//!
//! Programs of the test stand for the client's binaries. A failure is told at once: npm tries every request once here.

mod install;
mod launcher;
mod publish;
mod refused;

use std::env;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex};

use ::npm::{Binary, Error, Npm, Options, Outcome, Package, Platform, Source, pack};
use parts::files::{write, write_program};
use parts::verdaccio::Verdaccio;
use tempfile::TempDir;
use terminal::progress::{Progress, Silent, Transfer};

use crate::command::command;
use crate::workspace;

/// Stands for the client: says what it was called with, or ends as it is told to.
const STAND_IN: &str = "\
#!/bin/sh
case $1 in
  exit) exit \"$2\" ;;
  end) kill -s \"$2\" $$ ;;
  wait)
    trap 'exit 7' TERM
    trap 'exit 9' INT
    echo ready
    # Not for ever: one that is left behind would hold the test's own outputs.
    for _ in $(seq 100); do sleep 0.1; done
    ;;
esac
echo \"a client called with $*\"
";

/// A registry without packages, and a folder for what is published there and by whom.
struct Market {
    verdaccio: Verdaccio,
    folder: TempDir,
}

impl Market {
    fn open() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let verdaccio = Verdaccio::start(&script("program"));
        write(&folder.path().join("npmrc"), verdaccio.npmrc());
        Self { verdaccio, folder }
    }

    /// Packages of a version, with a stand-in that has this in it.
    fn packages(&self, version: &str, mark: &str) -> Vec<Package> {
        let folder = self.folder.path().join(format!("{version} {mark}"));
        let binary = |platform: Platform| {
            let path = folder.join(platform.to_string());
            write_program(&path, format!("{STAND_IN}# {mark} {platform}\n"));
            Binary { platform, path }
        };
        let binaries = Platform::ALL.map(binary);
        let license_file = folder.join("LICENSE");
        write(&license_file, "a licence");
        let repository = "https://github.com/unkeyed/unkey".to_owned();
        let source = Source { version: version.parse().expect("a version"), repository, license_file };
        pack(&source, &binaries, &folder.join("packages")).expect("packages")
    }

    /// npm, logged in.
    fn npm(&self) -> Npm {
        self.npm_with(&self.verdaccio.npmrc())
    }

    /// npm with this configuration.
    fn npm_with(&self, npmrc: &str) -> Npm {
        let file = self.folder.path().join("other-npmrc");
        write(&file, npmrc);
        let cache = self.folder.path().join("cache");
        Npm::with_runner(script("npm"), move |mut command| configure(&mut command, &file, &cache).output())
    }

    /// Publishes without waiting between attempts.
    fn publish(&self, packages: &[Package]) -> Result<Vec<Outcome>, Error> {
        ::npm::publish(&self.npm(), packages, &at_once(2), &Silent, &|| true)
    }

    /// What was asked to be published so far, in order.
    fn sent(&self) -> Vec<String> {
        let requests = self.verdaccio.requests();
        requests.iter().filter_map(|request| request.strip_prefix("PUT /")).map(str::to_owned).collect()
    }

    /// An empty project in a folder of its own.
    fn project(&self, name: &str) -> PathBuf {
        let folder = self.folder.path().join(name);
        write(&folder.join("package.json"), r#"{"name": "project", "version": "1.0.0", "private": true}"#);
        folder
    }

    /// A program that the workspace installs, such as `pnpm`, in a project.
    fn in_project(&self, project: &Path, program: &str, arguments: &[&str]) -> Command {
        let mut command = command(script("program"));
        configure(&mut command, &self.folder.path().join("npmrc"), &self.folder.path().join("cache"));
        command.current_dir(project).arg(program).args(arguments);
        command
    }
}

/// As many further attempts, without a pause.
fn at_once(attempts: usize) -> Options {
    Options { pauses: vec![std::time::Duration::ZERO; attempts], ..Options::default() }
}

/// A script of the workspace that runs a program which it installs.
fn script(name: &str) -> PathBuf {
    workspace::root().join("dev").join(name).with_extension("sh")
}

/// Only this configuration counts: a registry among the user's variables would be published to.
fn configure<'a>(command: &'a mut Command, npmrc: &Path, cache: &Path) -> &'a mut Command {
    let is_of_npm = |name: &OsStr| name.to_string_lossy().to_lowercase().starts_with("npm_config_");
    for (name, _) in env::vars_os().filter(|(name, _)| is_of_npm(name)) {
        command.env_remove(name);
    }
    command.env("NPM_CONFIG_USERCONFIG", npmrc).env("NPM_CONFIG_CACHE", cache)
}

/// An error and its hint, as people see them.
fn told(error: &Error) -> String {
    let hint = terminal::Diagnostic::hint(error).unwrap_or_default();
    format!("error: {}\n\nhint: {hint}", terminal::chain(error))
}

/// The names of packages.
fn names(packages: &[Package]) -> Vec<String> {
    packages.iter().map(|package| package.name.clone()).collect()
}

/// Keeps what is told.
#[derive(Clone, Default)]
struct Notes(Arc<Mutex<Vec<String>>>);

impl Progress for Notes {
    fn start(&self, label: &str, size: u64) -> Arc<dyn Transfer> {
        Silent.start(label, size)
    }

    fn note(&self, line: &str) {
        self.0.lock().expect("notes").push(line.to_owned());
    }
}

/// The folders in a folder; none where it is missing.
fn folders(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten();
    let mut names: Vec<String> =
        entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}
