//! Reading layer blobs (image-spec, layer.md) as streams: blob digest, `diff_id` and tar entries in one pass.
//!
//! Layers come from strangers, so everything has a bound: decompressed bytes, entries, the metadata of one entry and
//! the window of a zstd frame. Nothing is written and nothing grows with what a header merely claims. Writing
//! layers, and which media type a new one gets, is not done here.

mod budget;
mod entry;
mod fault;
mod header;
mod pax;
mod reader;
mod stream;

use std::fmt;
use std::fs::File;
use std::io::Read;

use image_build::compression::Compression;
use oci_spec::image::Digest;

pub use self::budget::Budget;
pub use self::entry::{Entry, EntryKind, absolute};
use self::stream::LayerStream;

/// What reading one layer may cost.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Decompressed bytes.
    pub bytes: u64,
    /// Tar entries.
    pub entries: u64,
}

impl Default for Limits {
    /// 8 GiB and a million entries: more than any base image, and read within a minute.
    fn default() -> Self {
        Self { bytes: 8 << 30, entries: 1_000_000 }
    }
}

/// What a layer turned out to be.
#[derive(Clone, Debug)]
pub struct LayerFacts {
    /// By content, whatever the media type says.
    pub compression: Compression,
    /// Of the blob as stored.
    pub digest: Digest,
    /// Bytes of the blob as stored.
    pub size: u64,
    /// Digest of the decompressed stream; nothing when it could not be read to its end.
    pub diff_id: Option<Digest>,
    /// Bytes of the decompressed stream, as far as it was read.
    pub uncompressed_size: u64,
    /// Tar entries, as far as they could be read. GNU and pax headers belong to their entry and do not count.
    pub entries: u64,
    /// What kept the layer from being read whole, in the order it was met.
    pub problems: Vec<Problem>,
}

/// Why a layer is not what a layer should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// The compressed stream is broken or ends early; with the decoder's words.
    Compression(String),
    /// The decompressed stream is no tar archive from its first block on; with the reader's words.
    NotTar(String),
    /// The tar archive breaks off or is malformed after some entries; with the reader's words.
    BrokenTar(String),
    /// Daemons unpack the tar archive, and other readers would make something else of it; in words.
    Ambiguous(String),
    /// A sparse entry: a few bytes that can stand for any length (layer.md: sparse files should not be used).
    Sparse(String),
    /// Something other than zeros after the end-of-archive mark: extractors disagree on whether it exists.
    TrailingData,
    /// More decompressed bytes than [`Limits::bytes`].
    TooManyBytes(u64),
    /// More entries than [`Limits::entries`].
    TooManyEntries(u64),
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Compression(cause) => write!(formatter, "the compressed stream is broken or ends early: {cause}"),
            Self::NotTar(cause) => write!(formatter, "the content is no tar archive: {cause}"),
            Self::BrokenTar(cause) => write!(formatter, "the tar archive is broken: {cause}"),
            Self::Ambiguous(what) => write!(formatter, "tar readers disagree: {what}"),
            Self::Sparse(path) => write!(formatter, "the entry `{path}` is a sparse file"),
            Self::TrailingData => formatter.write_str("something other than zeros follows the end of the archive"),
            Self::TooManyBytes(limit) => write!(formatter, "it has more than {limit} bytes when decompressed"),
            Self::TooManyEntries(limit) => write!(formatter, "it has more than {limit} entries"),
        }
    }
}

/// Reads the layer in `file` to its end. `visit` sees every entry with a reader of its content, which it need not
/// use up; what it does not read is skipped.
///
/// # Errors
/// When the file itself cannot be read. Whatever is wrong with its content is in [`LayerFacts::problems`].
pub fn read_layer(
    file: File,
    limits: Limits,
    visit: &mut dyn FnMut(&Entry, &mut dyn Read) -> std::io::Result<()>,
) -> std::io::Result<LayerFacts> {
    let (mut stream, raw) = LayerStream::open(file, limits.bytes)?;
    let compression = stream.compression();
    let (entries, outcome) = reader::read_entries(&mut stream, limits.entries, visit);
    let mut problems: Vec<_> = outcome.into_iter().collect();
    let tail_is_zero = stream.drain();
    if let Some(problem) = stream.failure() {
        // A broken stream makes a broken tar; the cause alone is worth telling.
        problems = vec![problem];
    } else if stream.is_empty() {
        problems = vec![Problem::NotTar("it has no bytes, an empty archive has blocks of zeros".to_owned())];
    } else if problems.is_empty() && !tail_is_zero {
        problems.push(Problem::TrailingData);
    }
    let (diff_id, uncompressed_size) = stream.finish();
    let (digest, size) = raw.finish()?;
    let whole = !problems.iter().any(|problem| matches!(problem, Problem::Compression(_) | Problem::TooManyBytes(_)));
    Ok(LayerFacts {
        compression,
        digest,
        size,
        diff_id: whole.then_some(diff_id),
        uncompressed_size,
        entries,
        problems,
    })
}

#[cfg(test)]
mod tests {
    use std::io::{Seek as _, Write as _};

    use super::*;

    fn file(bytes: &[u8]) -> File {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(bytes).unwrap();
        file.rewind().unwrap();
        file
    }

    fn archive(paths: &[&str]) -> Vec<u8> {
        let mut builder = tar::Builder::new(Vec::new());
        for path in paths {
            let mut header = tar::Header::new_gnu();
            header.set_size(3);
            header.set_mode(0o644);
            builder.append_data(&mut header, path, &b"abc"[..]).unwrap();
        }
        builder.into_inner().unwrap()
    }

    fn read(bytes: &[u8], limits: Limits) -> (LayerFacts, Vec<Vec<u8>>) {
        let mut paths = Vec::new();
        let facts = read_layer(file(bytes), limits, &mut |entry, _| {
            paths.push(entry.absolute_path().unwrap());
            Ok(())
        });
        (facts.unwrap(), paths)
    }

    #[test]
    fn digest_and_diff_id_are_of_all_bytes_whatever_the_compression() {
        let tar = archive(&["a", "/long".repeat(60).trim_start_matches('/')]);
        let zstd = zstd::encode_all(tar.as_slice(), 1).unwrap();
        for (blob, compression) in [(&tar, Compression::None), (&zstd, Compression::Zstd)] {
            let (facts, paths) = read(blob, Limits::default());
            assert_eq!(facts.compression, compression);
            assert_eq!(facts.digest, oci::digest::of_bytes(blob));
            assert_eq!(facts.size, blob.len() as u64);
            assert_eq!(facts.diff_id, Some(oci::digest::of_bytes(&tar)));
            assert_eq!(facts.uncompressed_size, tar.len() as u64);
            assert_eq!(facts.entries, 2);
            assert_eq!(facts.problems, []);
            assert_eq!(paths[1], "/long".repeat(60).as_bytes());
        }
    }

    #[test]
    fn nothing_is_no_archive_and_zeros_are() {
        let problems = |bytes: &[u8]| read(bytes, Limits::default()).0.problems;
        for nothing in [Vec::new(), zstd::encode_all(&b""[..], 1).unwrap()] {
            assert!(matches!(problems(&nothing).as_slice(), [Problem::NotTar(_)]));
        }
        assert_eq!(problems(&[0; 512]), []);
    }

    #[test]
    fn names_that_no_container_can_have_are_refused() {
        let name = |length: usize| "a/".repeat(length / 2 - 1) + "aa";
        assert_eq!(read(&archive(&[&name(4096)]), Limits::default()).0.problems, []);
        let facts = read(&archive(&["b", &name(4098)]), Limits::default()).0;
        assert_eq!(facts.problems, [Problem::BrokenTar("an entry has a name of more than 4096 bytes".to_owned())]);
        assert_eq!(facts.entries, 1);
    }

    #[test]
    fn entries_are_bounded() {
        let tar = archive(&["a", "b", "c"]);
        let (facts, paths) = read(&tar, Limits { entries: 2, ..Limits::default() });
        assert_eq!(facts.problems, [Problem::TooManyEntries(2)]);
        assert_eq!(paths.len(), 2);
        assert_eq!(facts.diff_id, Some(oci::digest::of_bytes(&tar)));
        assert_eq!(read(&tar, Limits { entries: 3, ..Limits::default() }).0.problems, []);
    }

    #[test]
    fn bytes_are_bounded() {
        let tar = archive(&["a"]);
        let length = tar.len() as u64;
        assert_eq!(read(&tar, Limits { bytes: length, ..Limits::default() }).0.problems, []);
        let (facts, _) = read(&tar, Limits { bytes: length - 1, ..Limits::default() });
        assert_eq!(facts.problems, [Problem::TooManyBytes(length - 1)]);
        assert_eq!(facts.diff_id, None);
        assert_eq!(facts.digest, oci::digest::of_bytes(&tar));
    }
}
