//! `release check`: which tags pass, which are refused, and what it prints. What keeps it from telling is in
//! `check_history`.

use std::fs;

use crate::scene::Scene;

/// A scene with `name` as a tag of main that origin has.
fn tagged(name: &str) -> Scene {
    let scene = Scene::new();
    scene.tag(name);
    scene
}

#[test]
fn a_tag_on_main_passes() {
    let scene = tagged("api/v1.2.3");
    let head = scene.head();
    let expected = (0, format!("api/v1.2.3 {head} ghcr.io/unkeyed/api:v1.2.3\n"), String::new());
    assert_eq!(scene.run(&["check", "api/v1.2.3"]), expected);
    let from_environment = scene.run_command(scene.release(&["check"]).env("RELEASE_TAG", "api/v1.2.3"));
    assert_eq!(from_environment, expected);
}

#[test]
fn an_argument_wins_over_the_environment() {
    let scene = tagged("api/v1.2.3");
    scene.release(&["check", "api/v1.2.3"]).env("RELEASE_TAG", "$(id)").assert().success();
}

#[test]
fn the_result_is_there_as_json() {
    let scene = tagged("api/v1.2.3-rc.1");
    let (status, stdout, _) = scene.run(&["check", "--json", "api/v1.2.3-rc.1"]);
    let json: serde_json::Value = serde_json::from_str(&stdout).unwrap();
    let expected = serde_json::json!({
        "tag": "api/v1.2.3-rc.1",
        "service": "api",
        "version": "v1.2.3-rc.1",
        "image": "ghcr.io/unkeyed/api:v1.2.3-rc.1",
        "prerelease": true,
        "commit": scene.head(),
        "on_main": true,
    });
    assert_eq!((status, json), (0, expected));
}

#[test]
fn a_workflow_gets_its_outputs() {
    let scene = tagged("worker/v0.1.0");
    let file = scene.path("output");
    fs::write(&file, "before=1\n").unwrap();
    let mut command = scene.release(&["check", "--github-output", "worker/v0.1.0"]);
    command.env("GITHUB_OUTPUT", &file).assert().success();
    let expected = format!(
        "before=1\nservice=worker\nversion=v0.1.0\nimage=ghcr.io/unkeyed/worker:v0.1.0\nprerelease=false\ncommit={}\n",
        scene.head()
    );
    assert_eq!(fs::read_to_string(&file).unwrap(), expected);
}

#[test]
fn outputs_without_a_file_are_an_error() {
    let scene = tagged("api/v1.2.3");
    let (status, stdout, stderr) = scene.run(&["check", "--github-output", "api/v1.2.3"]);
    assert_eq!((status, stdout.as_str()), (2, ""));
    assert_eq!(
        stderr,
        "error: `--github-output` needs `GITHUB_OUTPUT`, which is not set\n\n\
         hint: use it in a step of a GitHub workflow, or use `--json`\n"
    );
}

#[test]
fn an_annotated_tag_is_peeled_and_so_is_a_tag_of_a_tag() {
    let scene = Scene::new();
    let head = scene.head();
    scene.git(&["tag", "--annotate", "--message", "Inner", "inner"]);
    scene.git(&["tag", "--annotate", "--message", "Outer", "api/v1.2.3", "inner"]);
    scene.git(&["push", "--quiet", "origin", "api/v1.2.3"]);
    let (status, stdout, _) = scene.run(&["check", "api/v1.2.3"]);
    assert_eq!((status, stdout), (0, format!("api/v1.2.3 {head} ghcr.io/unkeyed/api:v1.2.3\n")));
}

#[test]
fn a_tag_that_only_origin_has_is_fetched() {
    let scene = tagged("api/v1.2.3");
    scene.git_in("", &["clone", "--quiet", "origin.git", "other"]);
    scene.commit("Second");
    scene.push_main();
    scene.git(&["tag", "--annotate", "--message", "Second", "api/v1.2.4"]);
    scene.git(&["push", "--quiet", "origin", "api/v1.2.4"]);
    scene.release_in("other", &["check", "api/v1.2.4"]).assert().success();
    assert_eq!(scene.git_in("other", &["tag", "--list"]), "api/v1.2.3\napi/v1.2.4");
}

#[test]
fn unknown_services_are_refused_with_the_known_ones() {
    let scene = tagged("wroker/v1.2.3");
    let (status, _, stderr) = scene.run(&["check", "wroker/v1.2.3"]);
    let expected =
        "error: unknown service `wroker`, known are `api`, `worker`\n\nhint: did you mean `worker`?\n".to_owned();
    assert_eq!((status, stderr), (1, expected));
    // Neither the shared folder nor the client is an image.
    for name in ["util/v1.2.3", "cli/v1.2.3"] {
        scene.tag(name);
        scene.release(&["check", name]).assert().code(1);
    }
}

#[test]
fn a_tag_that_does_not_exist_is_refused() {
    let scene = Scene::new();
    let (status, _, stderr) = scene.run(&["check", "api/v1.2.3"]);
    let expected = "error: tag `api/v1.2.3` does not exist on origin\n\nhint: release cut api@v1.2.3\n".to_owned();
    assert_eq!((status, stderr), (1, expected));
    scene.git(&["tag", "api/v1.2.3"]);
    let (status, _, stderr) = scene.run(&["check", "api/v1.2.3"]);
    let expected = "error: tag `api/v1.2.3` does not exist on origin\n\n\
                    hint: git push origin refs/tags/api/v1.2.3:refs/tags/api/v1.2.3\n";
    assert_eq!((status, stderr.as_str()), (1, expected));
}

#[test]
fn a_tag_that_moved_on_origin_is_refused() {
    let scene = tagged("api/v1.2.3");
    let here = scene.head();
    let there = scene.commit("Another");
    scene.push_main();
    scene.git(&["push", "--quiet", "--force", "origin", "HEAD:refs/tags/api/v1.2.3"]);
    let (status, _, stderr) = scene.run(&["check", "api/v1.2.3"]);
    let expected = format!(
        "error: tag `api/v1.2.3` is `{here}` in this clone and `{there}` on origin\n\n\
         hint: a release tag never moves: find out who did it, and release the next version\n"
    );
    assert_eq!((status, stderr), (1, expected));
}

#[test]
fn a_tag_of_a_file_is_refused() {
    let scene = Scene::new();
    let blob = scene.git(&["rev-parse", "HEAD:build/api/BUILD.bazel"]);
    scene.git(&["tag", "api/v1.2.3", &blob]);
    scene.git(&["push", "--quiet", "origin", "api/v1.2.3"]);
    let (status, _, stderr) = scene.run(&["check", "api/v1.2.3"]);
    assert_eq!(status, 1);
    assert!(stderr.starts_with("error: tag `api/v1.2.3` does not point at a commit\n"), "{stderr}");
}

#[test]
fn a_tag_off_main_is_refused_also_before_a_merge_of_something_else() {
    let scene = Scene::new();
    scene.git(&["switch", "--quiet", "--create", "side"]);
    let commit = scene.commit("Aside");
    scene.tag("api/v1.2.3");
    let expected = format!(
        "error: tag `api/v1.2.3` points at `{commit}`, which is not on origin's main\n\n\
         hint: merge it into main, then cut the next version there\n"
    );
    assert_eq!(scene.run(&["check", "api/v1.2.3"]), (1, String::new(), expected));
    // A local main that has it proves nothing.
    scene.git(&["switch", "--quiet", "main"]);
    scene.git(&["merge", "--quiet", "--no-ff", "--message", "Merge", "side"]);
    scene.release(&["check", "api/v1.2.3"]).assert().code(1);
    scene.push_main();
    scene.release(&["check", "api/v1.2.3"]).assert().success();
}

#[test]
fn what_this_clone_remembers_of_main_proves_nothing() {
    let scene = Scene::new();
    let first = scene.head();
    let commit = scene.commit("Taken back later");
    scene.push_main();
    scene.tag("api/v1.2.3");
    scene.release(&["check", "api/v1.2.3"]).assert().success();
    scene.git_in("origin.git", &["update-ref", "refs/heads/main", &first]);
    assert_eq!(scene.git(&["rev-parse", "origin/main"]), commit);
    let (status, _, stderr) = scene.run(&["check", "api/v1.2.3"]);
    assert_eq!(status, 1);
    assert!(stderr.contains("which is not on origin's main"), "{stderr}");
}

#[test]
fn prereleases_off_main_pass_only_when_allowed() {
    let scene = Scene::new();
    scene.git(&["switch", "--quiet", "--create", "side"]);
    scene.commit("Aside");
    scene.tag("api/v1.2.3-rc.1");
    scene.tag("api/v1.2.3");
    let (status, _, stderr) = scene.run(&["check", "api/v1.2.3-rc.1"]);
    assert_eq!(status, 1);
    assert!(stderr.ends_with("hint: merge it into main first, or use `--allow-prerelease-off-main`\n"), "{stderr}");
    scene.release(&["check", "--allow-prerelease-off-main", "api/v1.2.3-rc.1"]).assert().success();
    scene.release(&["check", "--allow-prerelease-off-main", "api/v1.2.3"]).assert().code(1);
}

#[test]
fn merged_commits_are_on_main_whatever_the_number_of_parents() {
    let scene = Scene::new();
    for branch in ["one", "two", "three"] {
        scene.git(&["switch", "--quiet", "--create", branch, "main"]);
        scene.write(branch, branch);
        scene.commit(branch);
    }
    scene.tag("api/v1.2.3");
    scene.git(&["switch", "--quiet", "main"]);
    scene.git(&["merge", "--quiet", "--no-ff", "--message", "Octopus", "one", "two", "three"]);
    scene.push_main();
    scene.release(&["check", "api/v1.2.3"]).assert().success();
}

#[test]
fn a_detached_head_and_another_folder_do_not_matter() {
    let scene = tagged("api/v1.2.3");
    scene.git(&["switch", "--quiet", "--detach"]);
    scene.release(&["check", "api/v1.2.3"]).assert().success();
    scene.release_in("clone/build/api", &["check", "api/v1.2.3"]).assert().success();
    scene.release_in("home", &["-C", "../clone", "check", "api/v1.2.3"]).assert().success();
    let mut from_bazel = scene.release_in("home", &["check", "api/v1.2.3"]);
    from_bazel.env("BUILD_WORKING_DIRECTORY", scene.clone_folder()).assert().success();
}
