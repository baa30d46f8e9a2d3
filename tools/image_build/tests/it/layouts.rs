//! Layouts and layers that tests make, and reading what the tool wrote.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use oci::digest;
use tempfile::TempDir;

/// Every file below a folder by its path in it, links followed.
pub fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut waiting = vec![folder.to_owned()];
    while let Some(path) = waiting.pop() {
        if path.is_dir() {
            waiting.extend(fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()));
        } else {
            files.insert(path.strip_prefix(folder).unwrap().to_owned(), fs::read(&path).unwrap());
        }
    }
    files
}

/// The one manifest or index manifest of a layout, and an image's config, as text.
pub struct Documents {
    pub index: String,
    pub manifest: String,
    pub config: String,
}

/// Reads the documents of a layout. An index has no config.
pub fn documents(layout: &Path) -> Documents {
    let blob = |digest: &str| fs::read_to_string(blob_path(layout, digest)).unwrap();
    let index = fs::read_to_string(layout.join("index.json")).unwrap();
    let parsed: serde_json::Value = serde_json::from_str(&index).unwrap();
    let manifest = blob(parsed["manifests"][0]["digest"].as_str().unwrap());
    let parsed: serde_json::Value = serde_json::from_str(&manifest).unwrap();
    let config = parsed["config"]["digest"].as_str().map(blob).unwrap_or_default();
    Documents { index, manifest, config }
}

/// Where a blob is.
pub fn blob_path(layout: &Path, digest: &str) -> PathBuf {
    layout.join("blobs/sha256").join(digest.strip_prefix("sha256:").unwrap())
}

/// A folder for one test, with its inputs and outputs.
pub struct Fixture {
    pub folder: TempDir,
}

impl Fixture {
    pub fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file and returns its path as an argument.
    pub fn file(&self, name: &str, content: impl AsRef<[u8]>) -> String {
        fs::write(self.path(name), content).unwrap();
        self.path(name).to_str().unwrap().to_owned()
    }

    /// Writes a layout with an OCI manifest, this config, completed, and these layers, and returns its path as an argument.
    pub fn base(&self, config: &str, layers: &[&[u8]]) -> String {
        self.base_as_it_is(&completed(config, layers), layers)
    }

    /// The same with a config that lacks what it lacks.
    pub fn base_as_it_is(&self, config: &str, layers: &[&[u8]]) -> String {
        let template = r#"{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"CONFIG_DIGEST","size":CONFIG_SIZE},"layers":[LAYERS]}"#;
        self.base_with_manifest(template, config, layers)
    }

    /// The same with a manifest in which `CONFIG_DIGEST`, `CONFIG_SIZE` and `LAYERS` are filled in.
    pub fn base_with_manifest(&self, template: &str, config: &str, layers: &[&[u8]]) -> String {
        let layout = self.path("base");
        fs::create_dir_all(layout.join("blobs/sha256")).unwrap();
        let config_digest = write_blob(&layout, config.as_bytes());
        let layers = layers.iter().map(|layer| {
            let digest = write_blob(&layout, layer);
            format!(
                r#"{{"mediaType":"application/vnd.oci.image.layer.v1.tar","digest":"{digest}","size":{}}}"#,
                layer.len()
            )
        });
        let manifest = template
            .replace("CONFIG_DIGEST", &config_digest)
            .replace("CONFIG_SIZE", &config.len().to_string())
            .replace("LAYERS", &layers.collect::<Vec<_>>().join(","));
        let digest = write_blob(&layout, manifest.as_bytes());
        fs::write(layout.join("oci-layout"), r#"{"imageLayoutVersion":"1.0.0"}"#).unwrap();
        let index = format!(
            r#"{{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[{{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"{digest}","size":{}}}]}}"#,
            manifest.len()
        );
        fs::write(layout.join("index.json"), index).unwrap();
        layout.to_str().unwrap().to_owned()
    }
}

/// A config with all that one has to have, which is put before the rest.
pub fn completed(config: &str, layers: &[&[u8]]) -> String {
    let Some(rest) = config.strip_prefix('{') else { return config.to_owned() };
    let diff_ids: Vec<_> = layers.iter().map(|layer| format!("\"{}\"", digest::of_bytes(layer))).collect();
    let rootfs = format!(r#""rootfs":{{"type":"layers","diff_ids":[{}]}},"#, diff_ids.join(","));
    let members = [COMPLETION[0], COMPLETION[1], &rootfs];
    let names = [r#""architecture":"#, r#""os":"#, r#""rootfs":"#];
    let missing = members.iter().zip(names).filter(|(_, name)| !config.contains(name)).map(|(member, _)| *member);
    let completed = format!("{{{}{rest}", missing.collect::<String>());
    completed.replace(",}", "}")
}

/// What stands in a completed config, on one line, without layers.
pub const COMPLETION: [&str; 3] =
    [r#""architecture":"amd64","#, r#""os":"linux","#, r#""rootfs":{"type":"layers","diff_ids":[]},"#];

fn write_blob(layout: &Path, bytes: &[u8]) -> String {
    let digest = digest::of_bytes(bytes).to_string();
    fs::write(blob_path(layout, &digest), bytes).unwrap();
    digest
}

/// A tar archive with one file.
pub fn tar(name: &str, content: &[u8]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    let mut header = tar::Header::new_ustar();
    header.set_size(content.len() as u64);
    header.set_mode(0o644);
    builder.append_data(&mut header, name, content).unwrap();
    builder.into_inner().unwrap()
}

/// One gzip member.
pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// One zstd frame with a checksum.
pub fn zstd(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = zstd::Encoder::new(Vec::new(), 3).unwrap();
    encoder.include_checksum(true).unwrap();
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}
