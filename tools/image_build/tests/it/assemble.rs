//! `image_build assemble` and `image_build index` against `rules_oci`'s golden cases. Corner cases are in `assemble_settings`,
//! layers in `assemble_layers`, bases in `assemble_base`.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::golden::{Case, cases};
use crate::image_build;
use crate::layouts::files;

/// Changes only together with the folder of cases, so that none is lost unnoticed.
const CASES: usize = 22;

#[test]
fn all_golden_cases_come_out_byte_for_byte() {
    let golden = parts::paths::workspace("tools/image_build/tests/golden");
    let cases = cases(&golden);
    assert_eq!(cases.len(), CASES);
    for blobs in ["link", "copy"] {
        let folder = tempfile::tempdir().unwrap();
        let mut built = BTreeSet::new();
        while built.len() < cases.len() {
            let ready = |case: &&Case| {
                !built.contains(&case.name) && case.dependencies().iter().all(|name| built.contains(name))
            };
            let case = cases.values().find(ready).expect("every case can be built");
            check(case, &golden, folder.path(), blobs);
            built.insert(case.name.clone());
        }
    }
}

fn check(case: &Case, golden: &Path, folder: &Path, blobs: &str) {
    let (name, output) = (&case.name, folder.join(&case.name));
    let (digest, index) = (folder.join("digest"), folder.join("index"));
    image_build()
        .args(case.arguments(golden, folder, &folder.join("files").join(name)))
        .args(["--blobs", blobs])
        .arg("--output")
        .arg(&output)
        .arg("--digest-output")
        .arg(&digest)
        .arg("--index-output")
        .arg(&index)
        .assert()
        .success()
        .stdout("")
        .stderr("");
    let expected = golden.join("cases").join(name);
    let (actual_files, expected_files) = (files(&output), files(&expected.join("layout")));
    for (path, bytes) in &expected_files {
        assert!(actual_files.get(path) == Some(bytes), "`{}` of {name} with {blobs}", path.display());
    }
    // The layers are in `inputs`. What they are is in the documents: the digest that is each one's name.
    let layers: BTreeSet<PathBuf> = expected_files.values().flat_map(|document| layer_paths(document)).collect();
    let others: BTreeSet<PathBuf> =
        actual_files.keys().filter(|path| !expected_files.contains_key(*path)).cloned().collect();
    assert_eq!(others, layers, "layers of {name} with {blobs}");
    for path in layers {
        let name_of_content = oci::digest::of_bytes(&actual_files[&path]).digest().to_owned();
        assert_eq!(path.file_name().unwrap().to_str(), Some(name_of_content.as_str()), "{name} with {blobs}");
    }
    assert_eq!(fs::read(&digest).unwrap(), fs::read(expected.join("digest")).unwrap(), "digest of {name}");
    assert_eq!(fs::read(&index).unwrap(), actual_files[Path::new("index.json")], "index of {name}");
}

/// Where a layout has the layers that a document names; none for what is no image manifest.
fn layer_paths(document: &[u8]) -> Vec<PathBuf> {
    let document: serde_json::Value = serde_json::from_slice(document).unwrap();
    let layers = document["layers"].as_array().into_iter().flatten();
    let digests = layers.map(|layer| layer["digest"].as_str().unwrap().replace(':', "/"));
    digests.map(|path| Path::new("blobs").join(path)).collect()
}
