//! What a request carries, in a form that can be sent again.

use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::TryStreamExt as _;
use reqwest::Body;
use terminal::progress::Transfer;
use tokio_util::io::ReaderStream;

use crate::transport::stall::{Mover, Watch};

/// How much of a file is read at a time, in bytes.
const CHUNK: usize = 128 * 1024;

/// The content of a request.
pub(crate) enum Payload {
    Empty,
    Bytes(Bytes),
    File { path: PathBuf, transfer: Arc<dyn Transfer> },
}

impl Payload {
    /// For one attempt: the body, and what notices when it stands still.
    pub(crate) fn start(&self, limit: std::time::Duration) -> (Body, Watch) {
        match self {
            Self::Empty => (Body::default(), Watch::answer(limit)),
            Self::Bytes(bytes) => (Body::from(bytes.clone()), Watch::answer(limit)),
            Self::File { path, transfer } => {
                transfer.restart();
                let (mover, watch) = Watch::body(limit);
                (stream(path.clone(), Arc::clone(transfer), mover), watch)
            }
        }
    }
}

/// The file's bytes as they are read, each chunk reported once it is handed over.
fn stream(path: PathBuf, transfer: Arc<dyn Transfer>, mover: Mover) -> Body {
    let chunks = async move {
        let file = tokio::fs::File::open(&path).await?;
        Ok::<_, std::io::Error>(ReaderStream::with_capacity(file, CHUNK))
    };
    let chunks = futures_util::TryFutureExt::try_flatten_stream(chunks);
    Body::wrap_stream(chunks.inspect_ok(move |chunk: &Bytes| {
        let bytes = chunk.len() as u64;
        transfer.advance(bytes);
        mover.send_modify(|sent| *sent += bytes);
    }))
}
