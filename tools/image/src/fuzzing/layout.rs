//! Layouts: any index, manifests and configs, with digests and lengths that are true.

use crate::check::{self, Contract};
use crate::fuzzing::scratch::LayoutFolder;
use crate::inspect;
use oci::content::{self, Content};
use oci::digest;
use registry::fuzzing::pieces;

/// How many blobs an input may have; the placeholders are single digits.
const BLOBS: usize = 10;

/// The last piece is `index.json`, the others are blobs. In each of them `$0` stands for `"digest":...,"size":...` of
/// the first blob and `%0` for its digest in quotes, for all blobs before it.
pub fn layout(bytes: &[u8]) {
    let mut folder = LayoutFolder::new();
    let mut names: Vec<(String, String)> = Vec::new();
    let pieces = pieces(bytes, BLOBS + 1);
    let Some((index, blobs)) = pieces.split_last() else { return };
    for blob in blobs {
        let blob = filled_in(blob, &names);
        names.push((folder.blob(&blob), format!("\"{}\"", digest::of_bytes(&blob))));
    }
    folder.finish(&filled_in(index, &names));
    judge(&folder);
}

/// Looks into the layout by every door; what is found good must not be any more once a blob is altered.
pub fn judge(folder: &LayoutFolder) {
    let path = folder.path();
    if let Ok(inspection) = inspect::inspect(&path) {
        let text = inspect::render(&inspection);
        assert!(!text.chars().any(|letter| letter.is_control() && letter != '\n'), "{text:?}");
    }
    open(folder);
    let contract = Contract {
        binary: Some("/api".to_owned()),
        base_layouts: vec![path.clone()],
        platforms: Some(vec!["linux/amd64".to_owned()]),
        user: Some("65532".to_owned()),
        required_labels: vec!["org.opencontainers.image.source".to_owned()],
        stamped: Some(false),
        ..Contract::default()
    };
    let from_scratch = Contract { base_layouts: Vec::new(), ..contract.clone() };
    for contract in [&contract, &from_scratch] {
        drop(check::check(&path, Some(contract)));
    }
    // Every blob counts only where each is referred to; a warning says that one is not.
    if !check::check(&path, None).is_ok_and(|report| report.is_good() && report.findings.is_empty()) {
        return;
    }
    folder.with_each_blob_altered(|path, digest| {
        let is_good = check::check(path, None).is_ok_and(|report| report.is_good());
        assert!(!is_good, "`{digest}` was altered, and nothing was found");
    });
}

/// What a push would send is what descriptors say.
fn open(folder: &LayoutFolder) {
    let Ok(content) = Content::open(folder.path()) else { return };
    assert_eq!(digest::of_bytes(&content.root().bytes), *content.root().descriptor.digest());
    for image in content.images() {
        assert_eq!(digest::of_bytes(&image.document.bytes), *image.document.descriptor.digest());
        assert_eq!(digest::of_bytes(&image.config.bytes), *image.config.descriptor.digest());
        // Any sum will do, none may overflow.
        let _ = image.size();
    }
    for blob in content.blobs() {
        let path = content.blob_path(blob).expect("its length was compared");
        drop(content::verify_blob(&path, blob));
    }
}

fn filled_in(template: &[u8], names: &[(String, String)]) -> Vec<u8> {
    let mut filled = Vec::with_capacity(template.len());
    let mut rest = template;
    while let [first, following @ ..] = rest {
        let name = following.first().and_then(|digit| names.get(usize::from(digit.wrapping_sub(b'0'))));
        match (first, name) {
            (b'$', Some((members, _))) => filled.extend_from_slice(members.as_bytes()),
            (b'%', Some((_, digest))) => filled.extend_from_slice(digest.as_bytes()),
            _ => {
                filled.push(*first);
                rest = following;
                continue;
            }
        }
        rest = &following[1..];
    }
    filled
}
