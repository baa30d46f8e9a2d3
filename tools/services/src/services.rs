//! Which services there are: the folders of `build/` whose `BUILD.bazel` calls `service_image`.
//!
//! Owns that list and what is said of a name that is not on it. This is the one place that computes it: Bazel, shell scripts and
//! workflows read what `generate` writes.

use std::path::Path;

use release_tag::ServiceName;
use terminal::{printable, suggestion};

use crate::Error;
use crate::tree::Tree;

/// What is released from this repository and is no image.
pub const CLI: &str = "cli";

/// How a BUILD file says that its folder is a service.
const CALL: &str = "service_image(";

/// The names of the services, sorted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Services(Vec<String>);

impl Services {
    /// Those of the repository in this folder.
    ///
    /// # Errors
    /// When `build/` cannot be read, or when a service has a name that breaks the grammar or is reserved.
    pub fn read(repository: &Path) -> Result<Self, Error> {
        // A repository without the folder is not one without services: it is another repository.
        let folder = repository.join("build");
        std::fs::read_dir(folder).map_err(|source| unlisted(Error::Read { path: "build".to_owned(), source }))?;
        Self::of_tree(&Tree::new(repository))
    }

    /// Those of a repository with changes.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub fn of_tree(tree: &Tree) -> Result<Self, Error> {
        let mut files = Vec::new();
        for folder in tree.entries("build").map_err(unlisted)? {
            let text = tree.read(&format!("build/{folder}/BUILD.bazel")).map_err(unlisted)?;
            files.extend(text.map(|text| (folder, text)));
        }
        Self::of_build_files(&files)
    }

    /// Those of a repository with these `build/<folder>/BUILD.bazel`: pairs of folder and text, in the order of the folders.
    ///
    /// # Errors
    /// When a service has a name that breaks the grammar or is reserved.
    pub fn of_build_files(files: &[(String, String)]) -> Result<Self, Error> {
        let folders = files.iter().filter(|(_, text)| calls_service_image(text)).map(|(folder, _)| folder);
        let name = |folder: &String| {
            let name = ServiceName::parse(folder).and_then(|name| name.check_reserved().map(|()| name.to_string()));
            name.map_err(|source| Error::Folder { folder: printable::name(folder.as_ref()), source })
        };
        folders.map(name).collect::<Result<_, _>>().map(Self)
    }

    /// These, in this order.
    #[must_use]
    pub fn of(names: &[&str]) -> Self {
        Self(names.iter().map(|&name| name.to_owned()).collect())
    }

    /// With the command line client, which has tags but no image.
    #[must_use]
    pub fn with_cli(mut self) -> Self {
        if !self.0.iter().any(|name| name == CLI) {
            self.0.push(CLI.to_owned());
        }
        self
    }

    /// All names.
    #[must_use]
    pub fn names(&self) -> &[String] {
        &self.0
    }

    /// Takes only a name that is on the list.
    ///
    /// # Errors
    /// When it is not.
    pub fn expect(&self, name: &str) -> Result<(), Error> {
        if self.0.iter().any(|known| known == name) {
            return Ok(());
        }
        let known = || self.0.iter().map(String::as_str);
        Err(Error::Unknown {
            name: printable::name(name.as_ref()),
            known: suggestion::listed(known()),
            nearest: suggestion::nearest(name, known()).map(str::to_owned),
        })
    }
}

fn unlisted(source: Error) -> Error {
    Error::List(Box::new(source))
}

/// Not where the call is a comment, or another function's with a longer name.
fn calls_service_image(text: &str) -> bool {
    text.lines().any(|line| line.trim_start().starts_with(CALL))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use terminal::Diagnostic as _;

    use super::*;

    /// A repository with these folders of `build/`, each with this BUILD file.
    fn repository(folders: &[(&str, &str)]) -> tempfile::TempDir {
        let repository = tempfile::tempdir().unwrap();
        for (folder, text) in folders {
            let folder = repository.path().join("build").join(folder);
            fs::create_dir_all(&folder).unwrap();
            fs::write(folder.join("BUILD.bazel"), text).unwrap();
        }
        repository
    }

    const SERVICE: &str = "service_image(\n    name = \"image\",\n)\n";

    #[test]
    fn services_are_the_folders_that_call_service_image() {
        let folder = repository(&[
            ("worker", SERVICE),
            ("api", SERVICE),
            ("util", "load(\":x.bzl\", \"service_image\")\n"),
            ("notes", "# service_image(\nservice_images(\n"),
            ("plain", ""),
        ]);
        fs::create_dir(folder.path().join("build/empty")).unwrap();
        fs::write(folder.path().join("build/BUILD.bazel"), SERVICE).unwrap();
        let read = Services::read(folder.path()).unwrap();
        assert_eq!(read, Services::of(&["api", "worker"]));
        assert_eq!(read.with_cli().with_cli(), Services::of(&["api", "worker", "cli"]));
    }

    #[test]
    fn a_folder_whose_name_no_service_can_have_is_an_error_that_names_it() {
        for (name, hint) in [("key_service", "`key-service`"), ("Api", "small letters"), ("util", "small letters")] {
            let error = Services::read(repository(&[("api", SERVICE), (name, SERVICE)]).path()).unwrap_err();
            assert_eq!(error.to_string(), format!("`build/{name}` calls `service_image`"));
            assert!(error.hint().unwrap().contains(hint), "{:?}", error.hint());
            assert!(!error.is_refusal());
        }
    }

    #[test]
    fn a_repository_without_the_folder_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let error = Services::read(folder.path()).unwrap_err();
        assert!(!error.is_refusal());
        assert_eq!(error.to_string(), "cannot list the services in `build/`");
    }

    #[test]
    fn an_unknown_name_gets_the_known_ones_and_the_nearest() {
        let services = Services::of(&["api", "control-plane", "worker"]);
        assert!(services.expect("worker").is_ok());
        let error = services.expect("wroker").unwrap_err();
        assert!(error.is_refusal());
        assert_eq!(error.to_string(), "unknown service `wroker`, known are `api`, `control-plane`, `worker`");
        assert_eq!(error.hint().unwrap(), "did you mean `worker`?");
        assert_eq!(services.expect("zzz").unwrap_err().hint(), None);
    }
}
