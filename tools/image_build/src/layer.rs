//! What an image says about a layer file: digest, `diff_id`, size and compression.
//!
//! Only the first block of the archive is looked at, so that something that is no tar cannot become a layer.

use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Read, Write as _};
use std::path::Path;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread;

use oci_spec::image::Digest;

use crate::Error;
use crate::compression::{Compression, Decoder};
use crate::whole_blocks::read_block;
use oci::digest::{self, DigestWriter};
use oci::parallel;

/// The unit of tar archives, in bytes.
pub const BLOCK: usize = 512;

/// What is read, decompressed and hashed at a time, in bytes: so much that handing it to another thread costs nothing, and so
/// little that no thread waits for its first.
const CHUNK: usize = 256 * 1024;

/// How many chunks may wait for the thread that hashes them.
const WAITING: usize = 4;

/// What an image says about one layer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layer {
    /// Of the file as it is.
    pub digest: Digest,
    /// Of what it decompresses to (image-spec, config.md, "Layer `DiffID`").
    pub diff_id: Digest,
    /// Of the file as it is, in bytes.
    pub size: u64,
    /// How it is compressed.
    pub compression: Compression,
}

/// Measures all of these files, as many at a time as there are cores; the results are in their order.
#[must_use]
pub fn measure_all(paths: &[&Path]) -> Vec<Result<Layer, Error>> {
    parallel::map(paths, |path| measure(path))
}

/// Measures one file.
///
/// # Errors
/// When it cannot be read, is not one whole file of its compression, or holds no tar archive.
///
/// # Panics
/// Never: hashing does not.
pub fn measure(path: &Path) -> Result<Layer, Error> {
    let unreadable = |source| Error::ReadLayer { path: path.to_owned(), source };
    let open = || File::open(path).map(|file| BufReader::with_capacity(CHUNK, file));
    let mut file = open().map_err(unreadable)?;
    let compression = Compression::of_content(file.fill_buf().map_err(unreadable)?);
    let (stored, content) = thread::scope(|scope| {
        let is_compressed = compression != Compression::None;
        // Read a second time, from the page cache: the decoder and this hash do not wait for each other.
        let stored = is_compressed.then(|| scope.spawn(|| digest::of_reader(&mut open()?)));
        let content = Decoder::new(file, compression).and_then(hash_content);
        (stored.map(|hashing| hashing.join().expect("hashing does not panic")), content)
    });
    // What is wrong with the file is also wrong with its content, and goes first.
    let stored = stored.transpose().map_err(unreadable)?;
    let content = content.map_err(|source| match compression {
        Compression::None => unreadable(source),
        _ => Error::Corrupt { path: path.to_owned(), compression, source },
    })?;
    if content.size == 0 {
        return Err(Error::EmptyLayer { path: path.to_owned() });
    }
    if !content.is_tar {
        return Err(Error::NotATar { path: path.to_owned() });
    }
    let (digest, size) = stored.unwrap_or((content.digest.clone(), content.size));
    Ok(Layer { digest, diff_id: content.digest, size, compression })
}

/// What a layer holds when it is decompressed.
struct TarContent {
    digest: Digest,
    size: u64,
    is_tar: bool,
}

/// Reads `content` to its end and hashes it on another thread meanwhile.
fn hash_content(content: impl Read) -> io::Result<TarContent> {
    let (sender, receiver) = sync_channel::<Vec<u8>>(WAITING);
    thread::scope(|scope| {
        let hashing = scope.spawn(move || {
            let mut digest = DigestWriter::default();
            receiver.into_iter().try_for_each(|chunk| digest.write_all(&chunk)).map(|()| digest)
        });
        let is_tar = send(content, &sender);
        // The other thread hashes until there is no sender any more, also where reading failed.
        drop(sender);
        let is_tar = is_tar?;
        let digest = hashing.join().expect("hashing does not panic")?;
        Ok(TarContent { size: digest.size(), digest: digest.finish(), is_tar })
    })
}

/// Sends the content in chunks; whether the first starts as a tar archive.
fn send(mut content: impl Read, chunks: &SyncSender<Vec<u8>>) -> io::Result<bool> {
    let mut is_tar = None;
    loop {
        let chunk = read_block(&mut content, CHUNK)?;
        let is_tar = *is_tar.get_or_insert_with(|| starts_as_tar(&chunk));
        if chunk.is_empty() || chunks.send(chunk).is_err() {
            return Ok(is_tar);
        }
    }
}

/// Whether a stream that starts with these bytes is a tar archive: they are a header with a true checksum, or the zeros that
/// end an empty archive (POSIX.1-2017, pax, "ustar Interchange Format").
fn starts_as_tar(start: &[u8]) -> bool {
    start.first_chunk().is_some_and(|block: &[u8; BLOCK]| *block == [0; BLOCK] || has_true_checksum(block))
}

/// Whether the checksum of a tar header is that of its block: the sum of all bytes, those of the checksum counted as spaces.
/// Some old writers added signed bytes.
#[must_use]
pub fn has_true_checksum(block: &[u8; BLOCK]) -> bool {
    const FIELD: std::ops::Range<usize> = 148..156;
    let start = FIELD.start + block[FIELD].iter().take_while(|byte| **byte == b' ').count();
    let end = start + block[start..FIELD.end].iter().take_while(|byte| byte.is_ascii_digit()).count();
    let stored = str::from_utf8(&block[start..end]).ok().and_then(|digits| i64::from_str_radix(digits, 8).ok());
    let bytes = block.iter().enumerate().map(|(place, byte)| if FIELD.contains(&place) { b' ' } else { *byte });
    let unsigned: i64 = bytes.clone().map(i64::from).sum();
    let signed: i64 = bytes.map(|byte| i64::from(byte.cast_signed())).sum();
    block[end..FIELD.end].iter().all(|byte| matches!(byte, 0 | b' '))
        && stored.is_some_and(|sum| sum == unsigned || sum == signed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_archive_is_known_by_its_first_block() {
        let mut header = tar::Header::new_ustar();
        header.set_path("h\u{e9}llo").unwrap();
        header.set_size(3);
        header.set_cksum();
        let header = header.as_bytes().to_vec();
        let signed: i64 = header
            .iter()
            .enumerate()
            .map(|(place, byte)| if (148..156).contains(&place) { 32 } else { i64::from(byte.cast_signed()) })
            .sum();
        let with = |place: usize, bytes: &[u8]| {
            let mut changed = header.clone();
            changed[place..place + bytes.len()].copy_from_slice(bytes);
            changed
        };
        let signed = with(148, format!("{signed:06o}\0 ").as_bytes());
        for archive in [&header, &signed, &[&header[..], b"abc"].concat(), &vec![0; 512], &vec![0; 10240]] {
            assert!(starts_as_tar(archive));
        }
        let damaged = with(0, b"x");
        // The checksum in base 256, which readers of numbers take and readers of checksums do not.
        let binary = with(148, b"\x80\0\0\0\0\0\x10\0");
        for other in [&damaged[..], &binary, &header[..511], &[0; 511], &[b'a'; 512], &[]] {
            assert!(!starts_as_tar(other), "{}", other.escape_ascii());
        }
    }
}
