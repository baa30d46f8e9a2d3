//! The bytes of a file on their way to GitHub, read as they are sent.

use std::time::Duration;

use futures_util::TryStreamExt as _;
use reqwest::Body;
use tokio_util::bytes::Bytes;
use tokio_util::io::ReaderStream;

use super::GitHubError;
use super::client::Sending;

/// How much of a file is read at a time, in bytes.
const CHUNK: usize = 128 * 1024;

/// The slowest connection that is worth waiting for, in bytes a second.
const SLOWEST: u64 = 50_000;

/// How long GitHub may take to answer once it has everything.
const ANSWER: Duration = Duration::from_mins(2);

/// Opens the file. What is read of it is told to its transfer.
pub(super) async fn open(sending: &Sending<'_>) -> Result<Body, GitHubError> {
    let failed = |source| GitHubError::File { path: sending.path.to_owned(), source };
    let file = tokio::fs::File::open(sending.path).await.map_err(failed)?;
    let transfer = sending.transfer.clone();
    let chunks = ReaderStream::with_capacity(file, CHUNK);
    Ok(Body::wrap_stream(chunks.inspect_ok(move |chunk: &Bytes| transfer.advance(chunk.len() as u64))))
}

/// How long sending or reading so many bytes may take.
pub(super) fn patience(size: u64) -> Duration {
    ANSWER + Duration::from_secs(size / SLOWEST)
}
