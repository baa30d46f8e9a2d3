//! The golden layouts of `rules_oci`, with the layers that lie among their inputs.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::support::layout::digest;
use parts::paths::workspace;

/// A file of the golden cases or of their inputs.
pub fn path(name: &str) -> PathBuf {
    workspace("tools/image_build/tests/golden").join(name)
}

/// All golden layouts, complete, each under the name of its case.
pub fn layouts() -> TempDir {
    let inputs: HashMap<_, _> =
        files(&path("inputs")).into_iter().map(|file| (digest(&fs::read(&file).unwrap()), file)).collect();
    let folder = tempfile::tempdir().unwrap();
    let cases = path("cases");
    for case in fs::read_dir(&cases).unwrap().map(|case| case.unwrap().path()) {
        let source = case.join("layout");
        let layout = folder.path().join(case.file_name().unwrap());
        fs::create_dir_all(layout.join("blobs/sha256")).unwrap();
        for file in files(&source) {
            fs::copy(&file, layout.join(file.strip_prefix(&source).unwrap())).unwrap();
            let document: serde_json::Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
            for layer in document["layers"].as_array().into_iter().flatten() {
                let digest = layer["digest"].as_str().unwrap();
                fs::copy(&inputs[digest], layout.join("blobs").join(digest.replace(':', "/"))).unwrap();
            }
        }
    }
    folder
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}
