//! What an image says about a layer file: digest, `diff_id`, size and compression, found in one read of the file.
//!
//! Reading, decompressing and both hashes overlap on threads. What is inside the archive is `archive`'s business; here only its first block is looked at, so that something
//! that is no tar cannot become a layer.

mod chunks;
mod tar_check;

use std::fs::File;
use std::io::{self, Read, Seek as _, Write as _};
use std::path::Path;
use std::thread;

use oci_spec::image::Digest;

use crate::Error;
use crate::archive::{Compression, Decoder};
use crate::layer::chunks::{CHUNK, ChunkReader, Sender, chunk_channel};
use crate::layer::tar_check::TarCheck;
use crate::whole_blocks::read_block;
use oci::digest::DigestWriter;
use oci::parallel;

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
pub fn measure(path: &Path) -> Result<Layer, Error> {
    let failed = |source| Error::ReadLayer { path: path.to_owned(), source };
    let mut file = File::open(path).map_err(failed)?;
    let mut start = Vec::with_capacity(4);
    (&file).take(4).read_to_end(&mut start).map_err(failed)?;
    file.rewind().map_err(failed)?;
    let compression = Compression::of_content(&start);
    match compression {
        Compression::None => measure_plain(path, file),
        Compression::Gzip | Compression::Zstd => measure_compressed(path, file, compression),
    }
}

fn measure_plain(path: &Path, mut file: File) -> Result<Layer, Error> {
    let mut content = Content::default();
    loop {
        let chunk =
            read_block(&mut file, CHUNK).map_err(|source| Error::ReadLayer { path: path.to_owned(), source })?;
        if chunk.is_empty() {
            break;
        }
        content.write(&chunk);
    }
    let (digest, size) = content.finish(path)?;
    Ok(Layer { diff_id: digest.clone(), digest, size, compression: Compression::None })
}

/// Three threads in a row: one reads and hashes the file, this one decompresses, one hashes what comes out.
fn measure_compressed(path: &Path, file: File, compression: Compression) -> Result<Layer, Error> {
    let (file_sender, file_receiver) = chunk_channel();
    let (content_sender, content_receiver) = chunk_channel();
    thread::scope(|scope| {
        let reading = scope.spawn(move || read_and_hash(file, &file_sender));
        let hashing = scope.spawn(move || {
            let mut content = Content::default();
            for chunk in content_receiver {
                content.write(&chunk);
            }
            content
        });
        let decoder = Decoder::new(ChunkReader::new(file_receiver), compression);
        let decompressed = decoder.and_then(|decoder| copy(decoder, &content_sender));
        drop(content_sender);
        let read = reading.join().expect("reading does not panic");
        let content = hashing.join().expect("hashing does not panic");
        // A file that cannot be read looks cut short to the decoder, so the reader's error goes first.
        let read = read.map_err(|source| Error::ReadLayer { path: path.to_owned(), source })?;
        decompressed.map_err(|source| Error::Corrupt { path: path.to_owned(), compression, source })?;
        let (diff_id, _) = content.finish(path)?;
        let size = read.size();
        Ok(Layer { digest: read.finish(), diff_id, size, compression })
    })
}

/// Sends the file on until its end, or until the decoder has given up.
fn read_and_hash(mut file: File, sender: &Sender) -> io::Result<DigestWriter> {
    let mut digest = DigestWriter::default();
    loop {
        let chunk = read_block(&mut file, CHUNK)?;
        if chunk.is_empty() {
            return Ok(digest);
        }
        digest.write_all(&chunk)?;
        if sender.send(chunk).is_err() {
            return Ok(digest);
        }
    }
}

fn copy(mut from: impl Read, to: &Sender) -> io::Result<()> {
    loop {
        let chunk = read_block(&mut from, CHUNK)?;
        if chunk.is_empty() || to.send(chunk).is_err() {
            return Ok(());
        }
    }
}

/// Takes the decompressed bytes: hashes them and looks at the first block.
#[derive(Default)]
struct Content {
    digest: DigestWriter,
    tar: TarCheck,
}

impl Content {
    fn write(&mut self, bytes: &[u8]) {
        self.tar.write(bytes);
        self.digest.write_all(bytes).expect("hashing does not fail");
    }

    fn finish(self, path: &Path) -> Result<(Digest, u64), Error> {
        let size = self.digest.size();
        if size == 0 {
            Err(Error::EmptyLayer { path: path.to_owned() })
        } else if self.tar.is_tar() {
            Ok((self.digest.finish(), size))
        } else {
            Err(Error::NotATar { path: path.to_owned() })
        }
    }
}
