//! The three documents of an image: config, manifest and `index.json`, each the base's with changes. Keys keep their
//! place and new ones go to the end, because a digest depends on it.
//!
//! A base's documents were checked when they were read: each member is of the type that the specification gives it, or null where
//! it may be absent.

use oci_spec::image::Digest;
use serde_json::{Value, json};

use crate::assemble::base::EPOCH;
use crate::compression::Compression;
use crate::layer::Layer;
use oci::json::{self, Object};

const OCI_MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const DOCKER_MANIFEST: &str = "application/vnd.docker.distribution.manifest.v2+json";
const DOCKER_PREFIX: &str = "application/vnd.docker.";

/// What stands in the history before the label that a layer was built from.
pub const CREATED_BY_PREFIX: &str = "bazel build ";

/// What the config says of a layer that is added.
#[derive(Debug)]
pub struct Added {
    /// The whole text of the history.
    pub created_by: String,
    /// Of the layer.
    pub diff_id: String,
}

impl Added {
    /// Of a layer that was built from this label.
    #[must_use]
    pub fn new(label: &str, diff_id: &str) -> Self {
        Self { created_by: format!("{CREATED_BY_PREFIX}{label}"), diff_id: diff_id.to_owned() }
    }
}

/// The image config: first what each layer adds, then the settings.
#[must_use]
pub fn config(mut config: Value, added: &[Added], settings: Object) -> Value {
    if !added.is_empty() {
        complete_history(&mut config);
    }
    for Added { created_by, diff_id } in added {
        list(&mut config["rootfs"]["diff_ids"]).push(diff_id.as_str().into());
        list(&mut config["history"]).push(json!({"created": EPOCH, "created_by": created_by}));
    }
    json::merge(&mut config, Value::Object(settings));
    if let Some(inner) = config.get_mut("config").and_then(Value::as_object_mut)
        && inner.get("Cmd") == Some(&Value::Null)
    {
        inner.shift_remove("Cmd");
    }
    config
}

/// An empty history is allowed, one that lacks some layers is not: as `BuildKit` does, each layer of the base gets an entry
/// without `created_by` before the first new layer gets its own.
fn complete_history(config: &mut Value) {
    let layers = list(&mut config["rootfs"]["diff_ids"]).len();
    let history = list(&mut config["history"]);
    if history.is_empty() {
        history.extend(vec![json!({"created": EPOCH}); layers]);
    }
}

/// The image manifest, with another config and more layers and annotations. A copy of the config in the descriptor
/// (`data`, image-spec, descriptor.md) would be the base's, so it goes.
#[must_use]
pub fn manifest(
    mut manifest: Value,
    (config, size): (&Digest, u64),
    layers: &[Layer],
    annotations: Option<Object>,
) -> Value {
    let is_docker = media_type(&manifest).is_some_and(|media_type| media_type.starts_with(DOCKER_PREFIX));
    let descriptor = &mut manifest["config"];
    descriptor["digest"] = config.as_ref().into();
    descriptor["size"] = size.into();
    descriptor.as_object_mut().map(|members| members.shift_remove("data"));
    list(&mut manifest["layers"]).extend(layers.iter().map(|layer| {
        json!({
            "size": layer.size,
            "digest": layer.digest,
            "mediaType": layer_media_type(layer.compression, is_docker),
        })
    }));
    if let Some(annotations) = annotations {
        json::merge(&mut manifest["annotations"], Value::Object(annotations));
    }
    manifest
}

/// The manifest's own media type, or what its layers suggest when it has none.
#[must_use]
pub fn manifest_media_type(manifest: &Value) -> &str {
    let is_docker =
        || manifest["layers"][0]["mediaType"].as_str().is_some_and(|layer| layer.starts_with(DOCKER_PREFIX));
    match media_type(manifest) {
        Some(own) => own,
        None if is_docker() => DOCKER_MANIFEST,
        None => OCI_MANIFEST,
    }
}

/// The descriptor of a manifest, as `index.json` has it.
#[must_use]
pub fn descriptor(media_type: &str, digest: &Digest, size: u64) -> Value {
    json!({"mediaType": media_type, "digest": digest, "size": size})
}

/// `index.json` with this descriptor as its only one.
#[must_use]
pub fn index(base: &Value, descriptor: &Value) -> Value {
    let mut index = json!({"schemaVersion": 2});
    if let Some(media_type) = base.get("mediaType") {
        index["mediaType"] = media_type.clone();
    }
    index["manifests"] = json!([descriptor]);
    if let Some(annotations) = base["annotations"].as_object().filter(|annotations| !annotations.is_empty()) {
        let mut annotations = annotations.clone();
        annotations.sort_keys();
        index["annotations"] = annotations.into();
    }
    index
}

fn media_type(manifest: &Value) -> Option<&str> {
    manifest["mediaType"].as_str().filter(|media_type| !media_type.is_empty())
}

fn layer_media_type(compression: Compression, is_docker: bool) -> &'static str {
    match (is_docker, compression) {
        (false, Compression::None) => "application/vnd.oci.image.layer.v1.tar",
        (false, Compression::Gzip) => "application/vnd.oci.image.layer.v1.tar+gzip",
        (false, Compression::Zstd) => "application/vnd.oci.image.layer.v1.tar+zstd",
        (true, Compression::None) => "application/vnd.docker.image.rootfs.diff.tar",
        (true, Compression::Gzip) => "application/vnd.docker.image.rootfs.diff.tar.gzip",
        (true, Compression::Zstd) => "application/vnd.docker.image.rootfs.diff.tar.zstd",
    }
}

/// The elements of a list, which may be null until the first is added.
fn list(member: &mut Value) -> &mut Vec<Value> {
    if member.is_null() {
        *member = Value::Array(Vec::new());
    }
    member.as_array_mut().expect("a document's lists are checked when it is read")
}
