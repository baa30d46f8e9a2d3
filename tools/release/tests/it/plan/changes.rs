//! `release plan`: which commits can have changed an image, whatever the shape of history.

use crate::scene::Scene;

/// A scene where both services are released and nothing has happened since.
fn released() -> Scene {
    let scene = Scene::new();
    scene.write("svc/shared/BUILD.bazel", "");
    scene.write("svc/shared/lib.rs", "");
    scene.commit("Share");
    scene.push_main();
    scene.tag("api/v1.0.0");
    scene.tag("worker/v1.0.0");
    scene
}

/// The lines below `changes`, without commits.
fn changes(scene: &Scene, arguments: &[&str]) -> Vec<String> {
    scene.push_main();
    let (status, stdout, stderr) = scene.plan(arguments);
    assert_eq!(status, 0, "{stdout}{stderr}");
    let lines = stdout.lines().skip_while(|line| *line != "changes").skip(1);
    lines.map(|line| line.trim_start().split_once(' ').unwrap().1.to_owned()).collect()
}

/// Makes a commit that changes these files.
fn change(scene: &Scene, message: &str, files: &[&str]) {
    for file in files {
        scene.write(file, message);
    }
    scene.commit(message);
}

fn branch(scene: &Scene, name: &str, from: &str, files: &[&str]) {
    scene.git(&["switch", "--quiet", "--create", name, from]);
    change(scene, name, files);
}

fn merge(scene: &Scene, message: &str, branches: &[&str]) {
    scene.git(&["switch", "--quiet", "main"]);
    scene.git(&[&["merge", "--quiet", "--no-ff", "--message", message], branches].concat());
}

#[test]
fn each_change_is_told_once_with_the_services_that_it_reaches() {
    let scene = released();
    change(&scene, "Only api (#1)", &["build/api/main.rs"]);
    change(&scene, "Neither", &["README.md"]);
    change(&scene, "Both (#2)", &["svc/shared/lib.rs"]);
    change(&scene, "Only worker", &["build/worker/main.rs"]);
    assert_eq!(
        changes(&scene, &["api", "worker"]),
        ["Only worker [worker]", "Both (#2) [api, worker]", "Only api (#1) [api]"]
    );
    assert_eq!(changes(&scene, &["worker"]), ["Only worker [worker]", "Both (#2) [worker]"]);
    assert!(changes(&scene, &["--no-log", "api"]).is_empty());
}

#[test]
fn services_have_their_own_baselines() {
    let scene = released();
    change(&scene, "One", &["svc/shared/lib.rs"]);
    scene.push_main();
    scene.tag("api/v1.1.0");
    change(&scene, "Two", &["svc/shared/lib.rs"]);
    assert_eq!(changes(&scene, &["api", "worker"]), ["Two [api, worker]", "One [worker]"]);
}

#[test]
fn an_image_that_would_be_the_same_needs_force() {
    let scene = released();
    change(&scene, "Only worker", &["build/worker/main.rs"]);
    scene.push_main();
    let (status, stdout, stderr) = scene.plan(&["api", "worker"]);
    assert_eq!(status, 1);
    assert!(stdout.contains("  api     v1.0.0 -> v1.0.1  nothing changed that can change it\n"), "{stdout}");
    let expected = "error: `api/v1.0.1` would come out identical to the last release: nothing changed that can change \
                    it\n\nhint: `--force` releases it all the same\n";
    assert_eq!(stderr, expected);
    assert_eq!(scene.plan(&["--no-log", "api"]).0, 1);
    assert_eq!(scene.plan(&["--force", "api", "worker"]).0, 0);
}

#[test]
fn a_change_and_its_revert_are_no_change() {
    let scene = released();
    change(&scene, "Wrong", &["svc/shared/lib.rs"]);
    scene.git(&["revert", "--no-edit", "HEAD"]);
    scene.push_main();
    assert_eq!(scene.plan(&["api"]).0, 1);
    change(&scene, "Right", &["build/api/main.rs"]);
    assert_eq!(changes(&scene, &["api"]), ["Right [api]", "Revert \"Wrong\" [api]", "Wrong [api]"]);
}

#[test]
fn a_merge_counts_for_what_it_brought() {
    let scene = released();
    branch(&scene, "side", "main", &["build/api/main.rs"]);
    change(&scene, "More of it", &["build/api/main.rs"]);
    scene.git(&["switch", "--quiet", "main"]);
    change(&scene, "Meanwhile", &["build/worker/main.rs"]);
    merge(&scene, "Merge pull request #9 from x/side\n\nMake api better", &["side"]);
    assert_eq!(changes(&scene, &["api", "worker"]), ["Make api better (#9) [api]", "Meanwhile [worker]"]);
}

#[test]
fn an_octopus_counts_for_all_its_arms() {
    let scene = released();
    branch(&scene, "one", "main", &["README.md"]);
    branch(&scene, "two", "main", &["build/worker/main.rs"]);
    branch(&scene, "three", "main", &["build/api/main.rs"]);
    merge(&scene, "Octopus", &["one", "two", "three"]);
    assert_eq!(scene.git(&["rev-list", "--parents", "--max-count=1", "HEAD"]).split(' ').count(), 5);
    assert_eq!(changes(&scene, &["api", "worker"]), ["Octopus [api, worker]"]);
}

#[test]
fn what_a_merge_dropped_counts_for_nothing() {
    let scene = released();
    branch(&scene, "side", "main", &["build/api/main.rs"]);
    scene.git(&["switch", "--quiet", "main"]);
    scene.git(&["merge", "--quiet", "--no-ff", "--strategy", "ours", "--message", "Drop it", "side"]);
    scene.push_main();
    assert_eq!(scene.plan(&["api"]).0, 1);
}

#[test]
fn what_a_merge_itself_changed_counts() {
    let scene = released();
    branch(&scene, "side", "main", &["README.md"]);
    scene.git(&["switch", "--quiet", "main"]);
    scene.git(&["merge", "--quiet", "--no-ff", "--no-commit", "side"]);
    scene.write("build/api/main.rs", "evil");
    scene.commit("Merge with more in it");
    assert_eq!(changes(&scene, &["api"]), ["Merge with more in it [api]"]);
}

#[test]
fn a_release_of_a_commit_that_was_merged_later_is_a_baseline() {
    let scene = released();
    branch(&scene, "side", "main", &["build/api/main.rs"]);
    scene.tag("api/v1.1.0");
    change(&scene, "After the release", &["svc/shared/lib.rs"]);
    scene.git(&["switch", "--quiet", "main"]);
    change(&scene, "Meanwhile", &["README.md"]);
    merge(&scene, "Merge side", &["side"]);
    assert_eq!(changes(&scene, &["api"]), ["Merge side [api]"]);
    // The merge dropped what was released: the image differs, although main never changed.
    scene.git(&["reset", "--quiet", "--hard", "HEAD~1"]);
    scene.git(&["merge", "--quiet", "--no-ff", "--strategy", "ours", "--message", "Drop side", "side"]);
    scene.git(&["push", "--quiet", "--force", "origin", "main"]);
    assert_eq!(scene.plan(&["api"]).0, 0);
}

#[test]
fn files_that_are_gone_and_renamed_count() {
    let scene = released();
    scene.write("build/api/old.rs", "old");
    scene.write("build/api/notes.md", "old");
    scene.commit("Add");
    scene.push_main();
    scene.tag("api/v1.1.0");
    scene.git(&["mv", "build/api/old.rs", "build/api/main.rs"]);
    scene.commit("Rename");
    assert_eq!(changes(&scene, &["api"]), ["Rename [api]"]);
    scene.tag("api/v1.2.0");
    scene.git(&["rm", "--quiet", "build/api/notes.md"]);
    scene.commit("Remove");
    assert_eq!(changes(&scene, &["api"]), ["Remove [api]"]);
}

#[test]
fn modules_flags_and_toolchains_count_for_every_service() {
    let scene = released();
    change(&scene, "Change a flag", &[".bazelrc"]);
    assert_eq!(changes(&scene, &["api", "worker"]), ["Change a flag [api, worker]"]);
}

#[test]
fn the_client_is_its_folder() {
    let scene = released();
    scene.tag("cli/v0.1.0");
    change(&scene, "Elsewhere", &["build/api/main.rs"]);
    scene.push_main();
    assert_eq!(scene.plan(&["cli"]).0, 1);
    change(&scene, "Help better", &["cli/main.go"]);
    assert_eq!(changes(&scene, &["cli"]), ["Help better [cli]"]);
}

#[test]
fn names_with_anything_in_them_are_read() {
    let scene = released();
    for name in ["-x", "a b", "new\nline", "tab\t\"quote\"", ":100644 x", "ü", "$(id)"] {
        change(&scene, "Odd", &[name]);
    }
    change(&scene, "Even \u{202e}\u{1b}[2J", &["build/api/main.rs"]);
    assert_eq!(changes(&scene, &["api"]), ["Even \\u{202e}\\u{1b}[2J [api]"]);
}

#[test]
fn a_long_list_is_cut() {
    let scene = released();
    for number in 0..25 {
        change(&scene, &format!("Change {number}"), &["svc/shared/lib.rs"]);
    }
    let lines = changes(&scene, &["api"]);
    assert_eq!((lines.len(), lines[0].as_str(), lines[20].as_str()), (21, "Change 24 [api]", "and 5 more"));
}

const LOCK: &str = "version = 4\n\
    [[package]]\nname = \"api\"\nversion = \"0.0.0\"\ndependencies = [\"used\", \"tested\"]\n\
    [[package]]\nname = \"used\"\nversion = \"1.0.0\"\n\
    [[package]]\nname = \"tested\"\nversion = \"1.0.0\"\n\
    [[package]]\nname = \"unused\"\nversion = \"1.0.0\"\n";

#[test]
fn of_the_lock_only_the_crates_of_the_service_count() {
    let scene = released();
    scene.write("Cargo.toml", "[workspace]\nmembers = [\"build/api\"]\n");
    let manifest = "[package]\nname = \"api\"\n[dependencies]\nused = \"1\"\n[dev-dependencies]\ntested = \"1\"\n";
    scene.write("build/api/Cargo.toml", manifest);
    scene.write("Cargo.lock", LOCK);
    scene.commit("Use cargo");
    scene.push_main();
    scene.tag("api/v1.1.0");
    scene.tag("worker/v1.1.0");
    let locked = |name: &str, version: &str| {
        let entry = |version: &str| format!("name = \"{name}\"\nversion = \"{version}\"");
        LOCK.replace(&entry("1.0.0"), &entry(version))
    };
    for name in ["unused", "tested"] {
        scene.write("Cargo.lock", &locked(name, "1.0.1"));
        scene.commit(&format!("Raise {name}"));
        scene.push_main();
        assert_eq!(scene.plan(&["api"]).0, 1, "{name}");
    }
    scene.write("Cargo.lock", &locked("used", "1.0.1"));
    scene.commit("Raise used");
    assert_eq!(changes(&scene, &["api"]), ["Raise used [api]"]);
    assert_eq!(scene.plan(&["worker"]).0, 1);
}
