//! Bazel's own record of a build, as far as it tells which targets were built and which tests passed ("Build Event
//! Protocol"; one JSON object a line).

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::{BuildError, error};

/// What is known of a build.
#[derive(Debug, Default)]
pub struct Events {
    /// By target: its files' sets, where it was built.
    built: BTreeMap<String, Vec<String>>,
    sets: BTreeMap<String, Vec<PathBuf>>,
    tests: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Event {
    id: Id,
    completed: Option<Completed>,
    named_set_of_files: Option<NamedSet>,
    test_summary: Option<TestSummary>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Id {
    target_completed: Option<LabelId>,
    named_set: Option<SetId>,
    test_summary: Option<LabelId>,
}

#[derive(Deserialize)]
struct LabelId {
    label: String,
}

#[derive(Deserialize)]
struct SetId {
    id: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Completed {
    #[serde(default)]
    success: bool,
    #[serde(default)]
    output_group: Vec<OutputGroup>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct OutputGroup {
    name: String,
    #[serde(default)]
    file_sets: Vec<SetId>,
}

#[derive(Deserialize)]
struct NamedSet {
    #[serde(default)]
    files: Vec<NamedFile>,
}

#[derive(Deserialize)]
struct NamedFile {
    #[serde(default)]
    uri: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct TestSummary {
    overall_status: String,
}

impl Events {
    /// Reads a record that is complete.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn read(path: &Path) -> Result<Self, BuildError> {
        Self::parse(&error::read(path)?).map_err(|source| BuildError::Events { path: path.to_owned(), source })
    }

    fn parse(text: &str) -> Result<Self, serde_json::Error> {
        let mut events = Self::default();
        for line in text.lines() {
            events.add(serde_json::from_str(line)?);
        }
        Ok(events)
    }

    fn add(&mut self, event: Event) {
        if let (Some(id), Some(completed)) = (event.id.target_completed, event.completed)
            && completed.success
        {
            let default = completed.output_group.into_iter().filter(|group| group.name == "default");
            let sets = default.flat_map(|group| group.file_sets).map(|set| set.id);
            self.built.insert(id.label, sets.collect());
        }
        if let (Some(id), Some(set)) = (event.id.named_set, event.named_set_of_files) {
            self.sets.insert(id.id, set.files.iter().filter_map(path).collect());
        }
        if let (Some(id), Some(summary)) = (event.id.test_summary, event.test_summary) {
            self.tests.insert(id.label, summary.overall_status);
        }
    }

    /// Whether a target was built, now or before.
    #[must_use]
    pub fn is_built(&self, target: &str) -> bool {
        self.built.contains_key(target)
    }

    /// How a test ended: `PASSED`, `FAILED`, `TIMEOUT`, ...; nothing where it did not run.
    #[must_use]
    pub fn test_status(&self, target: &str) -> Option<&str> {
        self.tests.get(target).map(String::as_str)
    }

    /// The OCI layout that a target makes. Bazel names the files of a folder, or the folder.
    #[must_use]
    pub fn layout(&self, target: &str) -> Option<PathBuf> {
        let files = self.built.get(target)?.iter().filter_map(|set| self.sets.get(set)).flatten();
        let mut folders = files.flat_map(|file| file.ancestors().take(2));
        folders.find(|folder| folder.join("oci-layout").is_file()).map(Path::to_owned)
    }
}

impl Events {
    /// The one file that a target makes.
    #[must_use]
    pub fn file(&self, target: &str) -> Option<&Path> {
        let mut files = self.built.get(target)?.iter().filter_map(|set| self.sets.get(set)).flatten();
        let (first, second) = (files.next()?, files.next());
        second.is_none().then_some(first)
    }
}

/// `file:///...`; what is only in a remote cache has another kind of address.
fn path(file: &NamedFile) -> Option<PathBuf> {
    reqwest::Url::parse(&file.uri).ok().filter(|url| url.scheme() == "file")?.to_file_path().ok()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    const RECORD: &str = concat!(
        r#"{"id":{"started":{}},"started":{"uuid":"x"}}"#,
        "\n",
        r#"{"id":{"namedSet":{"id":"0"}},"namedSetOfFiles":{"files":[{"name":"build/api/image/blobs/sha256/00","uri":"file://BASE/a%20b/build/api/image/blobs/sha256/00"},{"name":"build/api/image/oci-layout","uri":"file://BASE/a%20b/build/api/image/oci-layout","pathPrefix":["bazel-out","k8","bin"]}]}}"#,
        "\n",
        r#"{"id":{"namedSet":{"id":"1"}},"namedSetOfFiles":{"files":[{"name":"build/krane/image","uri":"file://BASE/a%20b/build/api/image"}]}}"#,
        "\n",
        r#"{"id":{"targetCompleted":{"label":"//build/api:image","configuration":{"id":"c"}}},"completed":{"success":true,"outputGroup":[{"name":"validation","fileSets":[{"id":"9"}]},{"name":"default","fileSets":[{"id":"0"}]}]}}"#,
        "\n",
        r#"{"id":{"targetCompleted":{"label":"//build/krane:image"}},"completed":{"success":true,"outputGroup":[{"name":"default","fileSets":[{"id":"1"}]}]}}"#,
        "\n",
        r#"{"id":{"targetCompleted":{"label":"//build/broken:image"}},"completed":{"failureDetail":{"message":"x"}}}"#,
        "\n",
        r#"{"id":{"testSummary":{"label":"//build/api:image_test"}},"testSummary":{"overallStatus":"PASSED","runCount":1}}"#,
        "\n",
    );

    #[test]
    fn targets_layouts_and_tests_are_told() {
        let folder = tempfile::tempdir().unwrap();
        let layout = folder.path().join("a b/build/api/image");
        fs::create_dir_all(&layout).unwrap();
        fs::write(layout.join("oci-layout"), "").unwrap();
        let events = Events::parse(&RECORD.replace("BASE", folder.path().to_str().unwrap())).unwrap();
        assert!(events.is_built("//build/api:image"));
        assert!(!events.is_built("//build/broken:image"));
        assert_eq!(events.test_status("//build/api:image_test"), Some("PASSED"));
        assert_eq!(events.test_status("//build/broken:image_test"), None);
        assert_eq!(events.layout("//build/api:image").as_deref(), Some(layout.as_path()), "its files");
        assert_eq!(events.layout("//build/krane:image").as_deref(), Some(layout.as_path()), "the folder itself");
        assert_eq!(events.layout("//build/broken:image"), None);
        assert_eq!(events.file("//build/krane:image"), Some(layout.as_path()));
        assert_eq!(events.file("//build/api:image"), None, "more than one");
        assert_eq!(events.file("//build/broken:image"), None);
        fs::remove_file(layout.join("oci-layout")).unwrap();
        assert_eq!(events.layout("//build/api:image"), None, "no layout");
    }

    #[test]
    fn a_record_that_breaks_off_is_an_error() {
        assert!(Events::parse(&RECORD[..RECORD.len() - 20]).is_err());
        assert!(Events::parse("").unwrap().built.is_empty());
    }
}
