//! The three documents of an image: config, manifest and `index.json`, each the parent's with changes. Keys keep their
//! place and new ones go to the end, because a digest depends on it.

use oci_spec::image::Digest;

use crate::Error;
use crate::archive::Compression;
use crate::assemble::parent::EPOCH;
use crate::layer::Layer;
use oci::json::{self, Json, Object};

const OCI_MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const DOCKER_MANIFEST: &str = "application/vnd.docker.distribution.manifest.v2+json";
const DOCKER_PREFIX: &str = "application/vnd.docker.";

/// How the history tells of a layer, before the label that it was built from.
pub const STORY: &str = "bazel build ";

/// Where the manifest finds the config.
#[derive(Debug)]
pub struct ConfigBlob {
    /// Of the config.
    pub digest: Digest,
    /// In bytes.
    pub size: u64,
}

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
        Self { created_by: format!("{STORY}{label}"), diff_id: diff_id.to_owned() }
    }
}

/// The image config: first what each layer adds, then the settings.
///
/// # Errors
/// When a member of the base has another shape than the specification gives it.
pub fn config(mut config: Object, added: &[Added], patch: Object) -> Result<Object, Error> {
    if !added.is_empty() {
        tell_of_all(&mut config)?;
    }
    for Added { created_by, diff_id } in added {
        let rootfs = object_member(&mut config, "config", "rootfs")?;
        array_member(rootfs, "config", "diff_ids")?.push(diff_id.as_str().into());
        array_member(&mut config, "config", "history")?
            .push(Json::object([("created", EPOCH.into()), ("created_by", created_by.as_str().into())]));
    }
    json::merge(&mut config, patch);
    if let Some(Json::Object(inner)) = config.get_mut("config")
        && inner.get("Cmd") == Some(&Json::Null)
    {
        inner.shift_remove("Cmd");
    }
    Ok(config)
}

/// A history that tells of no layer is allowed, one that tells of some is not: as `BuildKit` does, each layer of the base
/// that has no entry gets one without a story before the first new one gets its own.
fn tell_of_all(config: &mut Object) -> Result<(), Error> {
    let layers = array_member(object_member(config, "config", "rootfs")?, "config", "diff_ids")?.len();
    let history = array_member(config, "config", "history")?;
    if history.is_empty() {
        history.extend(vec![Json::object([("created", EPOCH.into())]); layers]);
    }
    Ok(())
}

/// The image manifest, with another config and more layers and annotations. A copy of the config in the descriptor
/// (`data`, image-spec, descriptor.md) would be the parent's, so it goes.
///
/// # Errors
/// When a member of the base has another shape than the specification gives it.
pub fn manifest(
    mut manifest: Object,
    config: &ConfigBlob,
    layers: &[Layer],
    annotations: Option<Object>,
) -> Result<Object, Error> {
    let docker = media_type(&manifest).is_some_and(|media_type| media_type.starts_with(DOCKER_PREFIX));
    let descriptor = object_member(&mut manifest, "manifest", "config")?;
    descriptor.insert("digest".to_owned(), config.digest.as_ref().into());
    descriptor.insert("size".to_owned(), config.size.into());
    descriptor.shift_remove("data");
    for layer in layers {
        array_member(&mut manifest, "manifest", "layers")?.push(Json::object([
            ("size", layer.size.into()),
            ("digest", layer.digest.as_ref().into()),
            ("mediaType", layer_media_type(layer.compression, docker).into()),
        ]));
    }
    if let Some(annotations) = annotations {
        object_member(&mut manifest, "manifest", "annotations")?.extend(annotations);
    }
    Ok(manifest)
}

/// The manifest's own media type, or what its layers suggest when it has none.
#[must_use]
pub fn manifest_media_type(manifest: &Object) -> String {
    let of_first_layer = || match manifest.get("layers") {
        Some(Json::Array(layers)) => layers.first()?.get("mediaType")?.as_str(),
        _ => None,
    };
    match (media_type(manifest), of_first_layer()) {
        (Some(own), _) => own.to_owned(),
        (None, Some(layer)) if layer.starts_with(DOCKER_PREFIX) => DOCKER_MANIFEST.to_owned(),
        (None, _) => OCI_MANIFEST.to_owned(),
    }
}

/// The descriptor of a manifest, as `index.json` has it.
#[must_use]
pub fn descriptor(media_type: &str, digest: &Digest, size: u64) -> Json {
    Json::object([("mediaType", media_type.into()), ("digest", digest.as_ref().into()), ("size", size.into())])
}

/// `index.json` with this descriptor as its only one.
#[must_use]
pub fn index(parent: &Object, descriptor: Json) -> Json {
    let mut index = Object::new();
    index.insert("schemaVersion".to_owned(), 2.into());
    let mut keep = |key: &str, value: Option<Json>| value.map(|value| index.insert(key.to_owned(), value));
    keep("mediaType", parent.get("mediaType").cloned());
    keep("manifests", Some(Json::Array(vec![descriptor])));
    if let Some(Json::Object(annotations)) = parent.get("annotations") {
        let mut annotations = annotations.clone();
        annotations.sort_keys();
        keep("annotations", (!annotations.is_empty()).then_some(Json::Object(annotations)));
    }
    Json::Object(index)
}

fn media_type(manifest: &Object) -> Option<&str> {
    manifest.get("mediaType").and_then(Json::as_str).filter(|media_type| !media_type.is_empty())
}

fn layer_media_type(compression: Compression, docker: bool) -> &'static str {
    match (docker, compression) {
        (false, Compression::None) => "application/vnd.oci.image.layer.v1.tar",
        (false, Compression::Gzip) => "application/vnd.oci.image.layer.v1.tar+gzip",
        (false, Compression::Zstd) => "application/vnd.oci.image.layer.v1.tar+zstd",
        (true, Compression::None) => "application/vnd.docker.image.rootfs.diff.tar",
        (true, Compression::Gzip) => "application/vnd.docker.image.rootfs.diff.tar.gzip",
        (true, Compression::Zstd) => "application/vnd.docker.image.rootfs.diff.tar.zstd",
    }
}

fn object_member<'a>(object: &'a mut Object, document: &'static str, key: &str) -> Result<&'a mut Object, Error> {
    let member = object.entry(key.to_owned()).or_insert(Json::Null);
    let found = member.kind();
    member.object_or_null().ok_or_else(|| shape(document, key, "an object", found))
}

fn array_member<'a>(object: &'a mut Object, document: &'static str, key: &str) -> Result<&'a mut Vec<Json>, Error> {
    let member = object.entry(key.to_owned()).or_insert(Json::Null);
    let found = member.kind();
    member.array_or_null().ok_or_else(|| shape(document, key, "an array", found))
}

fn shape(document: &'static str, member: &str, expected: &'static str, found: &'static str) -> Error {
    Error::Shape { document, member: member.to_owned(), expected, found }
}
