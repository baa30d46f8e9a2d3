//! One repository of a registry in the distribution-spec's terms: tags, manifests and blobs, read and written.

mod upload;

use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use oci_spec::image::{Descriptor, Digest};
use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderValue};
use reqwest::{Method, Response, StatusCode, Url};

pub(super) use self::upload::{Arrival, BlobFile};
use super::client::{self, Call, Session};
use super::error::RegistryError;
use super::payload::Payload;
use crate::content::Document;
use crate::digest;
use crate::reference::{Repository, VersionTag};

/// What a manifest may be; without it a registry may convert what it has.
const MANIFEST_TYPES: &str = "application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json, \
     application/vnd.docker.distribution.manifest.list.v2+json, application/vnd.docker.distribution.manifest.v2+json";

/// The digest of what an answer is about (distribution-spec, "Pulling manifests").
const CONTENT_DIGEST: &str = "docker-content-digest";

/// Where a document is kept.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    /// Among the manifests: image manifests and indexes.
    Manifest,
    /// Among the blobs: configs.
    Blob,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Manifest => "manifest",
            Self::Blob => "blob",
        }
    }
}

/// A repository that is read and written.
pub(super) struct Remote<'a> {
    session: Session<'a>,
    repository: &'a Repository,
    bytes_sent: AtomicU64,
}

impl<'a> Remote<'a> {
    pub(super) fn new(session: Session<'a>, repository: &'a Repository) -> Self {
        Self { session, repository, bytes_sent: AtomicU64::new(0) }
    }

    /// Bytes of blobs and manifests that arrived.
    pub(super) fn bytes_sent(&self) -> u64 {
        self.bytes_sent.load(Ordering::Relaxed)
    }

    /// Requests sent so far, for tokens and failed attempts too.
    pub(super) fn requests(&self) -> u64 {
        self.session.requests()
    }

    /// Asks `/v2/` whether a registry is there at all (distribution-spec, "Determining Support").
    pub(super) async fn ping(&self) -> Result<(), RegistryError> {
        let operation = "check that it is a registry";
        let response = self.session.send_bare(&Call::new(Method::GET, self.session.base().clone(), operation)).await?;
        let reason = match response.status() {
            _ if client::is_page(response.headers()) => "`/v2/` is a web page".to_owned(),
            // A registry that is not open to everybody still is one.
            StatusCode::OK | StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => return Ok(()),
            status => format!("`/v2/` is answered with `{status}`"),
        };
        Err(self.not_a_registry(reason))
    }

    /// What a tag points at, or nothing when it does not exist. Every other answer is an error.
    pub(super) async fn tag_digest(&self, tag: &VersionTag) -> Result<Option<Digest>, RegistryError> {
        let operation = format!("read tag `{tag}` of `{}`", self.repository.path());
        let response = self.find(Method::HEAD, &format!("manifests/{tag}"), &operation).await?;
        let Some(response) = response else { return Ok(None) };
        if client::is_page(response.headers()) {
            return Err(self.not_a_registry(format!("tag `{tag}` is a web page")));
        }
        match content_digest(&response).map(str::parse::<Digest>) {
            Some(Ok(digest)) => Ok(Some(digest)),
            Some(Err(_)) => Err(self.not_a_registry(format!("the digest of tag `{tag}` is none"))),
            None => Err(self.not_a_registry(format!("the answer for tag `{tag}` has no `Docker-Content-Digest`"))),
        }
    }

    /// Whether there is a manifest or index with this digest.
    pub(super) async fn has_manifest(&self, digest: &Digest) -> Result<bool, RegistryError> {
        let operation = format!("look for manifest `{digest}`");
        let response = self.find(Method::HEAD, &format!("manifests/{digest}"), &operation).await?;
        let Some(response) = response else { return Ok(false) };
        self.compare(&response, digest, || format!("manifest `{digest}`"))?;
        Ok(true)
    }

    /// Whether there is a blob with this digest.
    pub(super) async fn has_blob(&self, blob: &Descriptor) -> Result<bool, RegistryError> {
        let operation = format!("look for blob `{}`", blob.digest());
        let response = self.find(Method::HEAD, &format!("blobs/{}", blob.digest()), &operation).await?;
        let Some(response) = response else { return Ok(false) };
        if client::is_page(response.headers()) {
            return Err(self.not_a_registry(format!("blob `{}` is a web page", blob.digest())));
        }
        self.compare(&response, blob.digest(), || format!("blob `{}`", blob.digest()))?;
        Ok(true)
    }

    /// Sends a manifest or index under a tag or its digest. The bytes are the layout's, so its digest stays what it is.
    pub(super) async fn put_manifest(&self, document: &Document, name: &str) -> Result<(), RegistryError> {
        let operation = format!("write manifest `{name}`");
        let content_type = HeaderValue::from_str(document.descriptor.media_type().as_ref())
            .unwrap_or(HeaderValue::from_static("application/octet-stream"));
        let mut call = Call::new(Method::PUT, self.url(&format!("manifests/{name}"))?, &operation);
        call.headers.insert(CONTENT_TYPE, content_type);
        call.payload = Payload::Bytes(Bytes::from(document.bytes.clone()));
        let response = self.session.expect(&call, &[StatusCode::CREATED, StatusCode::OK]).await?;
        self.compare(&response, document.descriptor.digest(), || format!("manifest `{name}`"))?;
        self.bytes_sent.fetch_add(document.descriptor.size(), Ordering::Relaxed);
        Ok(())
    }

    /// Reads what a tag points at back as a puller would, and compares its bytes.
    pub(super) async fn confirm_tag(&self, tag: &VersionTag, document: &Document) -> Result<(), RegistryError> {
        let actual = digest::of_bytes(&self.read_manifest(tag.as_str(), &format!("read tag `{tag}` back")).await?);
        self.expect_digest(&actual, document.descriptor.digest(), || format!("tag `{tag}`"))
    }

    /// The bytes of a manifest or index that is there, by its tag or its digest. Not yet compared with anything.
    pub(super) async fn read_manifest(&self, name: &str, operation: &str) -> Result<Vec<u8>, RegistryError> {
        let mut call = Call::new(Method::GET, self.url(&format!("manifests/{name}"))?, operation);
        call.headers.insert(ACCEPT, HeaderValue::from_static(MANIFEST_TYPES));
        self.read_bytes(&call).await
    }

    /// A manifest, index or config with the bytes that its digest is of.
    pub(super) async fn read_document(&self, descriptor: &Descriptor, kind: Kind) -> Result<Vec<u8>, RegistryError> {
        let digest = descriptor.digest();
        let operation = format!("read {} `{digest}`", kind.name());
        let bytes = match kind {
            Kind::Manifest => self.read_manifest(digest.as_ref(), &operation).await?,
            Kind::Blob => {
                let url = self.url(&format!("blobs/{digest}"))?;
                self.read_bytes(&Call::new(Method::GET, url, &operation)).await?
            }
        };
        self.expect_digest(&digest::of_bytes(&bytes), digest, || format!("{} `{digest}`", kind.name()))?;
        Ok(bytes)
    }

    async fn read_bytes(&self, call: &Call<'_>) -> Result<Vec<u8>, RegistryError> {
        self.session
            .retrying(async || {
                let response = self.session.expect_once(call, &[StatusCode::OK]).await?;
                self.session.read_json(response, call.operation).await
            })
            .await
    }

    fn expect_digest(
        &self,
        actual: &Digest,
        expected: &Digest,
        what: impl FnOnce() -> String,
    ) -> Result<(), RegistryError> {
        if actual == expected {
            return Ok(());
        }
        Err(RegistryError::Digest {
            registry: self.session.registry_name().to_owned(),
            what: what(),
            expected: Box::new(expected.clone()),
            actual: actual.to_string(),
        })
    }

    /// The answer to a question about something that may not exist: 200 is yes, 404 is no, and nothing else is either.
    async fn find(&self, method: Method, path: &str, operation: &str) -> Result<Option<Response>, RegistryError> {
        let mut call = Call::new(method, self.url(path)?, operation);
        if path.starts_with("manifests/") {
            call.headers.insert(ACCEPT, HeaderValue::from_static(MANIFEST_TYPES));
        }
        let response = self.session.expect(&call, &[StatusCode::OK, StatusCode::NOT_FOUND]).await?;
        Ok((response.status() == StatusCode::OK).then_some(response))
    }

    /// An answer's own digest, where it has one, must be the one that was asked for.
    fn compare(
        &self,
        response: &Response,
        expected: &Digest,
        what: impl FnOnce() -> String,
    ) -> Result<(), RegistryError> {
        match content_digest(response) {
            Some(actual) if actual != expected.as_ref() => Err(RegistryError::Digest {
                registry: self.session.registry_name().to_owned(),
                what: what(),
                expected: Box::new(expected.clone()),
                actual: actual.to_owned(),
            }),
            _ => Ok(()),
        }
    }

    fn url(&self, path: &str) -> Result<Url, RegistryError> {
        let path = format!("{}/{path}", self.repository.path());
        self.session.base().join(&path).map_err(|error| self.not_a_registry(error.to_string()))
    }

    pub(super) fn not_a_registry(&self, reason: String) -> RegistryError {
        RegistryError::NotARegistry { registry: self.session.registry_name().to_owned(), reason }
    }
}

fn content_digest(response: &Response) -> Option<&str> {
    response.headers().get(CONTENT_DIGEST)?.to_str().ok()
}
