//! `release notes`: what is in a release, whatever other services did.

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
    scene.run(&[&["notes"], arguments].concat())
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
        let mut command = scene.release(&["notes", "--no-fetch", "api/v1.1.0"]);
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
    let mut wrong = scene.release(&["notes", "--no-fetch", "api/v1.1.0"]);
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
fn tags_that_do_not_exist_are_refused() {
    let scene = released();
    let (status, stdout, stderr) = notes(&scene, &["api/v9.0.0"]);
    assert_eq!((status, stdout.as_str()), (1, ""));
    assert_eq!(stderr, "error: tag `api/v9.0.0` does not exist\n\nhint: git tag --list 'api/*'\n");
    assert_eq!(notes(&scene, &["api/v1.1.0;id"]).0, 1);
    assert_eq!(notes(&scene, &["wroker/v1.1.0"]).0, 1);
}

#[test]
fn notes_are_told_by_the_tags_own_commit() {
    let scene = released();
    let expected = notes(&scene, &["api/v1.1.0"]);
    // Its service is gone by now, and what is there is not asked.
    scene.git(&["rm", "--quiet", "-r", "build/api"]);
    scene.write_program("bazelw", "#!/bin/sh\nexit 1\n");
    scene.commit("Remove api");
    scene.push_main();
    let (status, stdout, stderr) = notes(&scene, &["api/v1.1.0"]);
    assert_eq!((status, stdout), (0, expected.1), "{stderr}");
    assert!(stderr.starts_with("checking ") && stderr.ends_with(" out beside the work tree\n"), "{stderr}");
    // A service that came later is none of an older commit's.
    scene.git(&["tag", "later/v1.0.0", "api/v1.1.0"]);
    scene.write("build/later/BUILD.bazel", crate::scene::SERVICE);
    let (status, _, stderr) = notes(&scene, &["--no-fetch", "later/v1.0.0"]);
    let expected = "error: unknown service `later`, known are `api`, `worker`, `cli`\n";
    assert!(status == 1 && stderr.starts_with(expected), "{stderr}");
}

#[test]
fn the_image_goes_where_its_service_says() {
    let scene = released();
    scene.write(
        "build/api/BUILD.bazel",
        "service_image(\n    name = \"image\",\n    repository = \"quay.io/o/key-api\",\n)\n",
    );
    scene.commit("Move api");
    scene.push_main();
    scene.tag("api/v1.2.0");
    assert!(notes(&scene, &["api/v1.2.0"]).1.ends_with("```\nquay.io/o/key-api:v1.2.0\n```\n"));
    let (_, stdout, _) = notes(&scene, &["--registry", "127.0.0.1:5000/team", "api/v1.2.0"]);
    assert!(stdout.ends_with("```\n127.0.0.1:5000/team/key-api:v1.2.0\n```\n"), "{stdout}");
    let (_, stdout, _) = notes(&scene, &["api/v1.1.0"]);
    assert!(stdout.ends_with("```\nghcr.io/unkeyed/api:v1.1.0\n```\n"), "as it was then: {stdout}");
}
