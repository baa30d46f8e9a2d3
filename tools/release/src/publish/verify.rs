//! Whether a published image is what its tag makes: rebuilt from the sources alone, beside the work tree, and compared.

use oci::content::Content;
use registry::{PublishedImage, RetryPolicy};
use release_tag::Tag;
use serde::Serialize;
use terminal::progress::Progress;

use crate::build::{self, Cache, Sources, destination};
use crate::check::{Prereleases, check};
use crate::error::Error;
use crate::git::{ObjectId, Repository};
use crate::interruption::wait;
use crate::publish::find_image;

/// What is verified and how.
#[derive(Debug, Clone)]
pub struct VerifyRequest {
    /// The tag.
    pub tag: Tag,
    /// Whether pre-releases may be off main.
    pub prereleases: Prereleases,
    /// Where images are instead of the services' own repositories: `HOST[/PREFIX]`.
    pub registry: Option<String>,
    /// Whether what was built before may be taken.
    pub cache: Cache,
}

/// The published image beside the rebuilt one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Verification {
    /// The tag.
    pub tag: Tag,
    /// Its commit.
    pub commit: ObjectId,
    /// Where the published one is, without the tag.
    pub repository: String,
    /// Digests of the indexes.
    pub index: Comparison,
    /// Digests of the images, in the order of the published index; then those that only one of both has.
    pub platforms: Vec<PlatformComparison>,
}

/// Two digests that should be one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Comparison {
    /// In the registry; nothing where it has none.
    pub published: Option<String>,
    /// Built now; nothing where the build has none.
    pub rebuilt: Option<String>,
}

/// One platform's two digests.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PlatformComparison {
    /// Such as `linux/amd64`.
    pub platform: String,
    /// Of the manifests.
    #[serde(flatten)]
    pub digests: Comparison,
}

impl Verification {
    /// Whether both are one.
    #[must_use]
    pub fn is_same(&self) -> bool {
        self.index.is_same()
    }
}

impl Comparison {
    /// Whether both are one.
    #[must_use]
    pub fn is_same(&self) -> bool {
        self.published.is_some() && self.published == self.rebuilt
    }
}

/// Rebuilds and compares.
///
/// # Errors
/// As publishing: when the tag is none of a release, has no image, does not build, or when any of that cannot be told.
pub fn verify(
    repository: &Repository,
    request: &VerifyRequest,
    progress: &dyn Progress,
) -> Result<Verification, Error> {
    let checked = check(repository, &request.tag, request.prereleases)?;
    let mut sources = Sources::to_build(repository, request.cache, progress)?;
    let bazel = sources.bazel(&checked.commit)?;
    let service = request.tag.service().as_str();
    let place = destination::repository(&bazel, service, request.registry.as_deref())?;
    let published = wait(find_image(&checked, &place, &RetryPolicy::default(), progress))??;
    progress.note(&format!("{}: rebuilding {}", request.tag, checked.commit.short()));
    let mut built = build::build(&bazel, &[&request.tag], request.cache)?;
    let rebuilt = Content::open(&built.swap_remove(0)?)?;
    Ok(Verification {
        index: Comparison {
            published: Some(published.digest.to_string()),
            rebuilt: Some(rebuilt.root().descriptor.digest().to_string()),
        },
        platforms: platforms(&published, &rebuilt),
        tag: checked.tag,
        commit: checked.commit,
        repository: place.to_string(),
    })
}

fn platforms(published: &PublishedImage, rebuilt: &Content) -> Vec<PlatformComparison> {
    let mut platforms: Vec<PlatformComparison> = published
        .platforms
        .iter()
        .map(|one| PlatformComparison {
            platform: one.platform.clone(),
            digests: Comparison { published: Some(one.digest.clone()), rebuilt: None },
        })
        .collect();
    for image in rebuilt.images() {
        let platform = image.platform.to_string();
        let digest = Some(image.document.descriptor.digest().to_string());
        match platforms.iter_mut().find(|known| known.platform == platform) {
            Some(known) => known.digests.rebuilt = digest,
            None => platforms
                .push(PlatformComparison { platform, digests: Comparison { published: None, rebuilt: digest } }),
        }
    }
    platforms
}
