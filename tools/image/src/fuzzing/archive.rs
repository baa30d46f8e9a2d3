//! Layers: any bytes as tar, plain and compressed.

use std::fs::File;
use std::io::Read as _;
use std::num::NonZero;

use crate::fuzzing::layout::judge;
use crate::fuzzing::scratch::LayoutFolder;
use crate::layer_reader::{self as reader, Limits};
use image_build::compress::{Format, Settings};
use image_build::compression::Compression;
use image_build::layer;
use oci::digest;
use registry::fuzzing::choice;

const BLOCK: usize = 512;

/// What fits into one run of a fuzzer.
const LIMITS: Limits = Limits { bytes: 8 << 20, entries: 1000 };

/// The first byte chooses whether checksums are mended, which otherwise stop every change of a header, and how the
/// layer is compressed.
pub fn archive(bytes: &[u8]) {
    let (choice, tar) = choice(bytes);
    let mut tar = tar.to_vec();
    if choice & 1 == 1 {
        mend_checksums(&mut tar);
    }
    let layer = match choice >> 1 & 3 {
        1 => compressed(&tar, Format::Gzip),
        2 => compressed(&tar, Format::Zstd),
        _ => tar,
    };
    let mut folder = LayoutFolder::new();
    let members = folder.blob(&layer);
    let path = folder.path().join("blobs/sha256").join(digest::of_bytes(&layer).digest());
    let file = File::open(&path).expect("a scratch file can be opened");
    let facts = reader::read_layer(file, LIMITS, &mut |entry, content| {
        assert!(entry.absolute_path().is_none_or(|path| path.starts_with(b"/") && !path.contains(&0)));
        // Some is left unread, as readers do.
        content.take(100).read_to_end(&mut Vec::new()).map(drop)
    })
    .expect("a scratch file can be read");
    assert_eq!(facts.digest, digest::of_bytes(&layer));
    assert_eq!(facts.size, layer.len() as u64);
    assert!(facts.entries <= LIMITS.entries && facts.uncompressed_size <= LIMITS.bytes + 1);
    measure(&path, &facts);
    wrap(&mut folder, &members, &facts);
    judge(&folder);
}

/// Both readers of layers say the same of what is sound.
fn measure(path: &std::path::Path, facts: &reader::LayerFacts) {
    let measured = layer::measure(path);
    if !facts.problems.is_empty() {
        return;
    }
    let measured = measured.unwrap_or_else(|error| panic!("{error} {:?}", std::error::Error::source(&error)));
    assert_eq!(measured.digest, facts.digest);
    assert_eq!(Some(measured.diff_id), facts.diff_id);
    assert_eq!(measured.size, facts.size);
    assert_eq!(measured.compression, facts.compression);
}

/// An image around the layer that is right in everything else.
fn wrap(folder: &mut LayoutFolder, layer: &str, facts: &reader::LayerFacts) {
    let suffix = match facts.compression {
        Compression::None => "",
        Compression::Gzip => "+gzip",
        Compression::Zstd => "+zstd",
    };
    let diff_id = facts.diff_id.as_ref().unwrap_or(&facts.digest);
    let config = format!(
        r#"{{"architecture":"amd64","os":"linux","config":{{"User":"65532","Entrypoint":["/api"]}},"rootfs":{{"type":"layers","diff_ids":["{diff_id}"]}}}}"#
    );
    let config = folder.blob(config.as_bytes());
    let manifest = format!(
        r#"{{"schemaVersion":2,"config":{{"mediaType":"application/vnd.oci.image.config.v1+json",{config}}},"layers":[{{"mediaType":"application/vnd.oci.image.layer.v1.tar{suffix}",{layer}}}]}}"#
    );
    let manifest = folder.blob(manifest.as_bytes());
    let index = format!(
        r#"{{"schemaVersion":2,"manifests":[{{"mediaType":"application/vnd.oci.image.manifest.v1+json",{manifest}}}]}}"#
    );
    folder.finish(index.as_bytes());
}

fn compressed(bytes: &[u8], format: Format) -> Vec<u8> {
    let mut output = Vec::new();
    let settings = Settings { format, level: 1, threads: NonZero::<usize>::MIN };
    image_build::compress::compress(bytes, &mut output, &settings).expect("memory can be written");
    output
}

/// Makes the checksum true in every block that claims to be a header.
fn mend_checksums(tar: &mut [u8]) {
    for block in tar.chunks_exact_mut(BLOCK) {
        if !block[257..].starts_with(b"ustar") {
            continue;
        }
        block[148..156].fill(b' ');
        let sum: u32 = block.iter().copied().map(u32::from).sum();
        block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    }
}
