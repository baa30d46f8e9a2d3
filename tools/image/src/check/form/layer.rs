//! The form of a service's layer: one ustar header as `pkg_tar` writes it, the file, zeros to a whole record; all of it
//! compressed by `compress`.
//!
//! Header and archive are written again from what was read of them, and compressed again: the same bytes have to come out.

use std::fs::File;
use std::io::{self, BufReader, Read, Write};
use std::num::NonZero;
use std::path::Path;
use std::thread::available_parallelism;

use super::super::findings::{Findings, Place};
use super::super::layers::BINARY_LIMIT;
use crate::check::findings::codes;
use crate::layer_reader::{Entry, LayerFacts};
use image_build::compress::{Format, Settings, compress};
use image_build::compression::{Compression, Decoder};
use image_build::layer::BLOCK;
use image_build::whole_blocks::read_block;

/// What `pkg_tar` fills archives up to, in bytes: twenty blocks.
const RECORD: u64 = 20 * BLOCK as u64;

/// The fields of a header, each up to the next one's place (POSIX.1-2017, pax, "ustar Interchange Format").
const FIELDS: [(usize, &str); 16] = [
    (0, "name"),
    (100, "mode"),
    (108, "uid"),
    (116, "gid"),
    (124, "size"),
    (136, "mtime"),
    (148, "checksum"),
    (156, "typeflag"),
    (157, "linkname"),
    (257, "magic"),
    (265, "uname"),
    (297, "gname"),
    (329, "devmajor"),
    (337, "devminor"),
    (345, "prefix"),
    (500, "padding"),
];

/// Checks the bytes of the layer in `path`, whose one entry is the service's file `name`.
///
/// # Errors
/// When the file cannot be read.
pub fn check(
    path: &Path,
    facts: &LayerFacts,
    entry: &Entry,
    name: &str,
    place: &Place,
    findings: &mut Findings,
) -> io::Result<()> {
    let mut add = |message: String| findings.add(codes::LAYER_FORM, place.clone(), message);
    if facts.compression != Compression::Gzip {
        add(format!("it is {}, the build writes gzip", facts.compression));
        return Ok(());
    }
    // What is larger is a finding already.
    if facts.uncompressed_size > BINARY_LIMIT + 2 * RECORD {
        return Ok(());
    }
    let mut tar = Vec::with_capacity(usize::try_from(facts.uncompressed_size).unwrap_or_default() + 1);
    Decoder::new(BufReader::new(File::open(path)?), Compression::Gzip)?.read_to_end(&mut tar)?;
    let expected = header(name, entry);
    let written = &tar[..tar.len().min(BLOCK)];
    if let Some(place) = written.iter().zip(&expected).position(|(actual, expected)| actual != expected) {
        add(format!("the field `{}` of its first header is not what the build writes", field(place)));
    }
    let end = BLOCK as u64 + entry.size;
    let length = (end.next_multiple_of(BLOCK as u64) + 2 * BLOCK as u64).next_multiple_of(RECORD);
    let rest = usize::try_from(end).ok().and_then(|end| tar.get(end..)).unwrap_or_default();
    if tar.len() as u64 != length || rest.iter().any(|byte| *byte != 0) {
        add("its archive does not end as the build ends one".to_owned());
    }
    if !is_ours(&tar, path)? {
        add("its gzip stream is not the one that the build's compressor writes".to_owned());
    }
    Ok(())
}

fn field(place: usize) -> &'static str {
    FIELDS.iter().rev().find(|(start, _)| *start <= place).map_or("name", |(_, name)| name)
}

/// The header that Python's `tarfile` writes for `pkg_tar`: GNU's magic, and empty what is not said here.
fn header(name: &str, entry: &Entry) -> [u8; BLOCK] {
    let mut header = [0; BLOCK];
    let mut put = |place: usize, text: &[u8]| {
        let end = BLOCK.min(place + text.len());
        header[place..end].copy_from_slice(&text[..end - place]);
    };
    put(0, &name.as_bytes()[..name.len().min(100)]);
    put(100, format!("{:07o}\0", entry.mode).as_bytes());
    put(108, format!("{:07o}\0", entry.uid).as_bytes());
    put(116, format!("{:07o}\0", entry.gid).as_bytes());
    put(124, format!("{:011o}\0", entry.size).as_bytes());
    put(136, format!("{:011o}\0", entry.mtime.unwrap_or_default()).as_bytes());
    put(148, b"        0");
    put(257, b"ustar  \0");
    put(265, &entry.user_name[..entry.user_name.len().min(32)]);
    put(297, &entry.group_name[..entry.group_name.len().min(32)]);
    let sum: u32 = header.iter().copied().map(u32::from).sum();
    header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    header
}

/// Whether compressing `tar` makes the file in `path`.
fn is_ours(tar: &[u8], path: &Path) -> io::Result<bool> {
    let mut same = Same { file: BufReader::new(File::open(path)?), failure: None };
    let threads = available_parallelism().unwrap_or(NonZero::<usize>::MIN);
    let settings = Settings { format: Format::Gzip, level: Format::Gzip.default_level(), threads };
    match (compress(tar, &mut same, &settings), same.failure) {
        (_, Some(error)) => Err(error),
        (Ok(()), None) => Ok(same.file.read(&mut [0])? == 0),
        (Err(image_build::Error::Output(_)), None) => Ok(false),
        (Err(error), None) => Err(io::Error::other(error)),
    }
}

/// Takes what a file holds, and nothing else.
struct Same {
    file: BufReader<File>,
    failure: Option<io::Error>,
}

impl Write for Same {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match read_block(&mut self.file, bytes.len()) {
            Ok(block) if block == bytes => Ok(bytes.len()),
            Ok(_) => Err(io::Error::other("the file is another")),
            Err(error) => {
                self.failure = Some(error);
                Err(io::Error::other("the file cannot be read"))
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
