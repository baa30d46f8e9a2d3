//! Layouts and spec files of services to publish or load: two images, one common base layer.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::layout::{EntryFixture, digest, gzip, put, tar, write_top};

/// A folder with layouts and spec files.
pub struct Services {
    folder: TempDir,
}

/// One service's layout and what is in it.
pub struct Service {
    pub name: String,
    pub layout: PathBuf,
    /// Digest of the index.
    pub digest: String,
    /// Digests of config, base layer and own layer of each image, amd64 first.
    pub images: Vec<Image>,
}

pub struct Image {
    pub manifest: String,
    pub config: String,
    pub base: String,
    pub layer: String,
}

impl Services {
    pub fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A service whose layers depend on `content`; the base layer does not.
    pub fn add(&self, name: &str, content: &str) -> Service {
        self.add_on(b"base", name, content)
    }

    /// The same on another base layer.
    pub fn add_on(&self, base: &[u8], name: &str, content: &str) -> Service {
        let layout = self.path(&format!("{name}-{content}"));
        let mut descriptors = Vec::new();
        let mut images = Vec::new();
        for architecture in ["amd64", "arm64"] {
            let (descriptor, image) = write_image(&layout, architecture, base, content);
            descriptors.push(descriptor);
            images.push(image);
        }
        let index = json!({
            "schemaVersion": 2,
            "mediaType": "application/vnd.oci.image.index.v1+json",
            "manifests": descriptors,
        });
        let index = put(&layout, "application/vnd.oci.image.index.v1+json", index.to_string().as_bytes());
        write_top(&layout, &json!({"schemaVersion": 2, "manifests": [index]}));
        let digest = index["digest"].as_str().unwrap().to_owned();
        Service { name: name.to_owned(), layout, digest, images }
    }

    /// A folder in which docker's configuration is this text, for `DOCKER_CONFIG`.
    pub fn docker_config(&self, text: &str) -> PathBuf {
        let folder = self.path("docker");
        parts::files::write(&folder.join("config.json"), text);
        folder
    }

    /// A spec file for services.
    pub fn spec(&self, services: &[&Service]) -> PathBuf {
        let entry = |service: &&Service| {
            json!({
                "service": service.name,
                "repository": format!("ghcr.io/unkeyed/{}", service.name),
                "local_tag": format!("unkey/{}:dev", service.name),
                "layout": service.layout,
            })
        };
        let spec = json!({"services": services.iter().map(entry).collect::<Vec<_>>()});
        let path = self.path(&format!("{}.json", digest(spec.to_string().as_bytes()).split_off(7)));
        std::fs::write(&path, spec.to_string()).unwrap();
        path
    }
}

impl Service {
    pub fn blob(&self, digest: &str) -> PathBuf {
        self.layout.join("blobs").join(digest.replace(':', "/"))
    }
}

/// Bytes of which compression leaves at least half.
pub fn noise(length: usize) -> Vec<u8> {
    let blocks = (0..length.div_ceil(64)).map(|number| digest(&number.to_le_bytes())[7..].to_owned());
    blocks.flat_map(String::into_bytes).take(length).collect()
}

fn write_image(layout: &Path, architecture: &str, base: &[u8], content: &str) -> (Value, Image) {
    let file = |path, content| tar(&[EntryFixture { path, ..EntryFixture::file(content) }]);
    let program = format!("{architecture} {content}").repeat(500).into_bytes();
    let tars = [file("etc/base", base.to_vec()), file("app", program)];
    let diff_ids = tars.each_ref().map(|tar| digest(tar));
    let layers = tars.map(|tar| put(layout, "application/vnd.oci.image.layer.v1.tar+gzip", &gzip(&tar)));
    let config = json!({
        "architecture": architecture,
        "os": "linux",
        "config": {"Entrypoint": ["/app"]},
        "rootfs": {"type": "layers", "diff_ids": diff_ids},
    });
    let config = put(layout, "application/vnd.oci.image.config.v1+json", config.to_string().as_bytes());
    let manifest = json!({
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": config,
        "layers": layers,
    });
    let mut descriptor = put(layout, "application/vnd.oci.image.manifest.v1+json", manifest.to_string().as_bytes());
    descriptor["platform"] = json!({"architecture": architecture, "os": "linux"});
    let text = |value: &Value| value["digest"].as_str().unwrap().to_owned();
    let image =
        Image { manifest: text(&descriptor), config: text(&config), base: text(&layers[0]), layer: text(&layers[1]) };
    (descriptor, image)
}
