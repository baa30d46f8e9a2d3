//! Reads an OCI layout: its documents, its blobs, and the files in its layers.

use std::collections::BTreeMap;
use std::fs;
use std::io::{Cursor, Read as _};
use std::path::{Path, PathBuf};

use flate2::read::MultiGzDecoder;
use serde_json::Value;
use tar::{Archive, EntryType};

/// A layout whose index.json names one image index.
#[derive(Debug)]
pub struct Layout {
    folder: PathBuf,
}

/// One entry of a layer.
#[derive(Debug)]
pub struct Entry {
    /// From the root, without a slash in front.
    pub path: PathBuf,
    /// A file, a folder, a link.
    pub kind: EntryType,
    /// Its permissions.
    pub mode: u32,
    /// The number of its owner.
    pub user: u64,
    /// Of a file.
    pub content: Vec<u8>,
}

impl Layout {
    /// The layout in a folder.
    pub fn open(folder: &Path) -> Self {
        assert!(folder.join("oci-layout").exists(), "`{}` is no OCI layout", folder.display());
        Self { folder: folder.to_owned() }
    }

    /// The digest of the image index, `sha256:...`.
    pub fn digest(&self) -> String {
        let index: Value = parse(&fs::read(self.folder.join("index.json")).expect("index.json"));
        let manifests = index["manifests"].as_array().expect("manifests");
        assert_eq!(manifests.len(), 1, "{index}");
        digest(&manifests[0])
    }

    /// The image index.
    pub fn index(&self) -> Value {
        self.json(&self.digest())
    }

    /// The manifest of an architecture's image.
    pub fn manifest(&self, architecture: &str) -> Value {
        let index = self.index();
        let mut manifests = index["manifests"].as_array().expect("manifests").iter();
        let found = manifests.find(|manifest| manifest["platform"]["architecture"] == architecture);
        self.json(&digest(found.unwrap_or_else(|| panic!("no {architecture}: {index}"))))
    }

    /// The digests of an architecture's layers, the lowest first.
    pub fn layers(&self, architecture: &str) -> Vec<String> {
        self.manifest(architecture)["layers"].as_array().expect("layers").iter().map(digest).collect()
    }

    /// What is in a layer, in its order.
    pub fn entries(&self, layer: &str) -> Vec<Entry> {
        let mut archive = Archive::new(MultiGzDecoder::new(Cursor::new(self.blob(layer))));
        let entries = archive.entries().expect("a tar");
        entries
            .map(|entry| {
                let mut entry = entry.expect("a tar entry");
                let mut content = Vec::new();
                entry.read_to_end(&mut content).expect("its content");
                let path = entry.path().expect("a path");
                Entry {
                    path: path.components().filter(|part| matches!(part, std::path::Component::Normal(_))).collect(),
                    kind: entry.header().entry_type(),
                    mode: entry.header().mode().expect("a mode"),
                    user: entry.header().uid().expect("a user"),
                    content,
                }
            })
            .collect()
    }

    /// A blob that is JSON.
    pub fn json(&self, digest: &str) -> Value {
        parse(&self.blob(digest))
    }

    /// A blob.
    pub fn blob(&self, digest: &str) -> Vec<u8> {
        let path = self.folder.join("blobs").join(digest.replace(':', "/"));
        fs::read(&path).unwrap_or_else(|error| panic!("`{}`: {error}", path.display()))
    }

    /// Every blob of the folder by its digest.
    pub fn blobs(&self) -> BTreeMap<String, Vec<u8>> {
        let folder = fs::read_dir(self.folder.join("blobs/sha256")).expect("blobs");
        let names = folder.map(|file| file.expect("a file").file_name().into_string().expect("a digest"));
        names.map(|name| format!("sha256:{name}")).map(|digest| (digest.clone(), self.blob(&digest))).collect()
    }
}

fn parse(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes).expect("JSON")
}

fn digest(descriptor: &Value) -> String {
    descriptor["digest"].as_str().expect("a digest").to_owned()
}
