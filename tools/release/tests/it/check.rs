//! `release check`: which tags pass, which are refused, and what it prints. What keeps it from telling is in
//! `history`.

mod history;

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
        "error: unknown service `wroker`, known are `api`, `worker`, `cli`\n\nhint: did you mean `worker`?\n"
            .to_owned();
    assert_eq!((status, stderr), (1, expected));
    scene.tag("util/v1.2.3");
    assert_eq!(scene.run(&["check", "util/v1.2.3"]).0, 1, "the folder that all share is no service");
}

#[test]
fn a_tag_is_typed_in_both_forms_and_its_image_is_named_where_it_goes() {
    let scene = tagged("api/v1.2.3");
    let expected = format!("api/v1.2.3 {} ghcr.io/unkeyed/api:v1.2.3\n", scene.head());
    assert_eq!(scene.run(&["check", "api@v1.2.3"]), (0, expected, String::new()));
    let expected = format!("api/v1.2.3 {} 127.0.0.1:5000/team/api:v1.2.3\n", scene.head());
    assert_eq!(scene.run(&["check", "--registry", "127.0.0.1:5000/team", "api/v1.2.3"]).1, expected);
    let mut command = scene.release(&["check", "api/v1.2.3"]);
    assert_eq!(scene.run_command(command.env("RELEASE_REGISTRY", "127.0.0.1:5000/team")).1, expected);
    scene.tag("cli/v1.2.3");
    assert_eq!(scene.run(&["check", "cli@v1.2.3"]).1, format!("cli/v1.2.3 {} \n", scene.head()));
}

#[test]
fn a_name_with_an_underscore_is_no_service_for_any_verb() {
    let scene = tagged("api/v1.2.3");
    for arguments in [
        ["check", "control_api/v1.2.3"],
        ["plan", "control_api@v1.2.3"],
        ["cut", "control_api/v1.2.3"],
        ["publish", "control_api@v1.2.3"],
    ] {
        let (status, _, stderr) = scene.run(&arguments);
        let expected = "error: `control_api/v1.2.3` is not a release tag: the service's name has a `_`\n\n\
                        hint: write `-` in place of `_`; ";
        assert!(status == 1 && stderr.starts_with(expected), "{arguments:?}: {stderr}");
    }
    let (status, _, stderr) = scene.run(&["plan", "control_api"]);
    let expected = "error: `control_api` cannot be the name of a service: the service's name has a `_`\n\n\
                    hint: write `-` in place of `_`: `control-api`\n";
    assert_eq!((status, stderr.as_str()), (1, expected));
    scene.write("build/control_api/BUILD.bazel", crate::scene::SERVICE);
    scene.commit("Name it wrongly");
    scene.push_main();
    scene.tag("api/v1.2.4");
    for arguments in [["check", "api/v1.2.4"], ["plan", "api"]] {
        let (status, _, stderr) = scene.run(&arguments);
        assert!(
            status == 2 && stderr.contains("hint: write `-` in place of `_`: `control-api`"),
            "{arguments:?}: {stderr}"
        );
    }
    assert_eq!(scene.run(&["check", "api/v1.2.3"]).0, 0, "the services of a tag are its commit's");
}

#[test]
fn all_bad_tags_are_told_at_once() {
    let scene = tagged("api/v1.2.3");
    let publish = |tags: &[&str]| scene.run(&[&["publish", "--only", "image"], tags].concat());
    let (status, stdout, stderr) = publish(&["api/v9.0.0", "api/v1.2.3", "worker@v1", "wroker/v1.0.0"]);
    assert_eq!((status, stdout.as_str()), (1, ""));
    assert!(stderr.starts_with("error: 2 of the tags are wrong, so nothing is done:\n  `api/v9.0.0` and"), "{stderr}");
    let (status, _, stderr) = publish(&["api/v1.2.3", "cli@v1", "v1.0.0"]);
    assert!(status == 1 && stderr.contains("\n  `v1.0.0` is not a release tag"), "{stderr}");
    let (status, _, stderr) = publish(&["api/v1.2.3", "wroker/v1.0.0", "worker/v8.0.0"]);
    let expected = "error: 2 of the tags cannot be published, so none is:\n  \
                    unknown service `wroker`, known are `api`, `worker`, `cli`\n  tag `worker/v8.0.0` does not exist";
    assert!(status == 1 && stderr.contains(expected), "{stderr}");
    let (status, _, stderr) = publish(&["api/v9.0.0", "worker/v8.0.0"]);
    let expected = "error: 2 of the tags cannot be published, so none is:\n  \
                    tag `api/v9.0.0` does not exist on origin\n  tag `worker/v8.0.0` does not exist on origin\n\n\
                    hint: make release ARGS='cut api@v9.0.0'\n      make release ARGS='cut worker@v8.0.0'\n";
    assert_eq!((status, stderr.as_str()), (1, expected));
}

#[test]
fn a_tag_that_does_not_exist_is_refused() {
    let scene = Scene::new();
    let (status, _, stderr) = scene.run(&["check", "api/v1.2.3"]);
    let expected =
        "error: tag `api/v1.2.3` does not exist on origin\n\nhint: make release ARGS='cut api@v1.2.3'\n".to_owned();
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
    for arguments in [
        &["check", "api/v1.2.3"][..],
        &["publish", "api/v1.2.3", "--only", "image"],
        &["verify", "api/v1.2.3"],
        &["notes", "api/v1.2.3"],
    ] {
        let (status, _, stderr) = scene.run(arguments);
        assert_eq!(status, 1, "{arguments:?}");
        let expected = "error: tag `api/v1.2.3` does not point at a commit\n\nhint: a service without a version gets the next \
                        one: make release ARGS='cut api'\n";
        assert_eq!(stderr, expected, "{arguments:?}");
    }
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
