//! `release publish` with releases on GitHub: the stand-in for its API, a registry, Bazel and origin.

use std::process::Command;

use parts::github::{GitHub, Release, Rights, answer};

use crate::command::{Ended, ended};
use crate::releases::monorepo::{Monorepo, kill, kill_at, start};

/// The repository on GitHub.
const NAME: &str = "unkeyed/unkey";

/// A secret that must be seen nowhere.
const TOKEN: &str = "token-of-a-test";

/// Where releases are made.
const RELEASES: &str = "/repos/unkeyed/unkey/releases";

fn github() -> GitHub {
    let github = GitHub::start(NAME);
    github.grant(TOKEN, Rights::Write);
    github
}

fn publish(monorepo: &Monorepo, github: &GitHub, arguments: &[&str]) -> Ended {
    ended(&mut publishing(monorepo, github, arguments)).lacks(&[TOKEN])
}

/// The same, not started yet.
fn publishing(monorepo: &Monorepo, github: &GitHub, arguments: &[&str]) -> Command {
    let mut release = monorepo.release(&[&["publish"], arguments].concat());
    release.env("GITHUB_TOKEN", TOKEN).env("GITHUB_API_URL", github.url()).env("GITHUB_REPOSITORY", NAME);
    release
}

/// What was asked to change something.
fn writes(github: &GitHub) -> Vec<String> {
    let requests = github.requests().into_iter().filter(|request| request.method != "GET");
    requests.map(|request| format!("{} {}", request.method, request.uri)).collect()
}

/// Nothing has changed in the registry since it had got this many requests.
fn assert_only_reads(monorepo: &Monorepo, requests: usize) {
    let new = monorepo.registry.requests().split_off(requests);
    assert!(new.iter().all(|request| request.starts_with("HEAD ") || request.starts_with("GET ")), "{new:#?}");
}

#[test]
fn the_first_release_the_second_and_each_again() {
    let (monorepo, github) = (Monorepo::new(), github());
    monorepo.tag("api/v1.0.0");
    let published = publish(&monorepo, &github, &["api/v1.0.0"]).succeeded();
    let digest = monorepo.published("api", "v1.0.0").expect("published");
    assert_eq!(published.stdout.trim(), format!("{}/unkeyed/api@{digest}", monorepo.registry.address()));
    published.complains(&["api/v1.0.0: may be released", "pushed"]);
    let first = github.releases().pop().expect("a release");
    assert_eq!((first.tag_name.as_str(), first.draft, first.prerelease), ("api/v1.0.0", false, false));
    let notes = first.body.expect("notes");
    assert!(
        notes.starts_with("First release.\n") && notes.contains(&format!("/unkeyed/api:v1.0.0@{digest}\n")),
        "{notes}"
    );

    monorepo.set_program("api", "2");
    monorepo.commit("Answer faster (#7)");
    monorepo.set_program("vault", "2");
    monorepo.commit("Lock better (#8)");
    monorepo.tag("api/v1.1.0-rc.1");
    publish(&monorepo, &github, &["api/v1.1.0-rc.1"]).succeeded();
    let second = github.releases().pop().expect("a release");
    assert!(second.prerelease && !second.draft);
    let notes = second.body.expect("notes");
    assert!(notes.contains("## Changes since v1.0.0") && notes.contains("Answer faster"), "{notes}");
    assert!(!notes.contains("Lock better"), "that cannot change this service: {notes}");
    let is_latest = |release: &Release| release.make_latest.as_deref() != Some("false");
    assert!(!github.releases().iter().any(is_latest), "no service is GitHub's latest release");

    let (before, requests) = (writes(&github), monorepo.registry.requests().len());
    for tag in ["api/v1.0.0", "api/v1.1.0-rc.1"] {
        publish(&monorepo, &github, &[tag]).succeeded().complains(&["unchanged"]);
    }
    assert_eq!(writes(&github), before, "what is done is not done again");
    assert_only_reads(&monorepo, requests);
}

#[test]
fn killed_after_any_step_the_next_run_finishes() {
    let (monorepo, github) = (Monorepo::new(), github());
    // Before the build, in it, while the image travels, before the draft.
    for (number, line) in ["may be released", "building ", ": sending ", ": writing the notes"].into_iter().enumerate()
    {
        monorepo.set_program("krane", line);
        monorepo.commit("Change krane");
        let tag = format!("krane/v1.{number}.0");
        monorepo.tag(&tag);
        let mut release = publishing(&monorepo, &github, &[&tag]);
        kill_at(&mut release, line);
        finishes(&monorepo, &github, &tag);
    }
}

#[test]
fn killed_at_github_the_next_run_finishes() {
    let (monorepo, github) = (Monorepo::new(), github());
    let steps = [("POST", RELEASES.to_owned()), ("PATCH", format!("{RELEASES}/*"))];
    for (number, (method, path)) in steps.into_iter().enumerate() {
        monorepo.set_program("vault", method);
        monorepo.commit("Change vault");
        let tag = format!("vault/v1.{number}.0");
        monorepo.tag(&tag);
        let mut release = publishing(&monorepo, &github, &[&tag]);
        let (running, process) = start(&mut release);
        github.next(method, &path, move |ordinary| {
            kill(process);
            Some(ordinary())
        });
        let status = running.wait();
        assert!(!status.success(), "{method}: it was killed");
        finishes(&monorepo, &github, &tag);
    }
}

fn finishes(monorepo: &Monorepo, github: &GitHub, tag: &str) {
    publish(monorepo, github, &[tag]).succeeded();
    let (service, version) = tag.split_once('/').expect("a tag");
    assert!(monorepo.published(service, version).is_some(), "{tag}");
    let releases: Vec<Release> = github.releases().into_iter().filter(|one| one.tag_name == tag).collect();
    assert_eq!(releases.len(), 1, "{tag}: {releases:#?}");
    assert!(!releases[0].draft, "{tag}");
}

#[test]
fn an_answer_that_is_lost_leaves_one_release() {
    let (monorepo, github) = (Monorepo::new(), github());
    monorepo.tag("api/v1.0.0");
    github.next("POST", RELEASES, |ordinary| {
        ordinary();
        None
    });
    publish(&monorepo, &github, &["api/v1.0.0"]).exited(2).complains(&[
        "error: api/v1.0.0: cannot reach GitHub to make a draft of `api/v1.0.0`",
        "hint: run the same command again",
    ]);
    finishes(&monorepo, &github, "api/v1.0.0");
}

#[test]
fn what_github_refuses_is_told_apart_and_found_before_the_build() {
    let (monorepo, github) = (Monorepo::new(), github());
    monorepo.tag("api/v1.0.0");
    for (status, body, parts) in [
        (401, r#"{"message":"Bad credentials"}"#, ["does not accept the token", "Bad credentials", "make a new one"]),
        (
            403,
            r#"{"message":"Resource not accessible"}"#,
            ["does not allow the token", "Resource not", "contents: write"],
        ),
        (404, r#"{"message":"Not Found"}"#, ["GitHub has no `unkeyed/unkey`", "does not show it", "GITHUB_REPOSITORY"]),
        (
            429,
            r#"{"message":"Slow down"}"#,
            ["left alone for a while", "Slow down", "run the same command again in 120 min"],
        ),
    ] {
        // Longer than anybody waits. By 403 that header asks to wait, and here it is about rights.
        let headers: &[(&str, &str)] = if status == 403 { &[] } else { &[("retry-after", "7200")] };
        github.answer_next("GET", "/repos/unkeyed/unkey", answer(status, headers, body));
        let ended = publish(&monorepo, &github, &["api/v1.0.0"]).exited(2).complains(&parts);
        ended.lacks(&["building "]);
    }
    for _ in 0..4 {
        github.answer_next("GET", "/repos/unkeyed/unkey", answer(502, &[], "<html>"));
    }
    let ended = publish(&monorepo, &github, &["api/v1.0.0"]).exited(2);
    ended.complains(&["GitHub answered `502 Bad Gateway`", "hint: run the same command again"]).lacks(&["building "]);

    let mut without = monorepo.release(&["publish", "api/v1.0.0"]);
    let without = ended_without_token(&mut without);
    without.complains(&["error: there is no token for GitHub", "hint: set `GITHUB_TOKEN`"]).lacks(&["building "]);
    assert_eq!(monorepo.published("api", "v1.0.0"), None);

    let invalid = r#"{"message":"Validation Failed","errors":[{"code":"custom","message":"body is too long"}]}"#;
    github.answer_next("POST", RELEASES, answer(422, &[], invalid));
    publish(&monorepo, &github, &["api/v1.0.0"])
        .exited(2)
        .complains(&["GitHub refuses to make a draft", "body is too long"]);
    finishes(&monorepo, &github, "api/v1.0.0");
}

fn ended_without_token(release: &mut Command) -> Ended {
    ended(release.env("GITHUB_REPOSITORY", NAME)).exited(2)
}

#[test]
fn a_tag_that_disappears_meanwhile_gets_no_release() {
    let (monorepo, github) = (Monorepo::new(), github());
    monorepo.tag("api/v1.0.0");
    let mut delete = monorepo.git_command(&["push", "--quiet", "--delete", "origin", "refs/tags/api/v1.0.0"]);
    github.next("POST", RELEASES, move |ordinary| {
        assert!(delete.status().expect("git").success());
        Some(ordinary())
    });
    publish(&monorepo, &github, &["api/v1.0.0"]).exited(1).complains(&["tag `api/v1.0.0` does not exist on origin"]);
    assert!(github.releases().iter().all(|release| release.draft), "GitHub would have made a tag of its own");
}

#[test]
fn a_registry_that_goes_away_half_way_is_caught_up_with() {
    let (mut monorepo, github) = (Monorepo::new(), github());
    monorepo.tag("api/v1.0.0");
    monorepo.tag("vault/v1.0.0");
    let gone = monorepo.registry.address().to_owned();
    monorepo.registry.stop();
    let failed = publish(&monorepo, &github, &["api/v1.0.0", "vault/v1.0.0", "--attempts", "1"]).exited(2);
    failed.complains(&[&format!("cannot reach registry `{gone}`"), "api/v1.0.0", "vault/v1.0.0", "failed"]);
    assert_eq!(writes(&github), Vec::<String>::new(), "no release without its image");

    monorepo.registry = crate::registry::Registry::start();
    publish(&monorepo, &github, &["api/v1.0.0", "vault/v1.0.0"]).succeeded();
    finishes(&monorepo, &github, "api/v1.0.0");
    finishes(&monorepo, &github, "vault/v1.0.0");
}

#[test]
fn jobs_with_fewer_rights_do_a_part_each() {
    let (monorepo, github) = (Monorepo::new(), github());
    monorepo.tag("frontline/v1.0.0");
    let early = publish(&monorepo, &github, &["--only", "github-release", "frontline/v1.0.0"]).exited(1);
    early.complains(&[
        "has no image `frontline/v1.0.0`",
        "hint: make release ARGS='publish frontline/v1.0.0 --only image'",
    ]);
    assert_eq!(writes(&github), Vec::<String>::new());

    monorepo.publish_images(&["frontline/v1.0.0"]).succeeded();
    let requests = monorepo.registry.requests().len();
    publish(&monorepo, &github, &["--only", "github-release", "frontline/v1.0.0"]).succeeded().lacks(&["building "]);
    assert_only_reads(&monorepo, requests);
    let notes = github.releases().pop().and_then(|release| release.body).expect("notes");
    assert!(notes.contains("| linux/amd64 |") && notes.contains("| linux/arm64/v8 |"), "{notes}");
}
