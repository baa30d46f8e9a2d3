//! `release publish`: images of tags, on real history, with Bazel and a registry.

use crate::command::ended;
use crate::releases::monorepo::{Monorepo, SERVICES, interrupt_at};

#[test]
fn seven_tags_are_one_build_and_one_push() {
    let monorepo = Monorepo::new();
    let tags: Vec<String> = SERVICES.iter().map(|service| format!("{service}/v2.0.0-rc.1")).collect();
    for tag in &tags {
        monorepo.tag(tag);
    }
    let tags: Vec<&str> = tags.iter().map(String::as_str).collect();
    let ended = monorepo.publish_images(&tags).succeeded();
    assert_eq!(ended.stderr.matches("building ").count(), 1, "{}", ended.report());
    for service in SERVICES {
        assert!(monorepo.published(service, "v2.0.0-rc.1").is_some(), "{service}: {}", ended.report());
    }
}

#[test]
fn what_was_committed_later_is_another_image_and_is_refused_under_the_same_version() {
    let monorepo = Monorepo::new();
    monorepo.tag("vault/v1.0.0");
    monorepo.publish_images(&["vault/v1.0.0"]).succeeded();
    let digest = monorepo.published("vault", "v1.0.0");

    monorepo.set_program("vault", "2");
    monorepo.commit("Change vault (#2)");
    monorepo.git(&["tag", "--force", "vault/v1.0.0"]);
    let here = monorepo.publish_images(&["vault/v1.0.0"]).exited(1);
    here.complains(&["error: tag `vault/v1.0.0` is ", "on origin", "hint: a release tag never moves"]);

    monorepo.git(&["push", "--quiet", "--force", "origin", "refs/tags/vault/v1.0.0"]);
    let moved = monorepo.publish_images(&["vault/v1.0.0"]).exited(1);
    moved.complains(&[":v1.0.0` already exists with another digest", "refused", "hint: published tags never move"]);
    assert_eq!(monorepo.published("vault", "v1.0.0"), digest);
}

#[test]
fn tags_of_several_commits_are_each_built_as_they_were() {
    let monorepo = Monorepo::new();
    monorepo.tag("krane/v1.0.0");
    let before = monorepo.publish_images(&["krane/v1.0.0"]).succeeded();
    monorepo.set_program("krane", "2");
    monorepo.set_program("api", "2");
    monorepo.commit("Change two services");
    monorepo.tag("api/v1.1.0");
    // The older tag is not checked out and comes out as it was.
    let ended = monorepo.publish_images(&["krane/v1.0.0", "api/v1.1.0"]).succeeded();
    assert!(ended.stdout.starts_with(before.stdout.trim()), "{}", ended.report());
    assert_eq!(ended.stdout.lines().count(), 2, "{}", ended.report());
    assert_eq!(monorepo.git(&["worktree", "list"]).lines().count(), 1, "the checkout beside is gone");
}

#[test]
fn an_interrupted_build_beside_the_work_tree_leaves_nothing_there() {
    let monorepo = Monorepo::new();
    monorepo.tag("krane/v1.0.0");
    monorepo.commit("Nothing");
    let mut release = monorepo.release(&["publish", "--only", "image", "krane/v1.0.0"]);
    let status = interrupt_at(&mut release, "building krane/v1.0.0");
    assert_eq!(status.code(), Some(130), "{status}");
    assert_eq!(monorepo.git(&["worktree", "list"]).lines().count(), 1, "the checkout beside is gone");
    assert_eq!(monorepo.published("krane", "v1.0.0"), None);
}

#[test]
fn what_is_not_committed_is_not_released() {
    let monorepo = Monorepo::new();
    monorepo.tag("api/v1.0.0");
    // One edit that git shows, and one that it does not.
    monorepo.set_program("api", "not committed");
    monorepo.git(&["update-index", "--skip-worktree", "build/api/arm64"]);
    monorepo.publish_images(&["api/v1.0.0"]).succeeded().complains(&["pushed"]);
    monorepo.git(&["update-index", "--no-skip-worktree", "build/api/arm64"]);
    monorepo.git(&["checkout", "--quiet", "--", "build/api"]);
    monorepo.publish_images(&["api/v1.0.0"]).succeeded().complains(&["unchanged"]);
    let verified = ended(&mut monorepo.release(&["verify", "--trust-cache", "api/v1.0.0"])).succeeded();
    assert_eq!(verified.stdout.matches("same").count(), 3, "{}", verified.report());
}

#[test]
fn one_broken_service_does_not_stop_the_others() {
    let monorepo = Monorepo::new();
    std::fs::write(monorepo.folder().join("build/heimdall/amd64"), "#!/bin/sh\n").expect("written");
    monorepo.commit("Break heimdall");
    monorepo.tag("heimdall/v1.0.0");
    monorepo.tag("vault/v1.0.0");
    let ended = monorepo.publish_images(&["heimdall/v1.0.0", "vault/v1.0.0"]).exited(1);
    ended.clone().complains(&["error: heimdall/v1.0.0: `//build/heimdall:image_test` says FAILED"]);
    assert!(monorepo.published("vault", "v1.0.0").is_some(), "{}", ended.report());
    assert_eq!(monorepo.published("heimdall", "v1.0.0"), None);
}
