//! `release verify`, `release status` and `release doctor`: what is published, seen from outside.

use parts::github::{GitHub, Rights, Settings, tag_ruleset};

use crate::command::{Ended, ended};
use crate::releases::monorepo::Monorepo;

fn run(monorepo: &Monorepo, arguments: &[&str]) -> Ended {
    ended(&mut monorepo.release(arguments))
}

#[test]
fn an_image_is_what_its_commit_makes_or_is_called_another() {
    let monorepo = Monorepo::new();
    monorepo.tag("api/v1.0.0");
    let missing = run(&monorepo, &["verify", "--trust-cache", "api/v1.0.0"]).exited(1);
    missing.complains(&["has no image `api/v1.0.0`"]);
    monorepo.publish_images(&["api/v1.0.0"]).succeeded();
    // Elsewhere than where it was built, and although something else is checked out.
    monorepo.set_program("api", "2");
    monorepo.commit("Change api");
    let same = run(&monorepo, &["verify", "--trust-cache", "api/v1.0.0"]).succeeded();
    assert_eq!(same.stdout.matches("same").count(), 3, "{}", same.report());

    // The same tag in a registry that somebody else pushed to.
    monorepo.publish_other("api", "v1.0.0");
    let other = run(&monorepo, &["verify", "--trust-cache", "api/v1.0.0"]).exited(1);
    assert!(
        other.stderr.contains("is not what its commit makes") || other.stderr.contains("label"),
        "{}",
        other.report()
    );
}

#[test]
fn status_knows_what_the_registry_has() {
    let monorepo = Monorepo::new();
    monorepo.tag("api/v1.0.0");
    monorepo.tag("vault/v1.0.0");
    monorepo.publish_images(&["api/v1.0.0"]).succeeded();
    let status = run(&monorepo, &["status"]).succeeded();
    let line = |service: &str| status.stdout.lines().find(|line| line.starts_with(service)).unwrap_or_default();
    assert!(line("api").ends_with("up to date      published"), "{}", status.report());
    assert!(line("vault").ends_with("up to date      missing"), "{}", status.report());
    assert!(line("krane").ends_with("never released  -"), "{}", status.report());
}

#[test]
fn the_doctor_names_what_is_wrong_and_how_to_mend_it() {
    let (monorepo, github) = (Monorepo::new(), GitHub::start("unkeyed/unkey"));
    github.grant("administrator", Rights::Administration);
    github.grant("workflow", Rights::Read);
    let doctor = |token: &str| {
        let mut doctor = monorepo.release(&["doctor"]);
        doctor.env("GITHUB_TOKEN", token).env("GITHUB_API_URL", github.url()).env("GITHUB_REPOSITORY", "unkeyed/unkey");
        ended(&mut doctor).lacks(&[token])
    };
    let sick = doctor("administrator").exited(1);
    for part in [
        "ok       Bazel runs: ",
        "WRONG    release tags cannot be moved",
        "fix: https://github.com/unkeyed/unkey/settings",
    ] {
        assert!(sick.stdout.contains(part), "no `{part}` in {}", sick.report());
    }
    let blind = doctor("workflow");
    assert!(blind.stdout.contains("unknown  workflows only read"), "{}", blind.report());
    assert!(doctor("nobody").exited(1).stdout.contains("WRONG    GitHub knows the token"));

    let rulesets = vec![tag_ruleset(1, &["refs/tags/*/v*"], &["update", "deletion"])];
    github.configure(Settings { immutable_releases: true, rulesets, ..Settings::default() });
    let well = doctor("administrator").succeeded();
    assert!(!well.stdout.contains("WRONG") && !well.stdout.contains("unknown"), "{}", well.report());
}
