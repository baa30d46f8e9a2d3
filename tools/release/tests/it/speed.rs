//! How often git and Bazel are started: a handful of times, however many tags, commits and services there are. The rest of the
//! time is theirs.

use std::fs;

use parts::environment::PATH;

use crate::scene::Scene;

/// A folder for the PATH with a `git` that writes down which command it was started for, and then is git.
fn counting_git(scene: &Scene) -> String {
    let path = std::env::var(PATH).unwrap();
    let git = parts::paths::on_path("git").unwrap();
    let folder = scene.path("counting");
    let script = format!("#!/bin/sh\necho >>{}\nexec {} \"$@\"\n", scene.path("started").display(), git.display());
    parts::files::write_program(&folder.join("git"), script);
    format!("{}:{path}", folder.display())
}

fn started(scene: &Scene, path: &str, arguments: &[&str]) -> usize {
    let _ = fs::remove_file(scene.path("started"));
    scene.release(arguments).env(PATH, path).assert().success();
    fs::read_to_string(scene.path("started")).unwrap().lines().count()
}

#[test]
fn git_is_started_as_often_for_many_tags_and_commits_as_for_few() {
    let scene = Scene::new();
    scene.tag("api/v1.0.0");
    scene.tag("worker/v1.0.0");
    // Of the commit that is checked out.
    let checked = |number: usize| format!("api/v2.0.0-rc.{number}");
    let grow = |number: usize| {
        for round in 0..number {
            scene.write("build/api/main.rs", &format!("{number} {round}"));
            scene.write("build/worker/main.rs", &format!("{number} {round}"));
            scene.commit("Change");
            scene.git(&["tag", &format!("api/v0.{number}.{round}")]);
        }
        scene.push_main();
        scene.tag(&checked(number));
    };
    let path = counting_git(&scene);
    let counts = |number| {
        [
            started(&scene, &path, &["check", &checked(number)]),
            started(&scene, &path, &["plan", "api"]),
            started(&scene, &path, &["plan", "api", "worker"]),
        ]
    };
    grow(1);
    let few = counts(1);
    grow(40);
    assert_eq!(counts(40), few);
    assert!(few[0] <= 7 && few[1] <= 16 && few[2] <= 19, "{few:?}");
}

/// A Bazel that writes down its commands and knows two images of one file each.
const BAZEL: &str = r#"#!/bin/sh
echo "$1" >>"$(dirname "$0")/../asked"
case "$1" in
  cquery)
    printf '"@@//build/%s:image (1)"\n"@@//build/%s:image (1)" -> "@@//build/%s:main.rs (null)"\n' \
      api api api worker worker worker ;;
  info) pwd ;;
  query) printf '@@//build/%s:BUILD.bazel\n' api worker ;;
esac
"#;

#[test]
fn bazel_is_asked_as_often_for_all_services_as_for_one() {
    let scene = Scene::new();
    scene.write_program("bazelw", BAZEL);
    for service in ["api", "worker"] {
        scene.write(&format!("build/{service}/main.rs"), "");
        scene.commit("Add it");
        scene.push_main();
        scene.tag(&format!("{service}/v1.0.0"));
    }
    for service in ["api", "worker"] {
        scene.write(&format!("build/{service}/main.rs"), "changed");
    }
    scene.commit("Change both");
    scene.push_main();
    let asked = |arguments: &[&str]| {
        let _ = fs::remove_file(scene.path("asked"));
        let (status, stdout, stderr) = scene.run(arguments);
        assert_eq!(status, 0, "{stderr}");
        assert!(stdout.contains("api"), "{stdout}");
        fs::read_to_string(scene.path("asked")).unwrap()
    };
    assert_eq!(asked(&["plan", "api"]), "cquery\ninfo\nquery\n");
    assert_eq!(asked(&["plan", "api", "worker"]), "cquery\ninfo\nquery\n");
    assert_eq!(asked(&["status", "--no-registry"]), "cquery\ninfo\nquery\n");
}
