//! `release notes`: what is in a release, whatever other services did.

use std::fs;

use crate::scene::Scene;

fn released() -> Scene {
    let scene = Scene::new();
    scene.tag("api/v1.0.0");
    scene.write("build/api/main.rs", "one");
    scene.commit("Improve api (#1)");
    scene.write("build/worker/main.rs", "one");
    scene.commit("Improve worker (#2)");
    scene.push_main();
    // Another service's release in between, and one of a lower line later.
    scene.tag("worker/v3.0.0");
    scene.write("build/api/main.rs", "two");
    scene.commit("Improve api again");
    scene.push_main();
    scene.tag("api/v1.1.0-rc.1");
    scene.tag("api/v1.1.0");
    scene
}

fn notes(scene: &Scene, arguments: &[&str]) -> (i32, String, String) {
    scene.run(&[&["notes", "--closures", &scene.closures()], arguments].concat())
}

#[test]
fn notes_begin_at_the_services_own_release_before() {
    let scene = released();
    let commits = scene.git(&["log", "--format=%H"]);
    let commits: Vec<&str> = commits.lines().collect();
    let expected = format!(
        "## Changes since v1.0.0\n\n- Improve api again {}\n- Improve api (#1) {}\n\n\
         ## Image\n\n```\nghcr.io/unkeyed/api:v1.1.0\n```\n",
        commits[0], commits[2]
    );
    assert_eq!(notes(&scene, &["api/v1.1.0"]), (0, expected, String::new()));
    let (status, stdout, _) = notes(&scene, &["worker/v3.0.0"]);
    assert_eq!((status, stdout.lines().next()), (0, Some("First release.")));
}

#[test]
fn pull_requests_are_linked_where_origin_is_on_github() {
    let scene = released();
    let origin = scene.path("origin.git");
    scene.git(&["config", &format!("url.{}.insteadOf", origin.display()), "https://github.com/unkeyed/unkey"]);
    scene.git(&["remote", "set-url", "origin", "https://github.com/unkeyed/unkey"]);
    let (_, stdout, stderr) = notes(&scene, &["api/v1.1.0"]);
    assert!(stdout.contains(" ([#1](https://github.com/unkeyed/unkey/pull/1)) "), "{stdout}{stderr}");
}

#[test]
fn every_address_of_github_makes_links() {
    let scene = released();
    let links = |arguments: &[&str], variables: &[(&str, &str)]| {
        scene.git(arguments);
        let mut command = scene.release(&["notes", "--no-fetch", "--closures", &scene.closures(), "api/v1.1.0"]);
        command.envs(variables.iter().copied());
        let (status, stdout, stderr) = scene.run_command(&mut command);
        assert_eq!(status, 0, "{stderr}");
        stdout.split(['(', ')']).find(|part| part.ends_with("/pull/1")).map(str::to_owned)
    };
    let set_url = |url| ["config", "remote.origin.url", url];
    let public = Some("https://github.com/o/r/pull/1".to_owned());
    assert_eq!(links(&set_url("ssh://git@ssh.github.com:443/o/r.git"), &[]), public);
    assert_eq!(links(&set_url("https://github.com@evil.example/o/r"), &[]), None);
    let elsewhere = [("GITHUB_SERVER_URL", "https://ghe.example")];
    assert_eq!(links(&set_url("git@ghe.example:o/r"), &elsewhere).unwrap(), "https://ghe.example/o/r/pull/1");
    let named = [("GITHUB_REPOSITORY", "o/r")];
    assert_eq!(links(&set_url("/srv/mirror.git"), &named), public);
    assert_eq!(links(&["config", "remote.origin.pushurl", "gh:o/r"], &[]), None);
    assert_eq!(links(&["config", "url.https://github.com/.insteadOf", "gh:"], &[]), public);
    assert_eq!(links(&["config", "--unset", "remote.origin.pushurl"], &[]), None);
    assert_eq!(links(&set_url("gh:o/r"), &[]), public);
    assert_eq!(links(&set_url("/srv/o/r"), &[]), None);
    assert_eq!(links(&["config", "url.https://github.com/.pushInsteadOf", "/srv/"], &[]), public);
    let mut wrong = scene.release(&["notes", "--no-fetch", "--closures", &scene.closures(), "api/v1.1.0"]);
    let (status, _, stderr) = scene.run_command(wrong.env("GITHUB_REPOSITORY", "r"));
    let expected = "error: `r` is not a repository on GitHub, such as `unkeyed/unkey`\n\n\
                    hint: set `GITHUB_REPOSITORY` to `owner/name`, or unset it\n";
    assert_eq!((status, stderr.as_str()), (2, expected));
}

#[test]
fn a_release_without_a_change_says_so() {
    let scene = released();
    scene.tag("api/v1.1.1");
    let (status, stdout, _) = notes(&scene, &["api/v1.1.1"]);
    assert_eq!((status, stdout.lines().next()), (0, Some("Nothing changed since v1.1.0 that can change it.")));
}

#[test]
fn what_a_push_said_of_the_image_is_in_the_notes() {
    let scene = released();
    let report = scene.path("push.json");
    let json = serde_json::json!([
        { "service": "worker", "error": "no" },
        {
            "service": "api",
            "repository": "ghcr.io/unkeyed/api",
            "digest": "sha256:aa",
            "tags": [{ "tag": "v1.1.0", "outcome": "pushed" }],
            "platforms": [{ "platform": "linux/arm64", "digest": "sha256:bb", "bytes": 1_000_000 }],
        },
    ]);
    fs::write(&report, json.to_string()).unwrap();
    let file = report.to_str().unwrap();
    let (status, stdout, stderr) = notes(&scene, &["--image-report", file, "api/v1.1.0"]);
    assert_eq!(status, 0, "{stderr}");
    assert!(stdout.contains("\nghcr.io/unkeyed/api:v1.1.0@sha256:aa\n"), "{stdout}");
    assert!(stdout.ends_with("| linux/arm64 | 1.0 MB | `sha256:bb` |\n"), "{stdout}");
    let (status, _, stderr) = notes(&scene, &["--image-report", file, "worker/v3.0.0"]);
    assert_eq!((status, stderr.as_str()), (2, "error: `SCENE/push.json` has no push of `worker/v3.0.0`\n"));
}

#[test]
fn tags_that_do_not_exist_are_refused() {
    let scene = released();
    let (status, stdout, stderr) = notes(&scene, &["api/v9.0.0"]);
    assert_eq!((status, stdout.as_str()), (1, ""));
    assert_eq!(stderr, "error: tag `api/v9.0.0` does not exist\n\nhint: git tag --list 'api/*'\n");
    assert_eq!(notes(&scene, &["api/v1.1.0;id"]).0, 1);
    assert_eq!(notes(&scene, &["wroker/v1.1.0"]).0, 1);
}

#[test]
fn another_commit_than_the_tags_is_warned_of() {
    let scene = released();
    scene.commit("Go on");
    let (status, _, stderr) = notes(&scene, &["api/v1.1.0"]);
    let expected = "warning: `api/v1.1.0` is not checked out, so files that only it has may be missed\n";
    assert_eq!((status, stderr.as_str()), (0, expected));
}
