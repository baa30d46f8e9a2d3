//! gzip on several threads: each block is compressed on its own, with the end of the one before as its dictionary,
//! and ends on a byte boundary, so that all of them in a row are one deflate stream in one member.

use std::io::{self, Read, Write};
use std::num::NonZero;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use flate2::{Compress, Compression, Crc, FlushCompress, Status};

use crate::Error;
use crate::compress::BLOCK;
use crate::whole_blocks::read_block;

/// RFC 1952, section 2.3: deflate, no flags, no time, no hint about the level, unknown operating system.
const HEADER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];

/// How far back a match can reach (RFC 1951, section 2).
const WINDOW: usize = 32 * 1024;

/// One block to compress.
struct Job {
    block: Arc<Vec<u8>>,
    /// The block before, for the dictionary.
    previous: Arc<Vec<u8>>,
    last: bool,
    reply: SyncSender<io::Result<Compressed>>,
}

/// What became of one block.
struct Compressed {
    bytes: Vec<u8>,
    /// Checksum and length of the block before it was compressed.
    crc: Crc,
}

/// Compresses `input` to its end. One thread reads, `threads` work, and this one writes in the input's order.
pub fn compress(
    input: impl Read + Send,
    output: &mut impl Write,
    level: u32,
    threads: NonZero<usize>,
) -> Result<(), Error> {
    let waiting = 2 * threads.get();
    let (jobs, picked) = sync_channel(waiting);
    let (order, replies) = sync_channel(waiting);
    let picked = Mutex::new(picked);
    thread::scope(|scope| {
        let reading = scope.spawn(move || cut(input, &jobs, &order));
        for _ in 0..threads.get() {
            scope.spawn(|| work(&picked, level));
        }
        let written = write(replies, output).map_err(Error::Output);
        reading.join().expect("reading does not panic").map_err(Error::Input)?;
        written
    })
}

/// Hands out the input's blocks, and to the writer the places where each one's result will be. Ends early
/// without an error when the writer has given up.
fn cut(
    mut input: impl Read,
    jobs: &SyncSender<Job>,
    order: &SyncSender<Receiver<io::Result<Compressed>>>,
) -> io::Result<()> {
    let mut previous = Arc::new(Vec::new());
    let mut block = Arc::new(read_block(&mut input, BLOCK)?);
    loop {
        let next = Arc::new(if block.len() == BLOCK { read_block(&mut input, BLOCK)? } else { Vec::new() });
        let last = next.is_empty();
        let (reply, result) = sync_channel(1);
        let job = Job { block: Arc::clone(&block), previous, last, reply };
        if order.send(result).is_err() || jobs.send(job).is_err() || last {
            return Ok(());
        }
        previous = block;
        block = next;
    }
}

/// Compresses blocks until there are no more.
fn work(jobs: &Mutex<Receiver<Job>>, level: u32) {
    loop {
        let job = jobs.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(job) = job else { return };
        // Nobody waits for the result when the writer has given up.
        drop(job.reply.send(deflate(&job, level)));
    }
}

fn deflate(job: &Job, level: u32) -> io::Result<Compressed> {
    let mut crc = Crc::new();
    crc.update(&job.block);
    let mut compress = Compress::new(Compression::new(level), false);
    if !job.previous.is_empty() {
        let dictionary = &job.previous[job.previous.len().saturating_sub(WINDOW)..];
        compress.set_dictionary(dictionary).map_err(io::Error::other)?;
    }
    let flush = if job.last { FlushCompress::Finish } else { FlushCompress::Sync };
    let mut bytes = Vec::with_capacity(job.block.len() + job.block.len() / 64 + 64);
    loop {
        let done = usize::try_from(compress.total_in()).map_err(io::Error::other)?;
        let status = compress.compress_vec(&job.block[done..], &mut bytes, flush).map_err(io::Error::other)?;
        // A flush is over once it leaves room in the output.
        if status == Status::StreamEnd || (!job.last && bytes.len() < bytes.capacity()) {
            return Ok(Compressed { bytes, crc });
        }
        bytes.reserve(bytes.capacity().max(64));
    }
}

/// Writes the member: header, blocks in order, checksum and length.
fn write(replies: Receiver<Receiver<io::Result<Compressed>>>, output: &mut impl Write) -> io::Result<()> {
    output.write_all(&HEADER)?;
    let mut crc = Crc::new();
    for reply in replies {
        let compressed = reply.recv().map_err(io::Error::other)??;
        output.write_all(&compressed.bytes)?;
        crc.combine(&compressed.crc);
    }
    output.write_all(&crc.sum().to_le_bytes())?;
    output.write_all(&crc.amount().to_le_bytes())
}
