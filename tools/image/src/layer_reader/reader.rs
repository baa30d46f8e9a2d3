//! Walking through a layer's tar archive: which blocks are headers, which belong to the entry that follows, and where
//! the archive ends.
//!
//! Reads as Go's `archive/tar` does, because Docker, containerd and podman unpack with it, and stops where that reader
//! stops or where others would go another way: an archive that is read to its end means the same to all of them.

use std::io::{self, Read};

use super::entry::{Entry, Extended};
use super::fault::Fault;
use super::header::Header;
use super::pax::{self, Records};
use super::{LayerStream, Problem};
use image_build::layer::BLOCK;
use image_build::whole_blocks::read_block;

/// What a long name or the pax records of one entry may have, in bytes. Go's reader takes no more.
const METADATA_LIMIT: u64 = 1024 * 1024;

/// How much of a name is kept in a problem, in characters.
const WORDS_LIMIT: usize = 200;

/// What visits entries, with a reader of each one's content.
pub type Visit<'a> = &'a mut dyn FnMut(&Entry, &mut dyn Read) -> io::Result<()>;

/// Visits the entries up to the first that cannot be read; how many there were, and what stopped it.
pub fn read_entries(stream: &mut LayerStream, limit: u64, visit: Visit<'_>) -> (u64, Option<Problem>) {
    let mut walk = Walk { stream, limit, count: 0 };
    match walk.first(visit) {
        Ok(()) => (walk.count, None),
        Err(problem) => (walk.count, Some(problem)),
    }
}

struct Walk<'a> {
    stream: &'a mut LayerStream,
    limit: u64,
    count: u64,
}

impl Walk<'_> {
    /// What is wrong with the very first block says that this is no archive at all.
    fn first(&mut self, visit: Visit<'_>) -> Result<(), Problem> {
        match self.header() {
            Ok(None) => Ok(()),
            Ok(Some(header)) => self.rest(header, visit),
            Err(Fault::NoHeader(words)) => Err(Problem::NotTar(words.to_owned())),
            Err(fault) => Err(problem(fault)),
        }
    }

    fn rest(&mut self, header: Header, visit: Visit<'_>) -> Result<(), Problem> {
        let mut extended = Extended::default();
        let mut next = Some(header);
        while let Some(header) = next {
            match header.type_flag {
                b'x' | b'L' | b'K' => self.extend(&header, &mut extended).map_err(problem)?,
                b'g' => {
                    let entry = self.global(header, &extended).map_err(problem)?;
                    self.visit(&entry, visit)?;
                }
                _ => {
                    let entry = Entry::assemble(header, std::mem::take(&mut extended)).map_err(problem)?;
                    self.visit(&entry, visit)?;
                }
            }
            next = self.header().map_err(problem)?;
        }
        if extended.is_empty() {
            Ok(())
        } else {
            Err(Problem::BrokenTar("the archive ends after an extended header".to_owned()))
        }
    }

    /// The next header; nothing at the end, which is a block of zeros or that of the stream.
    fn header(&mut self) -> Result<Option<Header>, Fault> {
        match self.block()? {
            Some(block) if block == [0; BLOCK] => match self.block()? {
                Some(block) if block != [0; BLOCK] => Err(Fault::TrailingData),
                _ => Ok(None),
            },
            Some(block) => Header::parse(&block).map(Some),
            None => Ok(None),
        }
    }

    fn block(&mut self) -> Result<Option<[u8; BLOCK]>, Fault> {
        let block = read_block(self.stream, BLOCK)?;
        if block.is_empty() {
            return Ok(None);
        }
        <[u8; BLOCK]>::try_from(block).map(Some).map_err(|_| Fault::NoHeader("it ends in the middle of a block"))
    }

    /// Takes a header that says more about the entry that follows.
    fn extend(&mut self, header: &Header, extended: &mut Extended) -> Result<(), Fault> {
        let content = self.metadata(header)?;
        let is_repeated = match header.type_flag {
            b'x' => extended.pax.replace(Records::parse(&content)?).is_some(),
            b'L' => extended.long_name.replace(long_name(content)?).is_some(),
            _ => extended.long_link.replace(long_name(content)?).is_some(),
        };
        if is_repeated { Err(Fault::ambiguous("an entry has two extended headers of one kind")) } else { Ok(()) }
    }

    fn global(&mut self, header: Header, extended: &Extended) -> Result<Entry, Fault> {
        if !extended.is_empty() {
            return Err(Fault::ambiguous("a global pax header stands between an entry and its extended header"));
        }
        pax::check_global(&self.metadata(&header)?)?;
        Ok(Entry::global(header))
    }

    fn metadata(&mut self, header: &Header) -> Result<Vec<u8>, Fault> {
        if header.size > METADATA_LIMIT {
            return Err(Fault::malformed("an entry's names and pax records are too long"));
        }
        let mut content = Vec::new();
        self.stream.by_ref().take(header.size).read_to_end(&mut content)?;
        self.padding(header.size)?;
        if content.len() as u64 == header.size { Ok(content) } else { Err(short(header.size, content.len() as u64)) }
    }

    fn visit(&mut self, entry: &Entry, visit: Visit<'_>) -> Result<(), Problem> {
        if self.count == self.limit {
            return Err(Problem::TooManyEntries(self.limit));
        }
        let mut content = Counted { inner: self.stream.by_ref().take(entry.size), count: 0 };
        let visited = visit(entry, &mut content).and_then(|()| io::copy(&mut content, &mut io::sink()));
        let count = content.count;
        visited.map_err(Fault::from).map_err(problem)?;
        if count != entry.size {
            return Err(problem(short(entry.size, count)));
        }
        self.padding(entry.size).map_err(problem)?;
        self.count += 1;
        Ok(())
    }

    /// What fills the last block of content. Go's reader does without it at the end of the archive, GNU tar does not.
    fn padding(&mut self, size: u64) -> Result<(), Fault> {
        let length = usize::try_from(size.next_multiple_of(BLOCK as u64) - size).unwrap_or(BLOCK);
        let padding = read_block(self.stream, length)?;
        if padding.len() == length { Ok(()) } else { Err(Fault::malformed("it ends in the middle of a block")) }
    }
}

fn short(claimed: u64, actual: u64) -> Fault {
    Fault::Malformed(format!("an entry claims {claimed} bytes, {actual} are there"))
}

/// The name before the first NUL. Readers differ on what follows one, and on whether no name is one.
fn long_name(content: Vec<u8>) -> Result<Vec<u8>, Fault> {
    let end = content.iter().position(|byte| *byte == 0).unwrap_or(content.len());
    if end == 0 || content[end..].iter().any(|byte| *byte != 0) {
        return Err(Fault::ambiguous("a GNU long name is empty or has a NUL in it"));
    }
    let mut name = content;
    name.truncate(end);
    Ok(name)
}

fn problem(fault: Fault) -> Problem {
    let shortened = |words: &str| words.chars().take(WORDS_LIMIT).collect();
    match fault {
        Fault::NoHeader(words) => Problem::BrokenTar(words.to_owned()),
        Fault::Malformed(words) => Problem::BrokenTar(shortened(&words)),
        Fault::Ambiguous(words) => Problem::Ambiguous(shortened(&words)),
        Fault::Sparse(name) => Problem::Sparse(shortened(&String::from_utf8_lossy(&name))),
        Fault::TrailingData => Problem::TrailingData,
    }
}

struct Counted<R> {
    inner: R,
    count: u64,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.count += count as u64;
        Ok(count)
    }
}
