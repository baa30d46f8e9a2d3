//! The release tool as Bazel builds and runs it, asking Bazel in its turn.

use std::collections::BTreeSet;
use std::fs;

use parts::files::write;
use serde_json::Value;

use crate::command::{ended, make, stdout};
use crate::releases::monorepo::Monorepo;
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
        "tools/image_build/src/compress.rs",
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
    // What pushes, loads, checks and releases builds no image again.
    let tools: BTreeSet<_> = files.iter().filter_map(|file| file.strip_prefix("tools/")?.split('/').next()).collect();
    assert_eq!(
        tools,
        BTreeSet::from(["BUILD.bazel", "image_build", "oci", "program.bzl", "rust_crate.bzl", "terminal"])
    );
}

#[test]
fn no_action_of_an_image_runs_another_tool_than_image_build() {
    let mut bazel =
        Workspace::own().bazel(&["cquery", "--output=label", r#"filter("^//tools[:/]", deps(//build/api:image))"#]);
    let labels = stdout(&mut bazel);
    let packages: BTreeSet<_> = labels.lines().filter_map(|label| label.split(':').next()).collect();
    assert_eq!(packages, BTreeSet::from(["//tools/image_build", "//tools/oci", "//tools/terminal"]), "{labels}");
}

#[test]
fn closures_that_are_asked_for_together_are_those_of_each_service_alone() {
    let monorepo = Monorepo::new();
    let file = |name: &str| monorepo.folder().join("build/krane").join(name);
    // What only one service loads, one file by way of the other.
    let build_file = fs::read_to_string(file("BUILD.bazel")).expect("written");
    write(&file("BUILD.bazel"), format!("load(\":own.bzl\", \"OWN\")\n\n{build_file}"));
    write(&file("own.bzl"), b"load(\n    \"//build/krane:deep.bzl\",\n    \"DEEP\",\n)\n\nOWN = DEEP\n");
    write(&file("deep.bzl"), b"DEEP = []\n");
    let closures = |services: &[&str]| -> Value {
        let arguments = [&["closure", "--json"], services].concat();
        serde_json::from_str(&stdout(&mut monorepo.release(&arguments))).expect("JSON")
    };
    let together = closures(&[]);
    for (service, closure) in together.as_object().expect("an object") {
        assert_eq!(closure, &closures(&[service])[service], "{service}");
    }
    let krane = ["BUILD.bazel", "amd64", "arm64", "deep.bzl", "own.bzl"].map(|name| format!("build/krane/{name}"));
    assert_eq!(together["krane"]["paths"], serde_json::json!(krane));
    let vault = ["BUILD.bazel", "amd64", "arm64"].map(|name| format!("build/vault/{name}"));
    assert_eq!(together["vault"]["paths"], serde_json::json!(vault));
    write(&file("BUILD.bazel"), build_file);
    for name in ["own.bzl", "deep.bzl"] {
        fs::remove_file(file(name)).expect("removed");
    }
}

#[test]
fn an_image_that_cannot_be_analysed_is_named() {
    let monorepo = Monorepo::new();
    let build_file = monorepo.folder().join("build/krane/BUILD.bazel");
    let text = fs::read_to_string(&build_file).expect("written");
    write(&build_file, text.replace("//cpu:arm64\"", "//cpu:missing\""));
    let ended = ended(&mut monorepo.release(&["closure"])).exited(2);
    let message =
        "error: Bazel cannot tell the dependencies of `//build/krane:image`: exit status: 1, what it said is above";
    ended.complains(&[message, "resolving select() keys for //build/krane:program"]);
    write(&build_file, text);
}

#[test]
fn a_hostile_tag_is_refused_with_its_status() {
    let mut bazel = Workspace::own().bazel(&["run", "//tools/release", "--", "check"]);
    let ended = ended(bazel.env("RELEASE_TAG", "api/v1.2.3$(id)")).exited(1);
    ended.complains(&["error: `api/v1.2.3$(id)` is not a release tag: "]).lacks(&["uid="]);
}
