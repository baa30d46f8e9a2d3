//! `make push` to a registry: what arrives, under which name, and what happens to it the second time.

use std::path::Path;

use crate::command::{Ended, command, ended, make, stdout};
use crate::layout::Layout;
use crate::registry::Registry;
use crate::workspace;

/// The repository of the service below a registry and its prefix.
const REPOSITORY: &str = "unkeyed/api";

/// `make push` of one service to a registry, under the prefix of the project.
fn push(registry: &str, more: &[&str]) -> Ended {
    let registry = format!("REGISTRY={registry}/unkeyed");
    make([&["push", "SERVICE=api", registry.as_str()], more].concat())
}

#[test]
fn prints_the_digest_that_the_build_wrote_and_sends_nothing_the_second_time() {
    let registry = Registry::start();
    let digest = workspace::image().digest();
    let expected = format!("{}/{REPOSITORY}@{digest}\n", registry.address());
    assert_eq!(push(registry.address(), &[]).succeeded().stdout, expected);
    // Without a version the tag is made of the digest: 12 digits, and more where those would be a number that SemVer does not
    // allow.
    let tags = registry.tags(REPOSITORY);
    let tag = tags[0].strip_prefix("v0.0.0-dev.").expect("a development version");
    assert!(tags.len() == 1 && tag.len() >= 12 && digest["sha256:".len()..].starts_with(tag), "{tags:?}");
    let second = push(registry.address(), &[]).succeeded().complains(&["(unchanged)", "0 B"]);
    assert_eq!(second.stdout, expected);
}

#[test]
fn a_version_is_the_only_tag_and_every_blob_can_be_pulled_as_it_was_built() {
    let registry = Registry::start();
    push(registry.address(), &["TAG=v1.2.3"]).succeeded();
    assert_eq!(registry.tags(REPOSITORY), ["v1.2.3"]);
    push(registry.address(), &["TAG=v1.2.3"]).succeeded().complains(&["v1.2.3 (unchanged)", "0 B"]);
    let reference = format!("{}/{REPOSITORY}:v1.2.3", registry.address());
    let folder = tempfile::tempdir().expect("a folder");

    let by_skopeo = folder.path().join("skopeo");
    ended(
        command("skopeo")
            .args(["--insecure-policy", "copy", "--quiet", "--src-tls-verify=false", "--multi-arch", "all"])
            .args(["--preserve-digests", &format!("docker://{reference}"), &format!("oci:{}", by_skopeo.display())]),
    )
    .succeeded();
    assert_same_blobs(&by_skopeo);

    let by_crane = folder.path().join("crane");
    ended(command("crane").args(["pull", "--format", "oci", &reference]).arg(&by_crane)).succeeded();
    assert_same_blobs(&by_crane);
    ended(command("crane").args(["validate", "--remote", &reference])).succeeded();

    let built = workspace::image();
    assert_eq!(stdout(command("crane").args(["digest", &reference])), built.digest());
    let manifest = ended(command("crane").args(["manifest", &reference])).succeeded().stdout;
    assert_eq!(manifest.trim_end().as_bytes(), built.blob(&built.digest()).trim_ascii_end());
}

fn assert_same_blobs(pulled: &Path) {
    let (pulled, built) = (Layout::open(pulled).blobs(), workspace::image().blobs());
    // The names first: bytes in an assertion's message help nobody.
    assert_eq!(pulled.keys().collect::<Vec<_>>(), built.keys().collect::<Vec<_>>());
    for (digest, bytes) in &built {
        assert!(pulled[digest] == *bytes, "{digest} differs");
    }
}
