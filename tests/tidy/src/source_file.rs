//! A file of the repository: its path, its text, and which language that is in.

use std::path::Path;

/// What rules tell files apart by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// Options of Bazel.
    Bazelrc,
    /// BUILD, MODULE and REPO files.
    Build,
    /// Starlark that is loaded.
    Bzl,
    /// Rust.
    Rust,
    /// Bash.
    Shell,
    /// TOML.
    Toml,
    /// Something else.
    Other,
}

/// A file.
#[derive(Clone, Debug)]
pub struct SourceFile {
    path: String,
    text: String,
    language: Language,
}

impl SourceFile {
    /// The path is from the root of the repository, with slashes.
    #[must_use]
    pub fn new(path: &str, text: &str) -> Self {
        let language = language(path, text);
        Self { path: path.to_owned(), text: text.to_owned(), language }
    }

    /// From the root of the repository.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// What it is called in its folder.
    #[must_use]
    pub fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or(&self.path)
    }

    /// All of it.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Its lines, by their indices.
    pub fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        self.text.lines().enumerate()
    }

    /// Its lines that are no comments, by their indices. One within a line stays.
    pub fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        let sign = if self.language == Language::Rust { "//" } else { "#" };
        self.lines().filter(move |(_, line)| !line.trim_start().starts_with(sign))
    }

    /// What it is written in.
    #[must_use]
    pub fn language(&self) -> Language {
        self.language
    }

    /// Whether it holds tests, and not what they test.
    #[must_use]
    pub fn is_test(&self) -> bool {
        self.path.starts_with("tests/") || self.path.contains("/tests/")
    }
}

fn language(path: &str, text: &str) -> Language {
    let name = path.rsplit('/').next().unwrap_or(path);
    let extension = Path::new(name).extension().and_then(|extension| extension.to_str()).unwrap_or_default();
    match (name, extension) {
        (".bazelrc", _) => Language::Bazelrc,
        (_, "bazel") => Language::Build,
        (_, "bzl") => Language::Bzl,
        (_, "rs") => Language::Rust,
        (_, "sh") => Language::Shell,
        (_, "toml") => Language::Toml,
        _ if text.starts_with("#!") && text.lines().next().is_some_and(|line| line.ends_with("bash")) => {
            Language::Shell
        }
        _ => Language::Other,
    }
}
