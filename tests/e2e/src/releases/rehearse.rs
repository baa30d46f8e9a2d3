//! The commands of the release workflow, for a tag of the commit at hand: every job, against a registry and GitHub's API on this
//! machine. The client's is in `client`.

use std::fs;

use parts::files::{write, write_program};

use crate::command::{command, ended, make};
use crate::workspace::{self, Workspace};

/// A workflow of the client whose jobs all try to publish to npm.
const PUBLISHING: &str = r#"
name: Release
on: {push: {tags: ["cli/v*"]}}
jobs:
  build:
    name: Build
    runs-on: x
    permissions: {contents: write, id-token: none}
    steps:
      - STEP
  npm:
    name: Publish
    runs-on: x
    permissions: {contents: read, id-token: write}
    steps:
      - STEP
  release:
    name: Release
    runs-on: x
    permissions: {contents: write}
    steps:
      - STEP
"#;

/// Publishes a package as npm does, with what every machine has.
const PUBLISH: &str = r#"name: Publish
        run: |
          registry=$(sed -n 's/^registry=//p' "$NPM_CONFIG_USERCONFIG")
          token=$(sed -n 's/.*:_authToken="\{0,1\}\([^"]*\)"\{0,1\}$/\1/p' "$NPM_CONFIG_USERCONFIG")
          echo "token: ${token:+yes}"
          address=${registry#http://} address=${address%%/*}
          file=$(printf tarball | base64)
          body='{"_id": "@a/b", "name": "@a/b", "dist-tags": {"latest": "1.2.3"}, "versions": {"1.2.3": {"name": "@a/b",
            "version": "1.2.3", "dist": {"tarball": "'$registry'@a/b/-/b-1.2.3.tgz"}}}, "_attachments": {"b-1.2.3.tgz": {
            "content_type": "application/octet-stream", "data": "'$file'", "length": 7}}}'
          exec 3<>"/dev/tcp/127.0.0.1/${address##*:}"
          printf 'PUT /@a%%2fb HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\n' "$address" >&3
          if [ -n "$token" ]; then printf 'Authorization: Bearer %s\r\n' "$token" >&3; fi
          printf 'Connection: close\r\nContent-Length: %s\r\n\r\n%s' "${#body}" "$body" >&3
          read -r _ status _ <&3
          echo "publish: $status""#;

#[test]
fn a_tag_becomes_an_image_and_a_release() {
    let ended = make(["rehearse", "TAG=api/v0.0.1-rehearsal.1"]).succeeded();
    for (job, step) in [
        ("check", "Check out"),
        ("", "Set up Bazel"),
        ("", "Check the tag"),
        ("image", "Check out"),
        ("", "Log in to the registry"),
        ("", "Build, check and push the image"),
        ("release", "Check out"),
        ("", "Make the release on GitHub"),
    ] {
        let row = format!("\n{job:7}  {step} ");
        assert!(ended.stdout.contains(&row), "no `{row}` in {}", ended.report());
    }
    let image = ended.stdout.lines().find_map(|line| line.strip_prefix("image    127.0.0.1:")).expect("an image");
    assert!(image.ends_with("/unkeyed/api:v0.0.1-rehearsal.1"), "{image}");
    let (_, rest) = ended.stdout.split_once("\nrelease  api/v0.0.1-rehearsal.1 (published)\n").expect("a release");
    assert_eq!(rest, "\napi/v0.0.1-rehearsal.1: every job was done\n");
    ended.lacks(&["ghs-rehearsal"]);
}

#[test]
fn a_hostile_tag_is_refused_before_a_shell_sees_it() {
    // What the workflow's pattern lets through and the release tool does not.
    let ended = Workspace::own().run(&["run", "//tools/rehearse", "--", "api/v1.2.3$(touch${IFS}pwned)"]).exited(1);
    for expected in ["FAILED: exit status: 1", "nothing is published", "not reached"] {
        assert!(ended.stdout.contains(expected), "no `{expected}` in {}", ended.report());
    }
    ended.complains(&["is not a release tag"]);
}

#[test]
fn whom_npm_trusts_publishes_and_what_is_published_is_kept() {
    let folder = tempfile::tempdir().expect("a folder");
    let repository = folder.path().join("repository");
    write(&repository.join(".github/workflows/release.yaml"), PUBLISHING.replace("STEP", PUBLISH));
    let script = format!("#!/bin/sh\nexec '{}/dev/program.sh' \"$@\"\n", workspace::root().display());
    write_program(&repository.join("dev/program.sh"), script);
    for arguments in [&["init", "--quiet"][..], &["add", "--all"], &["commit", "--quiet", "--message", "Begin"]] {
        let mut git = command("git");
        git.args(["-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false"]);
        ended(git.args(arguments).current_dir(&repository)).succeeded();
    }
    let mut rehearse = command(Workspace::own().build(&[], "//tools/rehearse"));
    rehearse.env_remove("BUILD_WORKING_DIRECTORY").current_dir(&repository).args([
        "--clone",
        "trust",
        "--keep",
        "kept",
        "cli/v1.2.3",
    ]);
    let ended = ended(&mut rehearse).succeeded();
    let said: Vec<_> =
        ended.stderr.lines().filter(|line| line.starts_with("token: ") || line.starts_with("publish: ")).collect();
    let expected = ["token: ", "publish: 401", "token: yes", "publish: 201", "token: ", "publish: 401"];
    assert_eq!(said, expected, "{}", ended.report());
    assert!(ended.stdout.contains("\nnpm      @a/b@1.2.3 (latest)\n"), "{}", ended.report());
    assert_eq!(fs::read(repository.join("kept/npm/b-1.2.3.tgz")).expect("the tarball"), b"tarball");
    assert_eq!(fs::read_dir(repository.join("kept")).expect("a folder").count(), 1);
}
