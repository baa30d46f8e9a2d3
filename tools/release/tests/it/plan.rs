//! `release plan`: versions, refusals, and where the plan comes from. What changed is in `changes`.

mod changes;

use crate::scene::{SERVICE, Scene};

/// What the plan makes of `arguments`, as lines of services; fails where there is none.
fn steps(scene: &Scene, arguments: &[&str]) -> Vec<String> {
    let (status, stdout, stderr) = scene.plan(arguments);
    assert_eq!(status, 0, "{arguments:?}: {stderr}");
    let steps = stdout.lines().skip(2).take_while(|line| !line.is_empty());
    steps.map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
}

/// A scene where each service has changed since the tags.
fn released(tags: &[&str]) -> Scene {
    let scene = Scene::new();
    for tag in tags {
        scene.tag(tag);
    }
    for service in ["api", "worker"] {
        scene.write(&format!("build/{service}/main.rs"), "changed");
    }
    scene.commit("Change both (#5)");
    scene.push_main();
    scene
}

#[test]
fn several_services_in_every_form() {
    let scene = released(&["api/v1.2.3", "worker/v0.9.0"]);
    assert_eq!(steps(&scene, &["api", "worker"]), ["api v1.2.3 -> v1.2.4", "worker v0.9.0 -> v0.9.1"]);
    assert_eq!(steps(&scene, &["worker@v1.0.0", "api"]), ["worker v0.9.0 -> v1.0.0", "api v1.2.3 -> v1.2.4"]);
    assert_eq!(steps(&scene, &["api/v1.3.0", "api@v1.3.0"]), ["api v1.2.3 -> v1.3.0"]);
    assert_eq!(
        steps(&scene, &["--version", "v2.0.0", "api", "worker", "api"]),
        ["api v1.2.3 -> v2.0.0", "worker v0.9.0 -> v2.0.0"]
    );
}

#[test]
fn bumps_and_prereleases() {
    let scene = released(&["api/v1.2.3", "api/v1.2.4-rc.1", "api/v1.2.4-rc", "api/v1.3.0-beta", "api/v1.10.0-rc.3"]);
    for (flags, version) in [
        (&[][..], "v1.2.4"),
        (&["--bump", "patch"], "v1.2.4"),
        (&["--bump", "minor"], "v1.3.0"),
        (&["--bump", "major"], "v2.0.0"),
        (&["--rc"], "v1.10.0-rc.4"),
        (&["--pre", "rc"], "v1.10.0-rc.4"),
        (&["--rc", "--bump", "patch"], "v1.2.4-rc.2"),
        (&["--pre", "beta", "--bump", "minor"], "v1.3.0-beta.1"),
        (&["--rc", "--bump", "major"], "v2.0.0-rc.1"),
    ] {
        let arguments = [&["api"], flags].concat();
        assert_eq!(steps(&scene, &arguments), [format!("api v1.2.3 -> {version}")], "{flags:?}");
    }
}

#[test]
fn prereleases_count_from_what_origin_has() {
    let scene = released(&["api/v1.0.0", "api/v1.1.0-rc1"]);
    scene.git(&["push", "--quiet", "origin", "HEAD~1:refs/tags/api/v1.1.0-rc2"]);
    let minor = ["--bump", "minor", "api"];
    assert_eq!(steps(&scene, &[&["--rc"], &minor[..]].concat()), ["api v1.0.0 -> v1.1.0-rc3"]);
    let (status, stdout, stderr) = scene.plan(&[&["--pre", "alpha"], &minor[..]].concat());
    let expected = "error: `api/v1.1.0-alpha.1` is lower than `api/v1.1.0-rc2`, which exists\n\n\
                    hint: versions go up in SemVer's order; name a higher one, such as `api@v1.1.0-rc3`\n";
    assert_eq!((status, stdout.as_str(), stderr.as_str()), (1, "", expected));
    scene.tag("api/v1.1.0-rc.10");
    let (status, _, stderr) = scene.cut(&["--yes", "--force", "api@v1.1.0-rc.9"]);
    assert_eq!(status, 1);
    assert!(stderr.starts_with("error: `api/v1.1.0-rc.9` is lower than `api/v1.1.0-rc2`, which exists\n"), "{stderr}");
    let (status, _, stderr) = scene.plan(&[&["--rc"], &minor[..]].concat());
    let expected = "error: `api/v1.1.0-rc.10` and `api/v1.1.0-rc2` count in two ways, so there is no next one\n\n\
                    hint: name the one that is meant, such as `api@v1.1.0-rc3`\n";
    assert_eq!((status, stderr.as_str()), (1, expected));
    scene.tag("api/v1.1.0");
    assert_eq!(scene.plan(&["api@v1.1.0-rc3"]).0, 1, "its release exists");
}

/// Tags of a folder and of a file, plain, annotated, and of a pre-release.
#[test]
fn a_tag_of_no_commit_takes_its_version_and_nothing_else() {
    let scene = released(&["api/v1.2.3", "worker/v1.0.0"]);
    scene.git(&["tag", "api/v1.3.0", "HEAD^{tree}"]);
    scene.git(&["tag", "api/v1.4.0", "HEAD:build/api/main.rs"]);
    scene.git(&["tag", "--annotate", "--message", "Odd", "api/v1.5.0", "HEAD^{tree}"]);
    scene.git(&["tag", "worker/v2.0.0-rc.1", "HEAD^{tree}"]);
    scene.git(&["push", "--quiet", "origin", "--tags"]);
    for (wish, expected) in [
        (&["api"][..], "api v1.2.3 -> v1.5.1"),
        (&["api", "--bump", "minor"], "api v1.2.3 -> v1.6.0"),
        (&["api@v1.6.0", "--force", "--no-log"], "api v1.2.3 -> v1.6.0"),
        (&["worker@v2.0.0-rc.2"], "worker v1.0.0 -> v2.0.0-rc.2"),
    ] {
        assert_eq!(steps(&scene, wish), [expected], "{wish:?}");
    }
    for (taken, expected) in
        [("api@v1.4.0", "exists already"), ("api@v1.3.1", "is lower than"), ("worker@v2.0.0-rc.1", "exists already")]
    {
        let (status, _, stderr) = scene.plan(&[taken]);
        assert!(status == 1 && stderr.contains(expected), "{taken}: {stderr}");
    }
    let (_, stdout, stderr) = scene.plan(&["api"]);
    assert!(stdout.contains("Change both (#5) [api]"), "{stdout}");
    assert_eq!(stderr.matches("does not point at a commit, so what was released before it").count(), 3, "{stderr}");
    assert_eq!(scene.cut(&["--yes", "api"]).0, 0);
    let (status, notes, stderr) = scene.run(&["notes", "api/v1.5.1"]);
    assert_eq!(status, 0, "{stderr}");
    assert!(notes.contains("Change both (#5)") && stderr.matches("warning: ").count() == 3, "{notes}{stderr}");
    for verb in ["check", "notes"] {
        let (status, _, stderr) = scene.run(&[verb, "api/v1.4.0"]);
        assert!(status == 1 && stderr.ends_with("make release ARGS='cut api'\n"), "{stderr}");
    }
}

#[test]
fn flags_that_contradict_each_other_are_bad_arguments() {
    let scene = Scene::new();
    for flags in [
        ["--version=v1.0.0", "--bump=minor"],
        ["--version=v1.0.0", "--rc"],
        ["--version=v1.0.0", "--pre=beta"],
        ["--rc", "--pre=beta"],
        ["--pre=1", "--no-log"],
        ["--pre=a.b", "--no-log"],
        ["--bump=huge", "--no-log"],
    ] {
        scene.release(&["plan", "api"]).args(flags).assert().code(2).stdout("");
    }
    scene.release(&["plan"]).assert().code(2);
}

#[test]
fn a_first_release_needs_a_version() {
    let scene = Scene::new();
    let (status, stdout, stderr) = scene.plan(&["api"]);
    assert_eq!((status, stdout.as_str()), (1, ""));
    assert_eq!(
        stderr,
        "error: service `api` has no stable release yet, so there is no next version\n\n\
         hint: name the first version: `api@v0.1.0`\n"
    );
    assert_eq!(steps(&scene, &["api@v0.1.0", "cli@v0.1.0-rc.1"]).len(), 2);
}

#[test]
fn existing_and_lower_versions_are_refused() {
    let scene = released(&["api/v1.2.3", "api/v1.1.0", "api/v1.3.0-rc.1"]);
    let at = scene.git(&["rev-parse", "api/v1.2.3"]);
    for existing in ["api@v1.2.3", "api@v1.1.0", "api@v1.3.0-rc.1"] {
        let (status, _, stderr) = scene.plan(&[existing]);
        let tag = existing.replace('@', "/");
        assert_eq!(status, 1);
        assert!(stderr.starts_with(&format!("error: tag `{tag}` exists already, at `{at}`\n\nhint: ")), "{stderr}");
    }
    let (status, _, stderr) = scene.plan(&["api@v1.2.0"]);
    let expected = "error: `api/v1.2.0` is lower than the last stable release, `v1.2.3`\n\n\
                    hint: a service without a version gets the next one: make release ARGS='cut api'\n";
    assert_eq!((status, stderr.as_str()), (1, expected));
}

#[test]
fn hostile_wishes_are_refused() {
    let scene = Scene::new();
    for wish in [
        "wroker",
        "util",
        "api@v1.2",
        "api@v01.2.3",
        "api@v1.2.3+x",
        "api@v1.2.3$(id)",
        "$(id)",
        "api;id",
        "",
        "api/",
        "a\u{440}i",
    ] {
        let (status, stdout, stderr) = scene.plan(&[wish]);
        assert_eq!((status, stdout.as_str()), (1, ""), "`{wish}`: {stderr}");
        assert!(stderr.is_ascii() && stderr.starts_with("error: "), "`{wish}`: {stderr}");
    }
    let (_, _, stderr) = scene.plan(&["wroker"]);
    let expected =
        "error: unknown service `wroker`, known are `api`, `worker`, `cli`\n\nhint: did you mean `worker`?\n";
    assert_eq!(stderr, expected);
}

#[test]
fn tags_that_only_origin_has_count() {
    let scene = released(&["api/v1.2.3"]);
    scene.git(&["push", "--quiet", "origin", "HEAD~1:refs/tags/api/v1.5.0"]);
    assert_eq!(steps(&scene, &["--no-fetch", "api"]), ["api v1.2.3 -> v1.2.4"]);
    assert_eq!(steps(&scene, &["api"]), ["api v1.5.0 -> v1.5.1"]);
}

#[test]
fn a_tag_that_moved_on_origin_is_no_baseline() {
    let scene = released(&["api/v1.2.3"]);
    scene.git(&["push", "--quiet", "--force", "origin", "HEAD:refs/tags/api/v1.2.3"]);
    let (status, stdout, stderr) = scene.plan(&["api"]);
    assert_eq!((status, stdout.as_str()), (1, ""));
    assert!(stderr.starts_with("error: tag `api/v1.2.3` is `"), "{stderr}");
    // Another service's is not in the way.
    assert_eq!(scene.plan(&["worker@v0.1.0"]).0, 0);
}

#[test]
fn tags_that_are_no_releases_are_passed_over() {
    let scene = released(&["api/v1.2.3", "api/v9.9", "api/latest", "api/v1.2.9;id", "api/deep/v8.0.0", "v7.0.0"]);
    assert_eq!(steps(&scene, &["api"]), ["api v1.2.3 -> v1.2.4"]);
}

#[test]
fn annotated_baselines_are_peeled() {
    let scene = Scene::new();
    scene.git(&["tag", "--annotate", "--message", "First", "api/v1.0.0"]);
    scene.git(&["push", "--quiet", "origin", "api/v1.0.0"]);
    let (status, stdout, _) = scene.plan(&["api"]);
    assert_eq!(status, 1);
    assert!(stdout.contains("api  v1.0.0 -> v1.0.1  nothing changed that can change it\n"), "{stdout}");
}

#[test]
fn commits_off_main_are_refused() {
    let scene = released(&["api/v1.2.3"]);
    scene.git(&["switch", "--quiet", "--create", "side"]);
    scene.write("build/api/main.rs", "aside");
    let commit = scene.commit("Aside");
    let (status, _, stderr) = scene.plan(&["api"]);
    let expected = format!(
        "error: `{commit}` is not on origin's main, so it cannot become `api/v1.2.4`\n\n\
         hint: merge it into main and push that, or check out main\n"
    );
    assert_eq!((status, stderr), (1, expected));
    assert_eq!(scene.plan(&["--rc", "api"]).0, 1);
    let (status, _, stderr) = scene.plan(&["--rc", "--allow-prerelease-off-main", "api"]);
    assert_eq!((status, stderr), (0, format!("warning: `{}` is not on origin's main\n", &commit[..9])));
    assert_eq!(scene.plan(&["--allow-prerelease-off-main", "api"]).0, 1);
}

#[test]
fn a_commit_without_the_last_release_needs_force() {
    let scene = released(&["worker/v1.0.0"]);
    scene.tag("api/v1.2.3");
    scene.git(&["switch", "--quiet", "--detach", "HEAD~1"]);
    let (status, _, stderr) = scene.plan(&["worker@v1.0.1", "api"]);
    let expected = format!(
        "error: `{}` does not contain the last stable release, `api/v1.2.3`\n\n\
         hint: check out a newer commit of main; `--force` takes back what the last release brought\n",
        scene.head()
    );
    assert_eq!((status, stderr), (1, expected));
    assert_eq!(steps(&scene, &["--force", "api"]), ["api v1.2.3 -> v1.2.4"]);
}

#[test]
fn a_detached_head_on_main_and_a_dirty_tree_are_planned() {
    let scene = released(&["api/v1.2.3"]);
    scene.git(&["switch", "--quiet", "--detach", "origin/main"]);
    assert_eq!(scene.plan(&["api"]).2, "");
    for path in ["untracked", "build/api/main.rs"] {
        scene.write(path, "dirty");
        let expected = "warning: the work tree has changes that are in no commit, and so in no release\n";
        assert_eq!(scene.plan(&["api"]).2, expected);
    }
}

#[test]
fn where_it_cannot_tell_it_says_so() {
    let scene = released(&["api/v1.2.3"]);
    let url = format!("file://{}", scene.path("origin.git").display());
    scene.git_in("", &["clone", "--quiet", "--depth", "1", &url, "shallow"]);
    scene.release_in("shallow", &["plan", "api"]).assert().code(2);
    scene.release_in("home", &["plan", "api"]).assert().code(2);
    scene.git(&["remote", "set-url", "origin", "/nowhere/at-all.git"]);
    assert_eq!(scene.plan(&["api"]).0, 2);
    assert_eq!(scene.plan(&["--no-fetch", "api"]).0, 0);
    scene.git(&["remote", "remove", "origin"]);
    let (status, _, stderr) = scene.plan(&["api"]);
    let expected = "error: there is no remote `origin`\n\nhint: git remote add origin <url>\n";
    assert_eq!((status, stderr.as_str()), (2, expected));
    let (status, _, stderr) = scene.plan(&["--no-fetch", "api"]);
    let expected = "error: this clone has no `origin/main`\n\nhint: leave `--no-fetch` out\n";
    assert_eq!((status, stderr.as_str()), (2, expected));
}

#[test]
fn a_repository_without_a_commit() {
    let scene = Scene::new();
    scene.git_in("", &["init", "--quiet", "empty"]);
    std::fs::create_dir_all(scene.path("empty/build/api")).unwrap();
    std::fs::write(scene.path("empty/build/api/BUILD.bazel"), SERVICE).unwrap();
    let mut command = scene.release_in("empty", &["plan", "--no-fetch", "api@v1.0.0"]);
    let (status, _, stderr) = scene.run_command(&mut command);
    assert_eq!((status, stderr.as_str()), (2, "error: the repository has no commit\n"));
}

#[test]
fn bazel_is_only_asked_where_the_answer_depends_on_it() {
    let scene = released(&["api/v1.2.3"]);
    std::fs::remove_file(scene.clone_folder().join("bazelw")).unwrap();
    let (status, _, stderr) = scene.run(&["plan", "api"]);
    assert_eq!(status, 2);
    assert!(stderr.starts_with("error: cannot run `SCENE/clone/bazelw`: "), "{stderr}");
    assert!(stderr.contains("\n\nhint: `--force --no-log` needs no Bazel"), "{stderr}");
    assert_eq!(scene.run(&["plan", "--force", "--no-log", "api"]).0, 0);
    assert_eq!(scene.run(&["plan", "worker@v0.1.0"]).0, 0);
    scene.git(&["switch", "--quiet", "--detach", "api/v1.2.3"]);
    let (status, _, stderr) = scene.run(&["plan", "api"]);
    assert_eq!(status, 1, "the same commit needs no closure: {stderr}");
}

#[test]
fn the_plan_is_there_as_json() {
    let scene = released(&["api/v1.2.3"]);
    let head = scene.head();
    let (status, stdout, stderr) = scene.plan(&["--json", "api", "worker@v0.1.0"]);
    assert_eq!((status, stderr.as_str()), (0, ""));
    let json: serde_json::Value = serde_json::from_str(&stdout).unwrap();
    let expected = serde_json::json!({
        "commit": head,
        "title": "Change both",
        "on_main": true,
        "dirty": false,
        "releases": [
            { "tag": "api/v1.2.4", "service": "api", "version": "v1.2.4", "previous": "v1.2.3", "identical": false },
            { "tag": "worker/v0.1.0", "service": "worker", "version": "v0.1.0", "previous": null, "identical": null },
        ],
        "changes": [
            { "commit": head, "title": "Change both", "pull_request": 5, "url": null, "services": ["api"] },
        ],
        "broken": [],
    });
    assert_eq!(json, expected);
}
