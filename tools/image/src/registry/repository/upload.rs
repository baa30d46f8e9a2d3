//! Putting a blob into a repository: mounted from another one where the registry can, otherwise with its bytes in one
//! request (distribution-spec, "POST then PUT"). Uploads in chunks, which not every registry takes, are not used.

use std::cell::{Cell, OnceCell};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use oci_spec::image::{Descriptor, Digest};
use reqwest::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, HeaderValue, LOCATION};
use reqwest::{Method, Response, StatusCode, Url};
use terminal::progress::Transfer;

use super::super::address;
use super::super::auth::{Actions, Scope};
use super::super::client::Call;
use super::super::error::{Again, RegistryError};
use super::super::payload::Payload;
use super::{Remote, TAKEN};
use crate::http;
use crate::reference::Repository;

/// How a blob got there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Arrival {
    /// Its bytes were sent.
    Sent,
    /// The registry took it from another repository.
    Mounted,
    /// It was there.
    Present,
}

/// A blob and where its bytes are.
pub(in super::super) struct BlobFile<'a> {
    pub(in super::super) blob: &'a Descriptor,
    pub(in super::super) path: &'a Path,
}

/// What a registry makes of the wish to mount.
enum Mount {
    Done,
    /// It wants the bytes, there.
    Upload(Url),
    Refused,
}

impl Remote<'_> {
    /// Puts a blob there. A failed attempt starts over with a new upload. `begin` is called when bytes are to travel.
    pub(in super::super) async fn put_blob(
        &self,
        file: BlobFile<'_>,
        mount_from: Option<&Repository>,
        begin: impl Fn() -> Arc<dyn Transfer>,
    ) -> Result<Arrival, RegistryError> {
        let (source, transfer) = (Cell::new(mount_from), OnceCell::new());
        let arrival = self
            .session
            .retrying(async || {
                let mount = match source.get() {
                    Some(repository) => self.mount(file.blob, repository).await?,
                    None => Mount::Refused,
                };
                let location = match mount {
                    Mount::Done => return Ok(Arrival::Mounted),
                    Mount::Upload(location) => location,
                    Mount::Refused => {
                        source.set(None);
                        self.begin_upload(file.blob).await?
                    }
                };
                self.finish_upload(&file, location, transfer.get_or_init(&begin)).await.map(|()| Arrival::Sent)
            })
            .await?;
        if arrival == Arrival::Sent {
            self.bytes_sent.fetch_add(file.blob.size(), Ordering::Relaxed);
        }
        if let Some(transfer) = transfer.get() {
            transfer.finish();
        }
        Ok(arrival)
    }

    /// Asks for the blob of another repository. It needs a token of its own, which may read there: a registry that does
    /// not give one, or knows nothing of mounts, costs the mount and not the push.
    async fn mount(&self, blob: &Descriptor, source: &Repository) -> Result<Mount, RegistryError> {
        let operation = format!("mount blob `{}` from `{}`", blob.digest(), source.path());
        let mut url = self.url("blobs/uploads/")?;
        url.query_pairs_mut().append_pair("mount", blob.digest().as_ref()).append_pair("from", source.path());
        let mut call = post(url, &operation);
        call.scope = Some(Scope::new(self.repository, Actions::PullAndPush, Some(source)));
        match self.session.expect_once(&call, &[StatusCode::ACCEPTED, StatusCode::CREATED]).await {
            Ok(response) if response.status() == StatusCode::CREATED => {
                self.compare(&response, blob.digest(), || format!("blob `{}`", blob.digest()))?;
                Ok(Mount::Done)
            }
            Ok(response) => self.location(&call, &response, blob.digest()).map(Mount::Upload),
            Err(RegistryError::Status { status: StatusCode::INTERNAL_SERVER_ERROR, .. }) => Ok(Mount::Refused),
            Err(error) if error.again() == Again::Never => Ok(Mount::Refused),
            Err(error) => Err(error),
        }
    }

    /// Where the bytes go.
    async fn begin_upload(&self, blob: &Descriptor) -> Result<Url, RegistryError> {
        let operation = format!("start the upload of blob `{}`", blob.digest());
        let call = post(self.url("blobs/uploads/")?, &operation);
        let response = self.session.expect_once(&call, &TAKEN).await?;
        self.location(&call, &response, blob.digest())
    }

    fn location(&self, call: &Call<'_>, response: &Response, blob: &Digest) -> Result<Url, RegistryError> {
        let location = response.headers().get(LOCATION).and_then(|value| value.to_str().ok());
        let location = location
            .and_then(|location| address::follow(&call.url, location))
            .ok_or_else(|| self.not_a_registry(format!("it does not say where blob `{blob}` is to be sent")))?;
        if !http::is_allowed(&location) {
            let registry = self.session.registry_name().to_owned();
            return Err(RegistryError::Insecure { registry, url: address::for_errors(&location) });
        }
        Ok(location)
    }

    async fn finish_upload(
        &self,
        file: &BlobFile<'_>,
        mut location: Url,
        transfer: &Arc<dyn Transfer>,
    ) -> Result<(), RegistryError> {
        let (digest, size) = (file.blob.digest(), file.blob.size());
        let operation = format!("send blob `{digest}`");
        location.query_pairs_mut().append_pair("digest", digest.as_ref());
        let mut call = Call::new(Method::PUT, location, &operation);
        call.headers = HeaderMap::from_iter([
            (CONTENT_TYPE, HeaderValue::from_static("application/octet-stream")),
            (CONTENT_LENGTH, HeaderValue::from(size)),
        ]);
        call.payload = Payload::File { path: file.path.to_owned(), transfer: Arc::clone(transfer) };
        let response = self.session.expect_once(&call, &TAKEN).await?;
        self.compare(&response, digest, || format!("blob `{digest}`"))
    }
}

fn post(url: Url, operation: &str) -> Call<'_> {
    let mut call = Call::new(Method::POST, url, operation);
    call.headers.insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
    call
}
