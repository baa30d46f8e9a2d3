//! `release check`: where it cannot tell, it says so and never passes.

use crate::scene::{SERVICE, Scene};

fn tagged() -> Scene {
    let scene = Scene::new();
    scene.commit("Second");
    scene.push_main();
    scene.tag("api/v1.2.3");
    scene
}

/// What it says about `api/v1.2.3` in a folder where it cannot tell.
fn untold(scene: &Scene, folder: &str) -> String {
    let (status, stdout, stderr) = scene.run_command(&mut scene.release_in(folder, &["check", "api/v1.2.3"]));
    assert_eq!((status, stdout.as_str()), (2, ""), "{stderr}");
    stderr
}

#[test]
fn a_shallow_clone() {
    let scene = tagged();
    let origin = format!("file://{}", scene.path("origin.git").display());
    scene.git_in("", &["clone", "--quiet", "--depth", "1", &origin, "shallow"]);
    assert_eq!(
        untold(&scene, "shallow"),
        "error: `SCENE/shallow` is a shallow clone, its history is cut off\n\n\
         hint: git fetch --unshallow (in CI: `fetch-depth: 0`)\n"
    );
}

#[test]
fn an_origin_that_is_shallow_itself() {
    let scene = tagged();
    let origin = format!("file://{}", scene.path("origin.git").display());
    scene.git_in("", &["init", "--quiet", "--bare", "middle.git"]);
    scene.git_in(
        "middle.git",
        &["fetch", "--quiet", "--depth", "1", &origin, "main:main", "api/v1.2.3:refs/tags/api/v1.2.3"],
    );
    scene.git_in("", &["init", "--quiet", "fresh"]);
    let middle = format!("file://{}", scene.path("middle.git").display());
    scene.git_in("fresh", &["remote", "add", "origin", &middle]);
    std::fs::create_dir_all(scene.path("fresh/build/api")).unwrap();
    std::fs::write(scene.path("fresh/build/api/BUILD.bazel"), SERVICE).unwrap();
    untold(&scene, "fresh");
}

#[test]
fn no_repository() {
    let scene = tagged();
    assert_eq!(
        untold(&scene, "home"),
        "error: `SCENE/home` is not in a git work tree: `git rev-parse` failed: fatal: not a git repository (or any of \
         the parent directories): .git\n\nhint: run it in a clone of the repository, or name one with `-C`\n"
    );
    let (status, _, stderr) = scene.run(&["-C", "none", "check", "api/v1.2.3"]);
    assert_eq!(status, 2);
    assert!(stderr.contains("there is no such folder"), "{stderr}");
}

#[test]
fn no_origin() {
    let scene = tagged();
    scene.git(&["remote", "remove", "origin"]);
    assert_eq!(untold(&scene, "clone"), "error: there is no remote `origin`\n\nhint: git remote add origin <url>\n");
}

#[test]
fn an_origin_that_does_not_answer() {
    let scene = tagged();
    for url in ["/nowhere/at-all.git", "http://127.0.0.1:1/x.git"] {
        scene.git(&["remote", "set-url", "origin", url]);
        let stderr = untold(&scene, "clone");
        assert!(stderr.starts_with("error: cannot ask `origin`: `git ls-remote` failed: fatal: "), "{stderr}");
        assert!(stderr.ends_with("\n\nhint: git ls-remote origin\n"), "{stderr}");
    }
}

#[test]
fn an_origin_without_main() {
    let scene = tagged();
    scene.git_in("origin.git", &["branch", "--move", "main", "trunk"]);
    assert_eq!(untold(&scene, "clone"), "error: `origin` has no branch `main`\n");
}

#[test]
fn a_repository_without_services() {
    let scene = tagged();
    std::fs::remove_dir_all(scene.clone_folder().join("build")).unwrap();
    let (status, _, stderr) = scene.plan(&["api"]);
    assert_eq!(status, 2);
    assert!(stderr.starts_with("error: cannot list the services in `build/`: "), "{stderr}");
}

#[test]
fn the_callers_git_variables_change_nothing() {
    let scene = tagged();
    let mut command = scene.release(&["check", "api/v1.2.3"]);
    command.env("GIT_DIR", scene.path("home")).env("GIT_INDEX_FILE", "/nowhere").env("GIT_NAMESPACE", "other");
    command.env("GIT_OBJECT_DIRECTORY", "/nowhere").env("GIT_WORK_TREE", "/nowhere").env("GIT_CONFIG", "/nowhere");
    command.assert().success();
}

#[test]
fn replaced_commits_and_grafts_change_nothing() {
    let scene = tagged();
    scene.git(&["switch", "--quiet", "--create", "side"]);
    let aside = scene.commit("Aside");
    scene.tag("api/v1.2.4");
    let main = scene.git(&["rev-parse", "main"]);
    // As if main had been made on top of the side branch.
    scene.git(&["replace", "--graft", &main, &aside]);
    scene.release(&["check", "api/v1.2.4"]).assert().code(1);
    std::fs::write(scene.clone_folder().join(".git/info/grafts"), format!("{main} {aside}\n")).unwrap();
    scene.release(&["check", "api/v1.2.4"]).assert().code(1);
}
