//! What the daemon has: images by name, and which layers of a new image need not travel.

use bollard::errors::Error;
use bollard::models::{ImageInspect, ImageSummary};
use bollard::query_parameters::ListImagesOptions;
use futures_util::stream::{self, StreamExt as _};

use super::connect::{Daemon, Store};
use oci::reference::LocalTag;

/// How many images are looked at for layers in common: enough for the neighbours of an image, and a bound for
/// machines with thousands.
const IMAGES_LIMIT: usize = 64;

/// How many images are asked for at once.
const CONCURRENCY: usize = 8;

impl Daemon {
    /// The image with this name or id, or nothing.
    pub(super) async fn inspect(&self, name: &str) -> Result<Option<ImageInspect>, crate::Error> {
        match self.api.inspect_image(name).await {
            Ok(image) => Ok(Some(image)),
            Err(Error::DockerResponseServerError { status_code: 404, .. }) => Ok(None),
            Err(source) => Err(crate::Error::Daemon { operation: format!("inspect image `{name}`"), source }),
        }
    }

    /// How many of the image's layers, from the bottom, the daemon has and will not read from an archive.
    ///
    /// It looks at the images of the same repository first, then at the newest. None where the daemon does not say what it
    /// has: that only saves bytes.
    pub(super) async fn known_layers(&self, diff_ids: &[String], tag: &LocalTag) -> usize {
        if self.store == Store::Whole || diff_ids.is_empty() {
            return 0;
        }
        let Ok(mut images) = self.api.list_images(None::<ListImagesOptions>).await else { return 0 };
        images.sort_by_key(|image| (!is_of(image, tag), std::cmp::Reverse(image.created)));
        let mut candidates = stream::iter(images.into_iter().take(IMAGES_LIMIT))
            // An image may be gone by now, which is no error.
            .map(async |image| self.api.inspect_image(&image.id).await.ok())
            .buffered(CONCURRENCY);
        let mut known = 0;
        while let Some(candidate) = candidates.next().await {
            known = known.max(candidate.map_or(0, |image| common_start(layers(&image), diff_ids)));
            if known == diff_ids.len() {
                break;
            }
        }
        known
    }
}

/// The diff ids of an image's layers, lowest first; none where they are not unpacked.
pub(super) fn layers(image: &ImageInspect) -> &[String] {
    image.root_fs.as_ref().and_then(|root| root.layers.as_deref()).unwrap_or_default()
}

fn is_of(image: &ImageSummary, tag: &LocalTag) -> bool {
    image
        .repo_tags
        .iter()
        .any(|name| name.rsplit_once(':').is_some_and(|(repository, _)| repository == tag.repository()))
}

fn common_start(left: &[String], right: &[String]) -> usize {
    left.iter().zip(right).take_while(|(left, right)| left == right).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layers_count_only_from_the_bottom() {
        let ids = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        for (left, right, expected) in
            [("a b c", "a b d", 2), ("b a", "a b", 0), ("a", "a b", 1), ("a b", "a", 1), ("", "a", 0)]
        {
            assert_eq!(common_start(&ids(left), &ids(right)), expected, "{left} / {right}");
        }
    }
}
