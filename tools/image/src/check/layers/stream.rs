//! What holds for every layer: its bytes are what digest and `diff_id` say, and every tar reader sees the same in it.

use oci_spec::image::Descriptor;

use crate::check::findings::codes;
use crate::check::findings::{Findings, Place, printable, quoted};
use crate::check::layers::Layer;
use crate::layer_reader::Problem;
use image_build::compression::Compression;

/// What is wrong with a layer by itself.
pub fn check(layer: &Layer, descriptor: &Descriptor, place: &Place, findings: &mut Findings) {
    if layer.facts.digest != *descriptor.digest() {
        let message = format!("the blob has the content of `{}`", layer.facts.digest);
        findings.add(codes::BLOB_DIGEST, place.clone(), message);
    }
    for problem in &layer.facts.problems {
        let code = match problem {
            Problem::Compression(_) => codes::LAYER_COMPRESSION,
            Problem::NotTar(_) => codes::LAYER_NOT_TAR,
            Problem::BrokenTar(_) => codes::LAYER_BROKEN_TAR,
            Problem::Ambiguous(_) => codes::LAYER_AMBIGUOUS,
            Problem::Sparse(_) => codes::LAYER_SPARSE,
            Problem::TrailingData => codes::LAYER_TRAILING_DATA,
            Problem::TooManyBytes(_) | Problem::TooManyEntries(_) => codes::LAYER_TOO_LARGE,
        };
        findings.add(code, place.clone(), printable(problem.to_string().as_bytes()));
    }
    for path in &layer.bad_paths {
        let message = format!("{} or the link in it leads out of the image, or has a NUL in its name", quoted(path));
        findings.add(codes::LAYER_PATH, place.clone().path(path), message);
    }
    for (flaw, path) in &layer.flaws {
        findings.add(flaw.code, place.clone().path(path), format!("{} {}", quoted(path), flaw.what));
    }
}

/// What is wrong with a layer that has no other below it.
pub fn check_lowest(layer: &Layer, place: &Place, findings: &mut Findings) {
    for path in &layer.lower_links {
        let message = format!("{} is a hard link to nothing that is there before it", quoted(path));
        findings.add(codes::LAYER_UNPACK, place.clone().path(path), message);
    }
}

/// What is wrong between a layer and what manifest and config say about it.
pub fn check_descriptor(
    layer: &Layer,
    descriptor: &Descriptor,
    expected: Option<&str>,
    place: &Place,
    findings: &mut Findings,
) {
    let media_type = descriptor.media_type().as_ref();
    match Compression::of_media_type(media_type) {
        Some(compression) if compression == layer.facts.compression => {}
        Some(_) => {
            let message = format!("the media type is {}, the content {}", quoted(media_type), layer.facts.compression);
            findings.add(codes::LAYER_MEDIA_TYPE, place.clone().field("layers.mediaType"), message);
        }
        None => {
            let message = format!("{} is no layer's media type", quoted(media_type));
            findings.add(codes::LAYER_MEDIA_TYPE, place.clone().field("layers.mediaType"), message);
        }
    }
    // Without either there is a finding already: the layer cannot be read, or the counts differ.
    let (Some(expected), Some(actual)) = (expected, &layer.facts.diff_id) else { return };
    if expected != actual.as_ref() {
        let message = format!("the config says {}, the content has `{actual}`", quoted(expected));
        findings.add(codes::DIFF_ID, place.clone().field("rootfs.diff_ids"), message);
    }
}
