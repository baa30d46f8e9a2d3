//! `make push` to a registry: what arrives, under which name, and what happens to it the second time.

use std::fs;
use std::path::Path;

use crate::command::{Ended, command, ended, make, stdout};
use crate::layout::Layout;
use crate::registry::Registry;
use crate::workspace;

/// The repository of the service below a registry and its prefix.
const REPOSITORY: &str = "unkeyed/api";

/// `make push` of one service to a registry, under the prefix of the project.
pub fn push(registry: &str, more: &[&str]) -> Ended {
    let registry = format!("REGISTRY={registry}/unkeyed");
    make([&["push", "SERVICE=api", registry.as_str()], more].concat())
}

/// The tag of an image that no release made.
fn development_tag(digest: &str) -> String {
    format!("v0.0.0-dev.{}", &digest["sha256:".len()..][..12])
}

#[test]
fn prints_the_digest_that_the_build_wrote() {
    let registry = Registry::start();
    let pushed = push(registry.address(), &[]).succeeded();
    let digest = workspace::image().digest();
    assert_eq!(pushed.stdout, format!("{}/{REPOSITORY}@{digest}\n", registry.address()));
}

#[test]
fn without_a_version_the_tag_is_made_of_the_digest() {
    let registry = Registry::start();
    push(registry.address(), &[]).succeeded();
    let tags = registry.tags(REPOSITORY);
    assert_eq!(tags.len(), 1, "{tags:?}");
    // 12 digits, and more where those would be a number that SemVer does not allow.
    assert!(tags[0].starts_with(&development_tag(&workspace::image().digest())), "{tags:?}");
    assert!(workspace::image().digest()["sha256:".len()..].starts_with(&tags[0]["v0.0.0-dev.".len()..]), "{tags:?}");
}

#[test]
fn with_a_version_that_is_the_only_tag() {
    let registry = Registry::start();
    push(registry.address(), &["TAG=v1.2.3"]).succeeded();
    assert_eq!(registry.tags(REPOSITORY), ["v1.2.3"]);
    push(registry.address(), &["TAG=v1.2.4-rc.1"]).succeeded();
    assert_eq!(registry.tags(REPOSITORY), ["v1.2.3", "v1.2.4-rc.1"]);
}

#[test]
fn skopeo_and_crane_pull_every_blob_as_it_was_built() {
    let registry = Registry::start();
    push(registry.address(), &["TAG=v1.2.3"]).succeeded();
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

    let built = workspace::image();
    assert_eq!(stdout(command("crane").args(["digest", &reference])), built.digest());
    let manifest = ended(command("crane").args(["manifest", &reference])).succeeded().stdout;
    assert_eq!(manifest.trim_end().as_bytes(), built.blob(&built.digest()).trim_ascii_end());
}

#[test]
fn every_blob_of_the_image_passes_crane_validate() {
    let registry = Registry::start();
    push(registry.address(), &["TAG=v1.2.3"]).succeeded();
    let reference = format!("{}/{REPOSITORY}:v1.2.3", registry.address());
    ended(command("crane").args(["validate", "--remote", &reference])).succeeded();
}

#[test]
fn the_second_time_nothing_is_sent() {
    let registry = Registry::start();
    push(registry.address(), &["TAG=v1.2.3"]).succeeded();
    push(registry.address(), &["TAG=v1.2.3"]).succeeded().complains(&["v1.2.3 (unchanged)", "0 B"]);

    let first = push(registry.address(), &[]).succeeded();
    let second = push(registry.address(), &[]).succeeded().complains(&["(unchanged)", "0 B"]);
    assert_eq!(first.stdout, second.stdout);
}

#[test]
fn a_version_that_has_other_content_is_refused_and_stays() {
    let registry = Registry::start();
    let reference = format!("{}/{REPOSITORY}:v1.2.3", registry.address());
    let folder = tempfile::tempdir().expect("a folder");
    let layer = folder.path().join("layer.tar");
    write_layer(&layer);
    ended(command("crane").args(["append", "--new_tag", &reference, "--new_layer"]).arg(&layer)).succeeded();
    let before = stdout(command("crane").args(["digest", &reference]));
    assert_ne!(before, workspace::image().digest());

    let refused = push(registry.address(), &["TAG=v1.2.3"]).recipe_exited(1);
    assert_eq!(refused.stdout, "");
    refused.complains(&["error: ", &reference, &before, &workspace::image().digest()]);
    assert_eq!(stdout(command("crane").args(["digest", &reference])), before);
    assert_eq!(registry.tags(REPOSITORY), ["v1.2.3"]);
}

/// A layer that no build makes.
fn write_layer(path: &Path) {
    let mut archive = tar::Builder::new(fs::File::create(path).expect("a file"));
    let content = b"other content\n";
    let mut header = tar::Header::new_gnu();
    header.set_size(content.len() as u64);
    header.set_mode(0o644);
    archive.append_data(&mut header, "other", &content[..]).expect("written");
    archive.finish().expect("written");
}

fn assert_same_blobs(pulled: &Path) {
    let (pulled, built) = (Layout::open(pulled).blobs(), workspace::image().blobs());
    // The names first: bytes in an assertion's message help nobody.
    assert_eq!(pulled.keys().collect::<Vec<_>>(), built.keys().collect::<Vec<_>>());
    for (digest, bytes) in &built {
        assert!(pulled[digest] == *bytes, "{digest} differs");
    }
}
