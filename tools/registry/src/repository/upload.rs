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

use super::{Remote, TAKEN};
use crate::Error;
use crate::auth::{Actions, Scope};
use crate::client::Call;
use crate::transport::address;
use crate::transport::payload::Payload;
use oci::reference::Repository;

/// How often a mount is asked for: what it saves is not worth more waiting.
const MOUNT_ATTEMPTS: usize = 2;

/// How a blob got there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Arrival {
    /// Its bytes were sent.
    Sent,
    /// The registry took it from another repository.
    Mounted,
    /// It was there.
    Present,
}

/// A blob and where its bytes are.
pub(crate) struct BlobFile<'a> {
    pub(crate) blob: &'a Descriptor,
    pub(crate) path: &'a Path,
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
    pub(crate) async fn put_blob(
        &self,
        file: BlobFile<'_>,
        mount_from: Option<&Repository>,
        begin: impl Fn() -> Arc<dyn Transfer>,
    ) -> Result<Arrival, Error> {
        let mounted = match mount_from {
            Some(source) => self.mount(file.blob, source).await,
            None => Mount::Refused,
        };
        let upload = match mounted {
            Mount::Done => return Ok(Arrival::Mounted),
            Mount::Upload(location) => Cell::new(Some(location)),
            Mount::Refused => Cell::new(None),
        };
        let transfer = OnceCell::new();
        self.session
            .retrying(async || {
                let location = match upload.take() {
                    Some(location) => location,
                    None => self.begin_upload(file.blob).await?,
                };
                self.finish_upload(&file, location, transfer.get_or_init(&begin)).await
            })
            .await?;
        self.bytes_sent.fetch_add(file.blob.size(), Ordering::Relaxed);
        if let Some(transfer) = transfer.get() {
            transfer.finish();
        }
        Ok(Arrival::Sent)
    }

    /// Asks for the blob of another repository, once more where that fails for the moment. Whatever else comes of it costs
    /// the mount and not the push, which can always send the bytes: no token that may read there, a registry that knows
    /// nothing of mounts, or one that stumbles over them.
    async fn mount(&self, blob: &Descriptor, source: &Repository) -> Mount {
        let operation = format!("mount blob `{}` from `{}`", blob.digest(), source.path());
        let attempt = async || self.mount_once(blob, source, &operation).await;
        self.session.retrying_at_most(MOUNT_ATTEMPTS, attempt).await.unwrap_or(Mount::Refused)
    }

    async fn mount_once(&self, blob: &Descriptor, source: &Repository, operation: &str) -> Result<Mount, Error> {
        let mut url = self.url("blobs/uploads/")?;
        url.query_pairs_mut().append_pair("mount", blob.digest().as_ref()).append_pair("from", source.path());
        let mut call = post(url, operation);
        // A token of its own, which may read there.
        call.scope = Some(Scope::new(self.repository, Actions::PullAndPush, Some(source)));
        let response = self.session.expect_once(&call, &[StatusCode::ACCEPTED, StatusCode::CREATED]).await?;
        if response.status() == StatusCode::ACCEPTED {
            return self.location(&response, blob.digest()).map(Mount::Upload);
        }
        self.compare(&response, blob.digest(), || format!("blob `{}`", blob.digest()))?;
        Ok(Mount::Done)
    }

    /// Where the bytes go.
    async fn begin_upload(&self, blob: &Descriptor) -> Result<Url, Error> {
        let operation = format!("start the upload of blob `{}`", blob.digest());
        let call = post(self.url("blobs/uploads/")?, &operation);
        let response = self.session.expect_once(&call, &TAKEN).await?;
        self.location(&response, blob.digest())
    }

    /// Seen from where the answer came from, which need not be where it was asked for.
    fn location(&self, response: &Response, blob: &Digest) -> Result<Url, Error> {
        let location = response.headers().get(LOCATION).and_then(|value| value.to_str().ok());
        let location = location
            .and_then(|location| address::follow(response.url(), location))
            .ok_or_else(|| self.not_a_registry(format!("it does not say where blob `{blob}` is to be sent")))?;
        if !http_client::is_allowed(&location) {
            let registry = self.session.registry_name().to_owned();
            return Err(Error::Insecure { registry, url: address::for_errors(&location) });
        }
        Ok(location)
    }

    async fn finish_upload(
        &self,
        file: &BlobFile<'_>,
        mut location: Url,
        transfer: &Arc<dyn Transfer>,
    ) -> Result<(), Error> {
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
