//! Comparing a blob with its descriptor on a thread that may block.

use std::io;
use std::path::Path;

use oci::content;
use oci_spec::image::Descriptor;

/// [`content::verify_blob`], for callers that must not block.
///
/// # Errors
/// As [`content::verify_blob`].
pub async fn verify_blob(path: &Path, blob: &Descriptor) -> Result<(), oci::Error> {
    let (owned, blob) = (path.to_owned(), blob.clone());
    let verified = tokio::task::spawn_blocking(move || content::verify_blob(&owned, &blob)).await;
    verified.map_err(|panicked| oci::Error::Read { path: path.to_owned(), source: io::Error::other(panicked) })?
}
