//! A service's index as the build writes it, in parts that a test can bend before they are written.

use std::fs;
use std::path::{Path, PathBuf};

use image_build::compress::{Format, Settings, compress};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;

use crate::support::elf::ElfFixture;

/// Modification time of all files in the fixture.
pub const MTIME: u64 = 946_684_800;

/// An edit of a JSON document.
pub type Edit = fn(&mut Value);

/// The layouts of a service and of its base, and the contract.
pub struct Fixture {
    pub images: Vec<ImageFixture>,
    pub contract: Value,
    pub index: Edit,
    pub index_json: Edit,
    /// What happens to the files in the end.
    pub after: fn(&Written),
}

/// One image: a base layer and the service's.
pub struct ImageFixture {
    pub platform: Value,
    /// The tar of the base's layer; nothing for an image from scratch.
    pub base: Option<Vec<u8>>,
    /// Entries of the service's layer.
    pub entries: Vec<EntryFixture>,
    /// The bytes of the service's tar, from those that the entries make.
    pub tar: fn(Vec<u8>) -> Vec<u8>,
    /// The service's layer blob from its tar.
    pub compress: fn(&[u8]) -> Vec<u8>,
    pub config: Value,
    pub manifest: Edit,
}

/// A tar entry.
#[derive(Clone)]
pub struct EntryFixture {
    pub path: &'static str,
    pub kind: u8,
    pub mode: u32,
    pub uid: u64,
    pub gid: u64,
    pub user_name: &'static str,
    pub mtime: u64,
    pub link: &'static str,
    pub pax: Vec<(&'static str, &'static str)>,
    pub content: Vec<u8>,
}

/// The files of a fixture.
pub struct Written {
    folder: TempDir,
    /// Digests of manifest, config, base layer and service layer of each image.
    pub digests: Vec<[String; 4]>,
}

impl Fixture {
    /// `linux/amd64` and `linux/arm64`, all as it should be.
    pub fn new() -> Self {
        Self {
            images: vec![ImageFixture::new("amd64"), ImageFixture::new("arm64")],
            contract: json!({
                "binary": "/api",
                "platforms": ["linux/amd64", "linux/arm64"],
                "user": "65532",
                "labels": {"org.opencontainers.image.title": "api"},
                "required_labels": ["org.opencontainers.image.source"],
                "stamped": false,
                "mtime": MTIME,
            }),
            index: |_| {},
            index_json: |_| {},
            after: |_| {},
        }
    }

    /// The first image, `linux/amd64`.
    pub fn first(&mut self) -> &mut ImageFixture {
        &mut self.images[0]
    }

    /// The service's file in the first image.
    pub fn service(&mut self) -> &mut EntryFixture {
        &mut self.images[0].entries[0]
    }

    /// Writes everything to a folder of its own.
    pub fn write(self) -> Written {
        let mut written = Written { folder: tempfile::tempdir().unwrap(), digests: Vec::new() };
        let mut entries = Vec::new();
        let mut bases = Vec::new();
        for (number, image) in self.images.iter().enumerate() {
            let base = written.path(&format!("base-{number}"));
            image.write_base(&base);
            bases.extend(image.base.is_some().then_some(base));
            entries.push(image.write(&mut written));
        }
        let mut index = json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": entries});
        (self.index)(&mut index);
        let root = written.put(INDEX, &lines(&index));
        let mut index_json = json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": [root]});
        (self.index_json)(&mut index_json);
        write_top(&written.layout(), &index_json);
        let mut contract = self.contract;
        if contract.get("base_layouts").is_none() {
            contract["base_layouts"] = json!(bases);
        }
        fs::write(written.path("contract.json"), to_bytes(&contract)).unwrap();
        (self.after)(&written);
        written
    }
}

/// When unstamped images are from.
const EPOCH: &str = "1970-01-01T00:00:00Z";

/// The members of a config in the order in which the build writes them on the fixture's base, and from scratch.
const ON_BASE: [&str; 7] = ["architecture", "os", "variant", "rootfs", "history", "created", "config"];
const FROM_SCRATCH: [&str; 7] = ["created", "config", "history", "rootfs", "architecture", "os", "variant"];

pub const INDEX: &str = "application/vnd.oci.image.index.v1+json";
pub const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
pub const CONFIG: &str = "application/vnd.oci.image.config.v1+json";
pub const LAYER: &str = "application/vnd.oci.image.layer.v1.tar+gzip";

impl ImageFixture {
    /// For `linux/<architecture>`.
    pub fn new(architecture: &'static str) -> Self {
        Self {
            platform: json!({"os": "linux", "architecture": architecture}),
            base: Some(tar(&[EntryFixture {
                path: "etc/passwd",
                mode: 0o644,
                ..EntryFixture::file(b"root".to_vec())
            }])),
            entries: vec![EntryFixture::file(ElfFixture::new(architecture).build())],
            tar: |tar| tar,
            compress: compressed,
            config: json!({
                "created": EPOCH,
                "architecture": architecture,
                "os": "linux",
                "config": {
                    "Entrypoint": ["/api"],
                    "Labels": {
                        "org.opencontainers.image.title": "api",
                        "org.opencontainers.image.source": "https://example.invalid/repo",
                    },
                    "User": "65532",
                },
                "history": [{"created": EPOCH}, {"created": EPOCH, "created_by": "bazel build //:service"}],
            }),
            manifest: |_| {},
        }
    }

    fn write(&self, written: &mut Written) -> Value {
        let service_tar = (self.tar)(tar(&self.entries));
        let service = written.put(LAYER, &(self.compress)(&service_tar));
        let service = json!({"size": service["size"], "digest": service["digest"], "mediaType": LAYER});
        let base = self.base.as_ref().map(|base| written.put(LAYER, &gzip(base)));
        let mut config = self.config.clone();
        if config.get("rootfs").is_none() {
            let diff_ids: Vec<_> = self.base.iter().chain([&service_tar]).map(|tar| digest(tar)).collect();
            config["rootfs"] = json!({"type": "layers", "diff_ids": diff_ids});
        }
        let config = in_order(&config, if base.is_some() { ON_BASE } else { FROM_SCRATCH });
        let config = written.put(CONFIG, &to_bytes(&config));
        let mut manifest = json!({"schemaVersion": 2, "mediaType": MANIFEST, "config": config});
        if base.is_none() {
            manifest["config"] = json!({"mediaType": CONFIG, "size": config["size"], "digest": config["digest"]});
        }
        manifest["layers"] = base.iter().chain([&service]).cloned().collect();
        (self.manifest)(&mut manifest);
        let mut entry = written.put(MANIFEST, &lines(&manifest));
        let base = base.unwrap_or_else(|| service.clone());
        written
            .digests
            .push([&entry, &config, &base, &service].map(|blob| blob["digest"].as_str().unwrap().to_owned()));
        entry["platform"] = self.platform.clone();
        entry
    }

    /// The base of this image alone, in a layout of its own, as compact as other tools write it.
    fn write_base(&self, folder: &Path) {
        let Some(base) = &self.base else { return };
        let mut config = in_order(&self.config, ["architecture", "os", "variant"]);
        let members = config.as_object_mut().unwrap();
        members.retain(|name, _| ["architecture", "os", "variant"].contains(&name.as_str()));
        members.insert("rootfs".to_owned(), json!({"type": "layers", "diff_ids": [digest(base)]}));
        let base = put(folder, LAYER, &gzip(base));
        let config = put(folder, CONFIG, &serde_json::to_vec(&config).unwrap());
        let manifest = json!({"schemaVersion": 2, "mediaType": MANIFEST, "config": config, "layers": [base]});
        let root = put(folder, MANIFEST, &serde_json::to_vec(&manifest).unwrap());
        write_top(folder, &json!({"schemaVersion": 2, "manifests": [root]}));
    }
}

/// An object with these members first, as far as it has them, and a placeholder's in none.
fn in_order<const N: usize>(object: &Value, order: [&str; N]) -> Value {
    let Value::Object(members) = object else { return object.clone() };
    let first = order.into_iter().filter_map(|name| Some((name.to_owned(), members.get(name)?.clone())));
    let rest = members.iter().filter(|(name, _)| !order.contains(&name.as_str()));
    first.chain(rest.map(|(name, value)| (name.clone(), value.clone()))).collect()
}

impl EntryFixture {
    /// `api`, executable, root's.
    pub fn file(content: Vec<u8>) -> Self {
        Self {
            path: "api",
            kind: b'0',
            mode: 0o755,
            uid: 0,
            gid: 0,
            user_name: "",
            mtime: MTIME,
            link: "",
            pax: Vec::new(),
            content,
        }
    }

    /// Something else than a file.
    pub fn other(path: &'static str, kind: u8, link: &'static str) -> Self {
        Self { path, kind, link, ..Self::file(Vec::new()) }
    }
}

impl Written {
    pub fn layout(&self) -> PathBuf {
        self.path("layout")
    }

    pub fn contract(&self) -> PathBuf {
        self.path("contract.json")
    }

    /// A path beside the layout.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Where a blob is.
    pub fn blob(&self, digest: &str) -> PathBuf {
        self.layout().join("blobs").join(digest.replace(':', "/"))
    }

    /// Puts one image in the place of the index; its config is as it should be but for the digests of its layers.
    pub fn replace_layers(&self, media_type: &str, layers: &[Vec<u8>]) {
        let layout = self.layout();
        let layers: Vec<_> = layers.iter().map(|layer| put(&layout, media_type, layer)).collect();
        let diff_ids = vec![digest(b""); layers.len()];
        let config =
            json!({"architecture": "amd64", "os": "linux", "rootfs": {"type": "layers", "diff_ids": diff_ids}});
        self.replace_image(&to_bytes(&config), &layers);
    }

    /// The same with any config and layers that are there already.
    pub fn replace_image(&self, config: &[u8], layers: &[Value]) {
        let config = put(&self.layout(), CONFIG, config);
        let manifest = json!({"schemaVersion": 2, "mediaType": MANIFEST, "config": config, "layers": layers});
        let root = put(&self.layout(), MANIFEST, &to_bytes(&manifest));
        write_top(&self.layout(), &json!({"schemaVersion": 2, "manifests": [root]}));
    }

    /// The first image's service layer.
    pub fn service_layer(&self) -> PathBuf {
        self.blob(&self.digests[0][3])
    }

    fn put(&self, media_type: &str, bytes: &[u8]) -> Value {
        put(&self.layout(), media_type, bytes)
    }
}

/// Writes a blob; its descriptor.
pub fn put(layout: &Path, media_type: &str, bytes: &[u8]) -> Value {
    let digest = digest(bytes);
    let folder = layout.join("blobs/sha256");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join(&digest[7..]), bytes).unwrap();
    json!({"mediaType": media_type, "digest": digest, "size": bytes.len()})
}

/// Writes `oci-layout` and `index.json`.
pub fn write_top(layout: &Path, index: &Value) {
    fs::create_dir_all(layout).unwrap();
    fs::write(layout.join("oci-layout"), r#"{"imageLayoutVersion":"1.0.0"}"#).unwrap();
    fs::write(layout.join("index.json"), to_bytes(index)).unwrap();
}

/// A tar archive with its end mark.
pub fn tar(entries: &[EntryFixture]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for entry in entries {
        if !entry.pax.is_empty() {
            builder.append_pax_extensions(entry.pax.iter().map(|(key, value)| (*key, value.as_bytes()))).unwrap();
        }
        builder.append(&header(entry), entry.content.as_slice()).unwrap();
    }
    let mut archive = builder.into_inner().unwrap();
    archive.resize(archive.len().next_multiple_of(RECORD), 0);
    archive
}

/// What Python's `tarfile`, which the build uses, fills an archive up to.
const RECORD: usize = 10240;

/// An entry's header. Written by hand where the library refuses names that an attacker would use.
pub fn header(entry: &EntryFixture) -> tar::Header {
    let mut header = tar::Header::new_gnu();
    header.as_mut_bytes()[..entry.path.len()].copy_from_slice(entry.path.as_bytes());
    header.as_mut_bytes()[157..157 + entry.link.len()].copy_from_slice(entry.link.as_bytes());
    // By hand: the library writes another letter for the type of old archives.
    header.as_mut_bytes()[156] = entry.kind;
    header.set_mode(entry.mode);
    header.set_uid(entry.uid);
    header.set_gid(entry.gid);
    header.set_username(entry.user_name).unwrap();
    header.set_mtime(entry.mtime);
    header.set_size(entry.content.len() as u64);
    seal(&mut header);
    header
}

/// Writes the checksum as Python does: six digits, NUL, blank.
pub fn seal(header: &mut tar::Header) {
    header.set_cksum();
    let sum = header.cksum().unwrap();
    header.as_mut_bytes()[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
}

/// As the build compresses.
pub fn compressed(bytes: &[u8]) -> Vec<u8> {
    let mut output = Vec::new();
    let threads = std::num::NonZero::<usize>::MIN;
    let settings = Settings { format: Format::Gzip, level: Format::Gzip.default_level(), threads };
    compress(bytes, &mut output, &settings).unwrap();
    output
}

pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    use std::io::Write as _;
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

pub fn digest(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    Sha256::digest(bytes).iter().fold("sha256:".to_owned(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}

/// As the build writes documents.
pub fn to_bytes(value: &Value) -> Vec<u8> {
    oci::json::to_string(value).into_bytes()
}

/// The same with a line feed at the end.
fn lines(value: &Value) -> Vec<u8> {
    [to_bytes(value), b"\n".to_vec()].concat()
}
