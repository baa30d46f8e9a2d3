//! What holds for every layout, whatever is in it: the blobs are there and true, and index, manifests and configs
//! agree with each other. What the layers hold is in `stream`.

use std::collections::HashSet;
use std::io::{self, Read as _};

use oci_spec::image::{Descriptor, ImageConfiguration, ImageManifest, MediaType};

use super::findings::{Findings, Place, quoted};
use super::layers::Layers;
use super::layers::stream;
use super::platforms;
use crate::check::findings::codes::{self, Code};
use oci::digest::DigestWriter;
use oci::document::MemberFault;
use oci::layout::Layout;
use oci::platform::{self, Platform};
use oci::tree::{ImageNode, Node, NodeContent};

/// How many names of files in `blobs/` are looked at.
const FILES_LIMIT: usize = 100_000;

/// Checks all that `nodes` lead to.
///
/// # Errors
/// When a blob exists but cannot be read.
pub fn check(
    layout: &Layout,
    nodes: &[Node],
    layers: &mut Layers<'_>,
    findings: &mut Findings,
) -> Result<(), oci::Error> {
    let mut integrity = Integrity { layout, layers, findings, referenced: HashSet::new() };
    if nodes.is_empty() {
        integrity.findings.add(codes::LAYOUT_EMPTY, Place::default(), "`index.json` names no manifest");
    }
    integrity.nodes(nodes)?;
    // What an unreadable manifest refers to is not known, so nothing can be said to be unreferenced.
    if integrity.findings.errors() == 0 { integrity.unreferenced() } else { Ok(()) }
}

/// The kind of finding that a blob's error is.
fn code_of(error: &oci::Error) -> &'static Code {
    match error {
        oci::Error::Read { .. } => codes::BLOB_MISSING,
        oci::Error::Size { .. } => codes::BLOB_SIZE,
        oci::Error::Content { .. } => codes::BLOB_DIGEST,
        oci::Error::JsonBlobTooLarge { .. } | oci::Error::TooManyValues { .. } => codes::JSON_TOO_LARGE,
        oci::Error::BlobTooLarge { .. } => codes::LAYER_TOO_LARGE,
        oci::Error::Algorithm { .. } => codes::DIGEST_ALGORITHM,
        oci::Error::Document { source, .. } => match **source {
            oci::Error::Member { fault: MemberFault::Time, .. } => codes::CREATED_INVALID,
            oci::Error::Member {
                fault:
                    MemberFault::Repeated | MemberFault::Folded { .. } | MemberFault::Confused { .. } | MemberFault::Unknown,
                ..
            } => codes::JSON_AMBIGUOUS,
            _ => codes::JSON_INVALID,
        },
        oci::Error::TreeTooDeep => codes::INDEX_TOO_DEEP,
        oci::Error::TreeTooLarge => codes::INDEX_TOO_LARGE,
        _ => codes::JSON_INVALID,
    }
}

struct Integrity<'a, 'b> {
    layout: &'a Layout,
    layers: &'a mut Layers<'b>,
    findings: &'a mut Findings,
    referenced: HashSet<String>,
}

impl Integrity<'_, '_> {
    fn nodes(&mut self, nodes: &[Node]) -> Result<(), oci::Error> {
        for Node { descriptor, content } in nodes {
            self.referenced.insert(descriptor.digest().to_string());
            let place = Place::of_blob(descriptor.digest());
            match content {
                NodeContent::Index(index, children) => {
                    self.schema(index.schema_version(), &place);
                    self.media_type(index.media_type().as_ref(), descriptor, &place);
                    self.platform_of_index(descriptor, children);
                    self.nodes(children)?;
                }
                NodeContent::Image(image) => self.image(descriptor, image)?,
                NodeContent::Artifact(manifest) => self.artifact(descriptor, manifest)?,
                NodeContent::Unknown => {
                    let message = format!("{} is no manifest's media type", quoted(descriptor.media_type().as_ref()));
                    self.findings.add(codes::DESCRIPTOR_MEDIA_TYPE, place, message);
                }
                NodeContent::Unreadable(error) => self.unreadable(place, error)?,
            }
        }
        Ok(())
    }

    /// An index can say for which platform it is, and clients that select by that look at no other: each image in it,
    /// however deep, has to serve that platform.
    fn platform_of_index(&mut self, descriptor: &Descriptor, children: &[Node]) {
        let Some(declared) = descriptor.platform().as_ref().map(Platform::from) else { return };
        for found in platforms::images(children) {
            let Ok(own) = found.image.config.as_ref().map(Platform::from) else { continue };
            if own.distance(&declared).is_none() {
                let [declared, name] = [&declared, &own].map(Platform::to_string);
                let message = format!("an index over it says {}, the config {}", quoted(declared), quoted(&name));
                let place = Place::of_platform(&name).blob(found.image.manifest.config().digest());
                self.findings.add(codes::PLATFORM_MISMATCH, place.field("architecture"), message);
            }
        }
    }

    fn image(&mut self, descriptor: &Descriptor, image: &ImageNode) -> Result<(), oci::Error> {
        let ImageNode { manifest, config } = image;
        let place = Place::of_blob(descriptor.digest());
        self.schema(manifest.schema_version(), &place);
        self.media_type(manifest.media_type().as_ref(), descriptor, &place);
        self.referenced.insert(manifest.config().digest().to_string());
        let config = match config {
            Ok(config) => Some(config),
            Err(error) => {
                self.unreadable(Place::of_blob(manifest.config().digest()), error)?;
                None
            }
        };
        let name = config.map(platform::of_config).unwrap_or_default();
        let place = Place::of_platform(&name).blob(manifest.config().digest());
        if let Some(config) = config {
            self.config(descriptor, manifest, config, &place);
        }
        let diff_id = |position| config?.rootfs().diff_ids().get(position).map(String::as_str);
        if let Some(lowest) = manifest.layers().first() {
            self.layer(lowest, diff_id(0), &place)?;
            if let Some(layer) = self.layers.get(lowest) {
                stream::check_lowest(layer, &place.clone().blob(lowest.digest()), self.findings);
            }
        }
        for (position, layer) in manifest.layers().iter().enumerate().skip(1) {
            self.layer(layer, diff_id(position), &place)?;
        }
        Ok(())
    }

    fn config(
        &mut self,
        descriptor: &Descriptor,
        manifest: &ImageManifest,
        config: &ImageConfiguration,
        place: &Place,
    ) {
        let layers = manifest.layers().len();
        let diff_ids = config.rootfs().diff_ids().len();
        if layers != diff_ids {
            let message = format!("the manifest has {layers} layers, the config {diff_ids} diff_ids");
            self.findings.add(codes::LAYER_COUNT, place.clone().field("rootfs.diff_ids"), message);
        }
        if config.rootfs().typ() != "layers" {
            let message = format!("the rootfs is of type {}", quoted(config.rootfs().typ()));
            self.findings.add(codes::ROOTFS_TYPE, place.clone().field("rootfs.type"), message);
        }
        let history = config.history().as_deref().unwrap_or_default();
        let filled = history.iter().filter(|entry| entry.empty_layer() != Some(true)).count();
        if !history.is_empty() && filled != layers {
            let message = format!("the history tells of {filled} layers, the manifest has {layers}");
            self.findings.add(codes::HISTORY_COUNT, place.clone().field("history"), message);
        }
        let own = platform::of_config(config);
        if let Some(declared) = descriptor.platform().as_ref().map(platform::of_index)
            && platform::normal(&declared) != platform::normal(&own)
        {
            let message = format!("the index says {}, the config {}", quoted(declared), quoted(own));
            self.findings.add(codes::PLATFORM_MISMATCH, place.clone().field("architecture"), message);
        }
    }

    fn layer(&mut self, descriptor: &Descriptor, diff_id: Option<&str>, image: &Place) -> Result<(), oci::Error> {
        self.referenced.insert(descriptor.digest().to_string());
        let place = Place { blob: Some(descriptor.digest().to_string()), ..image.clone() };
        match self.layout.layer_path(descriptor) {
            // Nobody expects a foreign layer to be here.
            Ok(None) => return Ok(()),
            Ok(Some(_)) => {}
            Err(error) => return self.unreadable(place, &error),
        }
        let is_new = match self.layers.read(descriptor) {
            Ok(is_new) => is_new,
            Err(error) => return self.unreadable(place, &error),
        };
        let Some(layer) = self.layers.get(descriptor) else { return Ok(()) };
        if is_new {
            stream::check(layer, descriptor, &place, self.findings);
        }
        stream::check_descriptor(layer, descriptor, diff_id, &place, self.findings);
        Ok(())
    }

    /// An artifact's blobs are anything; that they are true is all that can be said.
    fn artifact(&mut self, descriptor: &Descriptor, manifest: &ImageManifest) -> Result<(), oci::Error> {
        let place = Place::of_blob(descriptor.digest());
        self.schema(manifest.schema_version(), &place);
        self.media_type(manifest.media_type().as_ref(), descriptor, &place);
        for blob in [manifest.config()].into_iter().chain(manifest.layers()) {
            if self.referenced.insert(blob.digest().to_string())
                && let Err(error) = self.hash(blob)
            {
                self.unreadable(Place::of_blob(blob.digest()), &error)?;
            }
        }
        Ok(())
    }

    fn hash(&mut self, descriptor: &Descriptor) -> Result<(), oci::Error> {
        let mut writer = DigestWriter::default();
        let path = self.layout.blob_path(descriptor.digest())?;
        let file = self.layout.open_blob(descriptor)?;
        self.layers.admit(descriptor)?;
        io::copy(&mut file.take(descriptor.size()), &mut writer).map_err(|source| oci::Error::Read { path, source })?;
        let actual = writer.finish();
        if actual == *descriptor.digest() {
            Ok(())
        } else {
            Err(oci::Error::Content { expected: descriptor.digest().clone(), actual })
        }
    }

    fn schema(&mut self, version: u32, place: &Place) {
        if version != 2 {
            let message = format!("schemaVersion is {version}");
            self.findings.add(codes::SCHEMA_VERSION, place.clone().field("schemaVersion"), message);
        }
    }

    fn media_type(&mut self, own: Option<&MediaType>, descriptor: &Descriptor, place: &Place) {
        if let Some(own) = own
            && own != descriptor.media_type()
        {
            let message = format!(
                "the manifest says that it is {}, its descriptor says {}",
                quoted(own.as_ref()),
                quoted(descriptor.media_type().as_ref())
            );
            self.findings.add(codes::MANIFEST_MEDIA_TYPE, place.clone().field("mediaType"), message);
        }
    }

    fn unreadable(&mut self, place: Place, error: &oci::Error) -> Result<(), oci::Error> {
        if let oci::Error::Read { path, source } = error
            && !is_about_layout(source)
        {
            let source = io::Error::new(source.kind(), source.to_string());
            return Err(oci::Error::Read { path: path.clone(), source });
        }
        self.findings.add(code_of(error), place, with_cause(error));
        Ok(())
    }

    fn unreferenced(&mut self) -> Result<(), oci::Error> {
        let path = self.layout.path().join("blobs/sha256");
        let files = match std::fs::read_dir(&path) {
            Ok(files) => files,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(source) => return Err(oci::Error::Read { path, source }),
        };
        let names = files.take(FILES_LIMIT).filter_map(Result::ok).map(|file| file.file_name());
        let mut unreferenced: Vec<_> = names
            .map(|name| format!("sha256:{}", name.to_string_lossy()))
            .filter(|digest| !self.referenced.contains(digest))
            .collect();
        unreferenced.sort_unstable();
        for digest in unreferenced {
            let message = format!("nothing refers to {}", quoted(&digest));
            self.findings.add(codes::BLOB_UNREFERENCED, Place::default().field("blobs"), message);
        }
        Ok(())
    }
}

/// Whether a read error says that the layout is wrong, rather than that the disk fails or permission is denied.
fn is_about_layout(error: &io::Error) -> bool {
    // `Other` is what `Layout::open_blob` says of a folder or a FIFO in a blob's place.
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::Other)
}

/// The error with its cause, which is all that a reader of a finding gets to see.
fn with_cause(error: &oci::Error) -> String {
    let cause = match error {
        oci::Error::Read { source, .. } => source.to_string(),
        oci::Error::Document { source, .. } => source.to_string(),
        _ => return error.to_string(),
    };
    format!("{error}: {}", super::findings::printable(cause.as_bytes()))
}
