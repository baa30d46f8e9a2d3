//! The commands of the release workflow, for a tag of the commit at hand: every job, against a registry and GitHub's API on this
//! machine.

use crate::command::make;
use crate::workspace::Workspace;

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
