//! The release tool as Bazel builds and runs it, asking Bazel in its turn.

use crate::command::{ended, make};
use crate::workspace::Workspace;

#[test]
fn what_can_change_an_image_is_what_it_is_built_of() {
    let ended = make(["release", "ARGS=closure api"]).succeeded();
    let files: Vec<&str> = ended.stdout.lines().collect();
    for file in [
        "build/api/BUILD.bazel",
        "build/api/main.rs",
        "build/util/private/service_image.bzl",
        "svc/api/src/lib.rs",
        "svc/runtime/src/server.rs",
        // Compresses the layers.
        "tools/image/src/compress.rs",
    ] {
        assert!(files.contains(&file), "`{file}` is missing in {files:#?}");
    }
    for file in [
        "README.md",
        "svc/vault/src/lib.rs",
        "tests/services/src/main.rs",
        "tests/e2e/src/main.rs",
        "tools/release/src/lib.rs",
    ] {
        assert!(!files.contains(&file), "`{file}` cannot change the image");
    }
}

#[test]
fn a_hostile_tag_is_refused_with_its_status() {
    let mut bazel = Workspace::own().bazel(&["run", "//tools/release", "--", "check"]);
    let ended = ended(bazel.env("RELEASE_TAG", "api/v1.2.3$(id)")).exited(1);
    ended.complains(&["error: `api/v1.2.3$(id)` is not a release tag: "]).lacks(&["uid="]);
}
