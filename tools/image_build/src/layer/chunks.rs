//! Passing a stream from one thread to the next in chunks. The channel holds few of them, so a large layer needs no
//! more memory than a small one.

use std::io::{self, BufRead, Read};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

/// Large enough that neither a chunk nor what the decoder does after each one counts, small enough that all threads
/// have work soon.
pub const CHUNK: usize = 256 * 1024;

/// Chunks that may wait between two threads.
const WAITING: usize = 4;

/// The end that takes chunks.
pub type Sender = SyncSender<Vec<u8>>;

/// A channel for one stream; a dropped sender is its end.
pub fn chunk_channel() -> (Sender, Receiver<Vec<u8>>) {
    sync_channel(WAITING)
}

/// Reads the stream that comes out of a channel.
pub struct ChunkReader {
    receiver: Receiver<Vec<u8>>,
    chunk: Vec<u8>,
    position: usize,
}

impl ChunkReader {
    /// A reader of what is sent to `receiver`.
    pub fn new(receiver: Receiver<Vec<u8>>) -> Self {
        Self { receiver, chunk: Vec::new(), position: 0 }
    }
}

impl BufRead for ChunkReader {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.position == self.chunk.len() {
            self.chunk = self.receiver.recv().unwrap_or_default();
            self.position = 0;
        }
        Ok(&self.chunk[self.position..])
    }

    fn consume(&mut self, amount: usize) {
        self.position += amount;
    }
}

impl Read for ChunkReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let available = self.fill_buf()?;
        let amount = available.len().min(buffer.len());
        buffer[..amount].copy_from_slice(&available[..amount]);
        self.consume(amount);
        Ok(amount)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::whole_blocks::read_block;

    #[test]
    fn a_stream_arrives_whole() {
        let bytes: Vec<u8> = (0..=u8::MAX).cycle().take(3 * CHUNK + 17).collect();
        let (sender, receiver) = chunk_channel();
        let mut arrived = Vec::new();
        std::thread::scope(|scope| {
            scope.spawn(|| {
                let mut from = bytes.as_slice();
                let sender = sender;
                while let Some(chunk) = read_block(&mut from, CHUNK).ok().filter(|chunk| !chunk.is_empty()) {
                    sender.send(chunk).unwrap();
                }
            });
            ChunkReader::new(receiver).read_to_end(&mut arrived).unwrap();
        });
        assert_eq!(oci::digest::of_bytes(&arrived), oci::digest::of_bytes(&bytes));
    }
}
