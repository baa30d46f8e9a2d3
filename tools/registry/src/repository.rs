//! One repository of a registry in the distribution-spec's terms: tags, manifests and blobs, read and written.

mod upload;

use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use oci_spec::image::{Descriptor, Digest, DigestAlgorithm};
use reqwest::header::{ACCEPT, CONTENT_LENGTH, CONTENT_TYPE, HeaderValue};
use reqwest::{Method, Response, StatusCode, Url};

pub(super) use self::upload::{Arrival, BlobFile};
use crate::Error;
use crate::auth::Presence;
use crate::client::{Call, Session};
use crate::transport::answer;
use crate::transport::payload::Payload;
use oci::content::JsonBlob;
use oci::digest;
use oci::reference::Repository;
use release_tag::Version;

/// What a manifest may be; without it a registry may convert what it has.
const MANIFEST_TYPES: &str = "application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json, \
     application/vnd.docker.distribution.manifest.list.v2+json, application/vnd.docker.distribution.manifest.v2+json";

/// The digest of what an answer is about (distribution-spec, "Pulling manifests").
const CONTENT_DIGEST: &str = "docker-content-digest";

/// How registries say that they have taken something: 201 by the specification, Quay's 202, and what containerd takes too.
/// Whether that is true shows when the tag is read back.
const TAKEN: [StatusCode; 4] = [StatusCode::CREATED, StatusCode::OK, StatusCode::ACCEPTED, StatusCode::NO_CONTENT];

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

    /// Fails unless there is a registry at all.
    pub(super) async fn ping(&self) -> Result<(), Error> {
        match self.session.presence().await? {
            Presence::Registry => Ok(()),
            Presence::Nothing(reason) => Err(self.not_a_registry(reason)),
        }
    }

    /// What a tag points at, or nothing when it does not exist. Every other answer is an error.
    ///
    /// One `HEAD` where that says the digest. For all else, "not found" too, the manifest itself is read, as distribution's
    /// own client and go-containerregistry do: some registries leave the digest out, lead to storage that only knows `GET`,
    /// or do not know `HEAD`, a cache in between may have kept an older "not found", and an error has words only where an
    /// answer has a body.
    pub(super) async fn tag_digest(&self, tag: &Version) -> Result<Option<Digest>, Error> {
        let (path, operation) = (format!("manifests/{tag}"), self.read_tag_operation(tag));
        let head = self.session.retrying(async || match self.ask_once(Method::HEAD, &path, &operation).await {
            Err(error) if error.is_unclear(&operation) || error.is_final_answer(&operation) => Ok(None),
            answer => answer.map(found),
        });
        let head = head.await?;
        if let Some(digest) = head.as_ref().and_then(content_digest) {
            return Ok(Some(digest));
        }
        let content = self.tag_content_digest(tag).await?;
        if head.is_some() && content.is_none() {
            return Err(self.not_a_registry(format!("tag `{tag}` is there by `HEAD` and not by `GET`")));
        }
        Ok(content)
    }

    /// The same by the manifest alone, for a tag whose `HEAD` said "not found" before.
    pub(super) async fn tag_content_digest(&self, tag: &Version) -> Result<Option<Digest>, Error> {
        let (path, operation) = (format!("manifests/{tag}"), self.read_tag_operation(tag));
        let content = self.session.retrying(async || {
            let response = self.ask_once(Method::GET, &path, &operation).await?;
            let status = response.status();
            Ok((status, self.session.read_json(response, &operation).await?))
        });
        match content.await? {
            // Whoever stands in front of a registry that is gone says so too, to people.
            (StatusCode::NOT_FOUND, bytes) if answer::is_page(&bytes) => {
                let reason = format!("tag `{tag}` is answered with `{}` and a web page", StatusCode::NOT_FOUND);
                Err(self.not_a_registry(reason))
            }
            (StatusCode::NOT_FOUND, _) => Ok(None),
            (_, bytes) => self.digest_of_manifest(&bytes, tag).map(Some),
        }
    }

    fn read_tag_operation(&self, tag: &Version) -> String {
        format!("read tag `{tag}` of `{}`", self.repository.path())
    }

    fn digest_of_manifest(&self, bytes: &[u8], tag: &Version) -> Result<Digest, Error> {
        if answer::is_manifest(bytes) {
            return Ok(digest::of_bytes(bytes));
        }
        let what = if answer::is_page(bytes) { "a web page" } else { "neither a manifest nor an index" };
        Err(self.not_a_registry(format!("tag `{tag}` is {what}")))
    }

    /// Whether there is a manifest or index with this digest, as far as can be told.
    pub(super) async fn has_manifest(&self, digest: &Digest) -> Result<bool, Error> {
        Ok(self.find_content(Kind::Manifest, digest).await?.is_some())
    }

    /// Whether there is a blob with this digest, as far as can be told.
    pub(super) async fn has_blob(&self, blob: &Descriptor) -> Result<bool, Error> {
        let found = self.find_content(Kind::Blob, blob.digest()).await?;
        // What is answered with something of another size is answered with something else, such as a page.
        let is_whole = |response: Response| length(&response).is_none_or(|length| length == blob.size());
        Ok(found.is_some_and(is_whole))
    }

    /// The question only saves bytes: where it finds no clear answer they are sent.
    async fn find_content(&self, kind: Kind, digest: &Digest) -> Result<Option<Response>, Error> {
        let (path, what) = (format!("{}s/{digest}", kind.name()), format!("{} `{digest}`", kind.name()));
        let operation = format!("look for {what}");
        let found = self.session.retrying(async || match self.ask_once(Method::HEAD, &path, &operation).await {
            Err(error) if error.is_unclear(&operation) => Ok(None),
            answer => answer.map(found),
        });
        let found = found.await?;
        found.iter().try_for_each(|response| self.compare(response, digest, || what.clone()))?;
        Ok(found)
    }

    /// Sends a manifest or index under a tag or its digest. The bytes are the layout's, so its digest stays what it is.
    pub(super) async fn put_manifest(&self, document: &JsonBlob, name: &str) -> Result<(), Error> {
        let operation = format!("write manifest `{name}`");
        let content_type = HeaderValue::from_str(document.descriptor.media_type().as_ref())
            .unwrap_or(HeaderValue::from_static("application/octet-stream"));
        let mut call = Call::new(Method::PUT, self.url(&format!("manifests/{name}"))?, &operation);
        call.headers.insert(CONTENT_TYPE, content_type);
        call.payload = Payload::Bytes(Bytes::from(document.bytes.clone()));
        let response = self.session.expect(&call, &TAKEN).await?;
        self.compare(&response, document.descriptor.digest(), || format!("manifest `{name}`"))?;
        self.bytes_sent.fetch_add(document.descriptor.size(), Ordering::Relaxed);
        Ok(())
    }

    /// Reads what a tag points at back as a puller would, and compares its bytes. A registry with several places may not show
    /// at once what it has taken.
    pub(super) async fn confirm_tag(&self, tag: &Version, document: &JsonBlob) -> Result<(), Error> {
        let (path, operation) = (format!("manifests/{tag}"), format!("read tag `{tag}` back"));
        let bytes = self.session.retrying(async || {
            let response = self.ask_once(Method::GET, &path, &operation).await?;
            let response = found(response).ok_or_else(|| Error::NotYetThere {
                registry: self.session.registry_name().to_owned(),
                tag: tag.clone(),
            })?;
            self.session.read_json(response, &operation).await
        });
        let actual = digest::of_bytes(&bytes.await?);
        self.expect_digest(&actual, document.descriptor.digest(), || format!("tag `{tag}`"))
    }

    /// The bytes of a manifest or index that is there, by its tag or its digest. Not yet compared with anything.
    pub(super) async fn read_manifest(&self, name: &str, operation: &str) -> Result<Vec<u8>, Error> {
        let mut call = Call::new(Method::GET, self.url(&format!("manifests/{name}"))?, operation);
        call.headers.insert(ACCEPT, HeaderValue::from_static(MANIFEST_TYPES));
        self.read_bytes(&call).await
    }

    /// A manifest, index or config with the bytes that its digest is of.
    pub(super) async fn read_document(&self, descriptor: &Descriptor, kind: Kind) -> Result<Vec<u8>, Error> {
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

    async fn read_bytes(&self, call: &Call<'_>) -> Result<Vec<u8>, Error> {
        self.session
            .retrying(async || {
                let response = self.session.expect_once(call, &[StatusCode::OK]).await?;
                self.session.read_json(response, call.operation).await
            })
            .await
    }

    fn expect_digest(&self, actual: &Digest, expected: &Digest, what: impl FnOnce() -> String) -> Result<(), Error> {
        if actual == expected {
            return Ok(());
        }
        Err(Error::Digest {
            registry: self.session.registry_name().to_owned(),
            what: what(),
            expected: Box::new(expected.clone()),
            actual: actual.to_string(),
        })
    }

    /// The answer to a question about something that may not exist: 200 is yes, 404 is no, and nothing else is either.
    async fn ask_once(&self, method: Method, path: &str, operation: &str) -> Result<Response, Error> {
        let mut call = Call::new(method, self.url(path)?, operation);
        if path.starts_with("manifests/") {
            call.headers.insert(ACCEPT, HeaderValue::from_static(MANIFEST_TYPES));
        }
        self.session.expect_once(&call, &[StatusCode::OK, StatusCode::NOT_FOUND]).await
    }

    /// An answer's own digest, where it has one, must be the one that was asked for.
    fn compare(&self, response: &Response, expected: &Digest, what: impl FnOnce() -> String) -> Result<(), Error> {
        content_digest(response).map_or(Ok(()), |actual| self.expect_digest(&actual, expected, what))
    }

    fn url(&self, path: &str) -> Result<Url, Error> {
        let path = format!("{}/{path}", self.repository.path());
        self.session.base().join(&path).map_err(|error| self.not_a_registry(error.to_string()))
    }

    pub(super) fn not_a_registry(&self, reason: String) -> Error {
        Error::NotARegistry { registry: self.session.registry_name().to_owned(), reason }
    }
}

/// The answer that is a yes.
fn found(answer: Response) -> Option<Response> {
    (answer.status() == StatusCode::OK).then_some(answer)
}

/// What an answer says that it is about. Only what can be compared with ours counts: a digest by another algorithm, or one
/// that is none, is as good as a header that is missing.
fn content_digest(response: &Response) -> Option<Digest> {
    let digest: Digest = response.headers().get(CONTENT_DIGEST)?.to_str().ok()?.trim().parse().ok()?;
    (*digest.algorithm() == DigestAlgorithm::Sha256).then_some(digest)
}

/// How long the body is, or would be after a `GET`.
fn length(response: &Response) -> Option<u64> {
    response.headers().get(CONTENT_LENGTH)?.to_str().ok()?.trim().parse().ok()
}
