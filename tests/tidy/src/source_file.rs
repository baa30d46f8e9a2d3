//! A file of the repository: its path, its text, and the language of that.

/// What rules tell files apart by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// Options of Bazel.
    Bazelrc,
    /// Starlark that is loaded.
    Bzl,
    Rust,
    /// Bash.
    Shell,
    Toml,
    Other,
}

/// A file.
#[derive(Clone, Debug)]
pub struct SourceFile {
    /// From the root of the repository, with slashes.
    pub path: String,
    pub text: String,
    pub language: Language,
}

impl SourceFile {
    pub fn new(path: &str, text: String) -> Self {
        let is_bash = || text.starts_with("#!") && text.lines().next().is_some_and(|line| line.ends_with("bash"));
        let language = match path.trim_end_matches(".jinja").rsplit(['/', '.']).next() {
            _ if path == ".bazelrc" => Language::Bazelrc,
            Some("bzl") => Language::Bzl,
            Some("rs") => Language::Rust,
            Some("sh") => Language::Shell,
            Some("toml") => Language::Toml,
            _ if is_bash() => Language::Shell,
            _ => Language::Other,
        };
        Self { path: path.to_owned(), text, language }
    }

    /// Its name in its folder.
    pub fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or(&self.path)
    }

    /// Whether one of its lines is a comment alone.
    pub fn is_comment(&self, line: &str) -> bool {
        line.trim_start().starts_with(if self.language == Language::Rust { "//" } else { "#" })
    }

    /// Whether it holds tests, and not what they test.
    pub fn is_test(&self) -> bool {
        self.path.starts_with("tests/") || self.path.contains("/tests/")
    }
}
