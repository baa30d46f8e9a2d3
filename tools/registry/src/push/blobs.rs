//! The blobs of a push: which are missing, and how each gets there once.

use std::io;
use std::path::{Path, PathBuf};

use super::Push;
use crate::Error;
use crate::push::holders::Claim;
use crate::repository::{Arrival, BlobFile};
use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use oci::content;
use oci_spec::image::Descriptor;

/// A blob that the repository lacks, and where its bytes are.
pub(super) struct Missing<'a> {
    pub(super) blob: &'a Descriptor,
    path: PathBuf,
}

impl Missing<'_> {
    fn file(&self) -> BlobFile<'_> {
        BlobFile { blob: self.blob, path: &self.path }
    }
}

impl<'a> Push<'a> {
    /// The blobs that the repository lacks, each compared with its digest before the first byte of any is sent.
    pub(super) async fn missing_blobs(&self) -> Result<Vec<Missing<'a>>, Error> {
        let content = &self.request.content;
        let found: Vec<Option<Missing<'a>>> = stream::iter(content.blobs())
            .map(async |blob| {
                let _slot = self.slots.acquire().await;
                if self.remote.has_blob(blob).await? {
                    self.holders.found(blob.digest(), &self.request.repository);
                    return Ok(None);
                }
                let path = content.blob_path(blob)?;
                verify_blob(&path, blob).await?;
                Ok::<_, Error>(Some(Missing { blob, path }))
            })
            .buffered(self.options.concurrency.max(1))
            .try_collect()
            .await?;
        Ok(found.into_iter().flatten().collect())
    }

    /// Puts them all there; which of them was sent, and which was mounted.
    pub(super) async fn send_blobs<'b>(
        &self,
        missing: &'b [Missing<'a>],
    ) -> Result<Vec<(Arrival, &'b Missing<'a>)>, Error> {
        stream::iter(missing)
            .map(async |one| Ok((self.provide(one.file()).await?, one)))
            .buffer_unordered(self.options.concurrency.max(1))
            .try_collect()
            .await
    }

    /// Sends blobs that the registry said it had mounted and then does not know.
    pub(super) async fn send_mounted(&self, mounted: &[&Missing<'_>]) -> Result<(), Error> {
        for one in mounted {
            let _slot = self.slots.acquire().await;
            let begin = || self.progress.start(&self.label(one.blob), one.blob.size());
            self.remote.put_blob(one.file(), None, begin).await?;
        }
        Ok(())
    }

    /// Mounts a blob that another repository has, after waiting for it where another service is sending it; sends it
    /// otherwise.
    async fn provide(&self, file: BlobFile<'_>) -> Result<Arrival, Error> {
        let (blob, repository) = (file.blob, &self.request.repository);
        // Before the slot: who waits here must not keep those from sending that it waits for.
        let claim = self.holders.claim(blob.digest()).await;
        let _slot = self.slots.acquire().await;
        let (source, ticket) = match claim {
            Claim::Held(holder) if holder == *repository => return Ok(Arrival::Present),
            Claim::Held(holder) => (Some(holder), None),
            Claim::Mine(ticket) => (self.options.mount_from.clone(), Some(ticket)),
        };
        let source = source.filter(|source| source != repository);
        let begin = || self.progress.start(&self.label(blob), blob.size());
        let arrival = self.remote.put_blob(file, source.as_ref(), begin).await?;
        if let Some(ticket) = ticket {
            ticket.sent(repository);
        }
        Ok(arrival)
    }

    fn label(&self, blob: &Descriptor) -> String {
        let hex = blob.digest().digest();
        format!("{}: {}", self.request.service, hex.get(..12).unwrap_or(hex))
    }
}

/// [`content::verify_blob`] on a thread that may block.
///
/// # Errors
/// As [`content::verify_blob`].
pub async fn verify_blob(path: &Path, blob: &Descriptor) -> Result<(), oci::Error> {
    let (owned, blob) = (path.to_owned(), blob.clone());
    let verified = tokio::task::spawn_blocking(move || content::verify_blob(&owned, &blob)).await;
    verified.map_err(|panicked| oci::Error::Read { path: path.to_owned(), source: io::Error::other(panicked) })?
}
