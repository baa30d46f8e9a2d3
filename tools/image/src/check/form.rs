//! The one form that a service's image has: what `assemble` and `index` make of its base and of the service, byte for byte.
//!
//! The documents are made again from the base's own and from what the image says of the settings that a contract has
//! rules for; a member, a space or a spelling that does not come out again was not written by the build. So nothing has
//! to be known of the ways in which readers can be made to disagree. The layer's own bytes are in `layer`.

mod difference;
mod layer;

use oci_spec::image::{Descriptor, ImageConfiguration};
use serde_json::Value;

use super::base::Base;
use super::findings::{Findings, Place, printable, quoted};
use super::platforms::Found;
use crate::check::findings::codes;
use image_build::assemble::base;
use image_build::assemble::documents::{self, Added};
use image_build::compression::Compression;
use image_build::index;
use image_build::layer::Layer;
use oci::document::{DocumentKind, Strictness};
use oci::json::{self, Object};
use oci::layout::Layout;
use oci::platform::Platform;
use oci::tree::{Node, NodeContent};

use self::difference::Difference;
pub use self::layer::check as check_layer;

/// An image and the base under it; without one it is made from scratch.
pub struct ImageOnBase<'a> {
    /// The image.
    pub found: &'a Found<'a>,
    /// Its config.
    pub config: &'a ImageConfiguration,
    /// What it stands on.
    pub base: Option<&'a Base>,
    /// The layers above the base.
    pub above: &'a [Descriptor],
}

/// Checks config and manifest of an image.
///
/// # Errors
/// When a document that was read before cannot be read again.
pub fn check_image(layout: &Layout, image: &ImageOnBase<'_>, findings: &mut Findings) -> Result<(), oci::Error> {
    let place = Place::of_platform(&oci::platform::of_config(image.config));
    let manifest = &image.found.image.manifest;
    let (base_config, base_manifest) = image.base_documents();
    let config = layout.read_blob(manifest.config())?;
    let actual: Value = layout.parse_json(manifest.config(), &config, DocumentKind::Config)?;
    let expected = documents::config(base_config, &image.added(&actual), settings(&actual));
    let here = place.clone().blob(manifest.config().digest());
    compare(&expected, "", &config, &here, findings);

    let config = (manifest.config().digest(), manifest.config().size());
    let expected = documents::manifest(base_manifest, config, &image.layers(), None);
    let here = place.blob(image.found.descriptor.digest());
    compare(&expected, "\n", &layout.read_blob(image.found.descriptor)?, &here, findings);
    Ok(())
}

/// Checks what leads to the images: an index with nothing but them, and the two files that are no blobs. Those are
/// written anew by each tool that brings an image from a registry, so only their members are looked at.
///
/// # Errors
/// When a document that was read before cannot be read again.
pub fn check_index(layout: &Layout, nodes: &[Node], findings: &mut Findings) -> Result<(), oci::Error> {
    for (document, bytes) in layout.top_documents()? {
        if let Err(error) = document.check(&bytes, Strictness::Strict) {
            let place = Place::default().field(document.what());
            findings.add(codes::DOCUMENT_FORM, place, printable(error.to_string().as_bytes()));
        }
    }
    for Node { descriptor, content } in nodes {
        let NodeContent::Index(_, children) = content else { continue };
        let mut entries = Vec::new();
        for child in children {
            // What else an index can hold is a finding already, and one says enough.
            let NodeContent::Image(image) = &child.content else { return Ok(()) };
            let Ok(config) = layout.read_json(image.manifest.config(), DocumentKind::Config) else { return Ok(()) };
            let own = &child.descriptor;
            entries.push(index::entry(
                documents::descriptor(own.media_type().as_ref(), own.digest(), own.size()),
                &config,
            ));
        }
        let expected = index::manifest(entries, None);
        let place = Place::of_blob(descriptor.digest());
        compare(&expected, "\n", &layout.read_blob(descriptor)?, &place, findings);
    }
    Ok(())
}

impl ImageOnBase<'_> {
    /// Config and manifest that the build has started from.
    fn base_documents(&self) -> (Value, Value) {
        if let Some(base) = self.base {
            return (base.config.clone(), base.manifest.clone());
        }
        let scratch = base::scratch(&Platform {
            os: self.config.os().to_string(),
            architecture: self.config.architecture().to_string(),
            variant: self.config.variant().clone(),
        });
        (scratch.config, scratch.manifest)
    }

    /// What the config says of the layers above the base. That it is true of them is for others to say.
    fn added(&self, config: &Value) -> Vec<Added> {
        let last = |list: &Value| {
            let all = list.as_array().map(Vec::as_slice).unwrap_or_default();
            all[all.len().saturating_sub(self.above.len())..].to_vec()
        };
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let created_by = last(&config["history"]).into_iter().map(|entry| text(&entry["created_by"]));
        let diff_ids = last(&config["rootfs"]["diff_ids"]).into_iter().map(|diff_id| text(&diff_id));
        let prefix = documents::CREATED_BY_PREFIX;
        let added = |(created_by, diff_id): (String, String)| {
            Added::new(created_by.strip_prefix(prefix).unwrap_or(&created_by), &diff_id)
        };
        created_by.zip(diff_ids).map(added).collect()
    }

    fn layers(&self) -> Vec<Layer> {
        let layer = |descriptor: &Descriptor| Layer {
            digest: descriptor.digest().clone(),
            diff_id: descriptor.digest().clone(),
            size: descriptor.size(),
            compression: Compression::Gzip,
        };
        self.above.iter().map(layer).collect()
    }
}

/// What `service_image` sets, as the image has it: there are other rules for these values.
fn settings(config: &Value) -> Object {
    let mut settings = Object::new();
    let mut inner = Object::new();
    if let Some(created) = config.get("created") {
        settings.insert("created".to_owned(), created.clone());
    }
    // In the order in which `assemble` sets them, the base's command gone with the first.
    for name in ["Entrypoint", "Labels", "User"] {
        let Some(value) = config["config"].get(name) else { continue };
        if name == "Entrypoint" {
            inner.insert("Cmd".to_owned(), Value::Null);
        }
        inner.insert(name.to_owned(), value.clone());
    }
    if !inner.is_empty() {
        settings.insert("config".to_owned(), Value::Object(inner));
    }
    settings
}

fn compare(expected: &Value, end: &str, actual: &[u8], place: &Place, findings: &mut Findings) {
    if (json::to_string(expected) + end).as_bytes() == actual {
        return;
    }
    let difference = serde_json::from_slice(actual).ok().and_then(|actual| difference::difference(expected, &actual));
    let (field, message) = match difference {
        Some(Difference { member, what }) => (Some(member), what),
        None => (None, "the build writes the same values with other spaces, escapes or digits"),
    };
    let place = match &field {
        Some(member) => place.clone().field(printable(member.as_bytes())),
        None => place.clone(),
    };
    let member = field.map(|member| format!("{} ", quoted(member))).unwrap_or_default();
    findings.add(codes::DOCUMENT_FORM, place, format!("{member}{message}"));
}
