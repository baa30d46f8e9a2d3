//! A layer's bytes on their way from the file through the decoder to the tar reader: hashed on both sides, counted,
//! bounded. Knows nothing about tar.

use std::cell::RefCell;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::rc::Rc;

use oci_spec::image::Digest;

use image_build::compression::{Compression, Decoder};

use super::Problem;
use oci::digest::DigestWriter;

/// What is read at once when the rest is skipped.
const CHUNK: usize = 64 * 1024;

/// The decompressed side.
pub struct LayerStream {
    decoder: Decoder<BufReader<Raw>>,
    compression: Compression,
    hash: DigestWriter,
    limit: u64,
    failure: Option<Problem>,
}

impl LayerStream {
    /// Looks at the first bytes of `file` to choose the decoder. At most `limit` bytes come out of it. The second
    /// value is the compressed side, which outlives the decoder.
    pub fn open(file: File, limit: u64) -> io::Result<(Self, Raw)> {
        let raw = Raw::new(file);
        let mut reader = BufReader::with_capacity(CHUNK, raw.clone());
        let compression = Compression::of_content(reader.fill_buf()?);
        let decoder = Decoder::new(reader, compression)?;
        Ok((Self { decoder, compression, hash: DigestWriter::default(), limit, failure: None }, raw))
    }

    /// Chosen by content.
    pub fn compression(&self) -> Compression {
        self.compression
    }

    /// Whether nothing came.
    pub fn is_empty(&self) -> bool {
        self.hash.size() == 0
    }

    /// What made reading fail, if it did.
    pub fn failure(&self) -> Option<Problem> {
        self.failure.clone()
    }

    /// Reads to the end or to the first failure; whether all that came was zeros.
    pub fn drain(&mut self) -> bool {
        let mut buffer = vec![0; CHUNK];
        let mut is_zero = true;
        loop {
            match self.read(&mut buffer) {
                Ok(0) => return is_zero,
                Ok(count) => is_zero = is_zero && buffer[..count].iter().all(|byte| *byte == 0),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => return is_zero,
            }
        }
    }

    /// Digest and length of what was read: the `diff_id` if that was everything.
    pub fn finish(self) -> (Digest, u64) {
        let size = self.hash.size();
        (self.hash.finish(), size)
    }

    fn fail(&mut self, problem: Problem, error: io::Error) -> io::Error {
        self.failure.get_or_insert(problem);
        error
    }
}

impl Read for LayerStream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.failure.is_some() {
            return Err(io::Error::other("the stream has failed before"));
        }
        // One byte over the limit is asked for, to tell a stream that ends there from one that goes on.
        let allowed = usize::try_from(self.limit - self.hash.size() + 1).unwrap_or(usize::MAX);
        let end = buffer.len().min(allowed);
        let buffer = &mut buffer[..end];
        match self.decoder.read(buffer) {
            Ok(count) if self.hash.size() + count as u64 > self.limit => {
                Err(self.fail(Problem::TooManyBytes(self.limit), io::Error::other("too many bytes")))
            }
            Ok(count) => {
                io::Write::write_all(&mut self.hash, &buffer[..count])?;
                Ok(count)
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Err(error),
            Err(error) => Err(self.fail(Problem::Compression(error.to_string()), error)),
        }
    }
}

/// The compressed side: the file, hashed and counted. Clones share it, so that it can be finished after the decoder
/// has given up in the middle.
#[derive(Clone)]
pub struct Raw(Rc<RefCell<RawFile>>);

struct RawFile {
    file: File,
    hash: DigestWriter,
    failure: Option<io::Error>,
}

impl Raw {
    fn new(file: File) -> Self {
        Self(Rc::new(RefCell::new(RawFile { file, hash: DigestWriter::default(), failure: None })))
    }

    /// Reads what is left and tells digest and length of the whole file.
    pub fn finish(mut self) -> io::Result<(Digest, u64)> {
        io::copy(&mut self, &mut io::sink())?;
        let mut inner = self.0.borrow_mut();
        if let Some(error) = inner.failure.take() {
            return Err(error);
        }
        let hash = std::mem::take(&mut inner.hash);
        let size = hash.size();
        Ok((hash.finish(), size))
    }
}

impl Read for Raw {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let RawFile { file, hash, failure } = &mut *self.0.borrow_mut();
        match file.read(buffer) {
            Ok(count) => {
                io::Write::write_all(hash, &buffer[..count])?;
                Ok(count)
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Err(error),
            Err(error) => {
                // Kept apart from what the decoder makes of it: a disk that fails says nothing about the layer.
                let copy = io::Error::new(error.kind(), error.to_string());
                failure.get_or_insert(error);
                Err(copy)
            }
        }
    }
}
