//! `release cut`: what is tagged and pushed, what is asked before, and what a failure leaves behind.

use std::fs;

use parts::files::write_program;

use crate::scene::{SERVICE, Scene};

/// A scene where each service was released and has changed since.
fn released() -> Scene {
    let scene = Scene::new();
    for service in ["api", "worker"] {
        scene.tag(&format!("{service}/v1.0.0"));
        scene.write(&format!("build/{service}/main.rs"), "changed");
    }
    scene.commit("Change both");
    scene.push_main();
    scene
}

/// The release tags and what they point at, here or on origin.
fn tags(scene: &Scene, folder: &str) -> Vec<String> {
    let format = "--format=%(refname:strip=2) %(objectname) %(objecttype)";
    scene.git_in(folder, &["for-each-ref", format, "refs/tags"]).lines().map(str::to_owned).collect()
}

/// Makes origin decide about each pushed reference with a shell script that has its name in `$1`.
fn on_update(scene: &Scene, script: &str) {
    write_program(&scene.path("origin.git/hooks/update"), format!("#!/bin/sh\n{script}\n"));
}

#[test]
fn each_tag_is_pushed_and_kept() {
    let scene = released();
    on_update(&scene, "echo \"$1\" >>../pushes");
    let head = scene.head();
    let (status, stdout, stderr) = scene.cut(&["--yes", "api", "worker"]);
    assert_eq!((status, stdout.as_str()), (0, "api/v1.0.1\nworker/v1.0.1\n"), "{stderr}");
    assert!(stderr.ends_with("pushed api/v1.0.1\npushed worker/v1.0.1\n"), "{stderr}");
    let here = tags(&scene, "clone");
    assert!(here.contains(&format!("api/v1.0.1 {head} commit")), "{here:?}");
    assert_eq!(here, tags(&scene, "origin.git"));
    scene.release(&["check", "api/v1.0.1"]).assert().success();
    let (status, _, _) = scene.cut(&["--yes", "api"]);
    assert_eq!(status, 1, "nothing changed since");
}

#[test]
fn tags_travel_one_by_one() {
    let scene = released();
    write_program(&scene.path("origin.git/hooks/post-receive"), "#!/bin/sh\nwc -l >>../pushes\n");
    // What would make git send more than it was asked to.
    scene.git(&["config", "push.followTags", "true"]);
    scene.git(&["tag", "--annotate", "--message", "Mine", "mine"]);
    assert_eq!(scene.cut(&["--yes", "api", "worker", "cli@v0.1.0"]).0, 0);
    let pushes = fs::read_to_string(scene.path("pushes")).unwrap();
    assert_eq!(pushes.split_whitespace().collect::<Vec<_>>(), ["1", "1", "1"]);
}

#[test]
fn tags_are_lightweight_whatever_git_is_told() {
    let scene = released();
    for (name, value) in [
        ("tag.gpgSign", "true"),
        ("tag.forceSignAnnotated", "true"),
        ("push.gpgSign", "true"),
        ("gpg.program", "/bin/false"),
    ] {
        scene.git(&["config", name, value]);
    }
    let (status, _, stderr) = scene.cut(&["--yes", "api"]);
    assert_eq!(status, 0, "{stderr}");
    assert!(tags(&scene, "origin.git").contains(&format!("api/v1.0.1 {} commit", scene.head())));
}

#[test]
fn a_dry_run_tags_nothing() {
    let scene = released();
    let before = (tags(&scene, "clone"), tags(&scene, "origin.git"));
    let (status, stdout, stderr) = scene.cut(&["--dry-run", "api"]);
    assert_eq!((status, stdout.as_str()), (0, ""));
    assert!(
        stderr.contains("  api  v1.0.0 -> v1.0.1\n") && stderr.ends_with("dry run: nothing was tagged\n"),
        "{stderr}"
    );
    assert_eq!((tags(&scene, "clone"), tags(&scene, "origin.git")), before);
}

#[test]
fn it_asks_and_takes_only_a_yes() {
    let scene = released();
    for (answer, expected) in [("", 1), ("n\n", 1), ("\n", 1), ("yeah\n", 1), ("Yes\n", 0)] {
        let mut command = scene.release(&["cut", "api"]);
        let (status, stdout, stderr) = scene.run_command(command.write_stdin(answer));
        assert_eq!(status, expected, "`{answer}`: {stdout}{stderr}");
        assert!(stderr.contains("push api/v1.0.1 to origin? [y/N] "), "{stderr}");
        let refused = "error: not confirmed, nothing was tagged\n\nhint: answer `y`, or use `--yes`\n";
        assert_eq!(stderr.ends_with(refused), expected == 1, "{stderr}");
        assert_eq!(tags(&scene, "clone").len(), if expected == 1 { 2 } else { 3 });
    }
}

#[test]
fn refusals_tag_nothing() {
    let scene = released();
    let before = tags(&scene, "clone");
    for arguments in [&["--yes", "api", "worker@v1.0.0"][..], &["--yes", "api", "wroker"], &["--yes", "api", "cli"]] {
        let (status, stdout, _) = scene.cut(arguments);
        assert_eq!((status, stdout.as_str()), (1, ""), "{arguments:?}");
    }
    assert_eq!(tags(&scene, "clone"), before);
    assert_eq!(tags(&scene, "origin.git"), before);
}

#[test]
fn a_failure_leaves_no_tag_here_and_says_how_to_go_on() {
    let scene = released();
    on_update(&scene, "case $1 in refs/tags/worker/*) echo no >&2; exit 1 ;; esac");
    let (status, stdout, stderr) = scene.cut(&["--yes", "api", "worker", "cli@v0.1.0"]);
    assert_eq!((status, stdout.as_str()), (2, "api/v1.0.1\n"));
    assert!(stderr.contains("\nerror: tag `worker/v1.0.1` was not pushed; `api/v1.0.1` was, and stays: "), "{stderr}");
    assert!(stderr.ends_with("\n\nhint: make release ARGS='cut worker@v1.0.1 cli@v0.1.0'\n"), "{stderr}");
    let names =
        |folder| tags(&scene, folder).iter().map(|tag| tag.split(' ').next().unwrap().to_owned()).collect::<Vec<_>>();
    assert_eq!(names("clone"), ["api/v1.0.0", "api/v1.0.1", "worker/v1.0.0"]);
    assert_eq!(names("origin.git"), names("clone"));
    // The remedy works.
    fs::remove_file(scene.path("origin.git/hooks/update")).unwrap();
    let (status, stdout, _) = scene.cut(&["--yes", "worker@v1.0.1", "cli@v0.1.0"]);
    assert_eq!((status, stdout.as_str()), (0, "worker/v1.0.1\ncli/v0.1.0\n"));
}

#[test]
fn a_kill_in_the_middle_leaves_no_tag_here_and_a_second_run_finishes() {
    let scene = released();
    // The hook's parent is git, and git's is the tool.
    let script = "#!/bin/sh\nread -r line\ncase $line in\n\
                  *refs/tags/worker/*) kill -9 $(cut -d' ' -f4 /proc/$PPID/stat); exit 1 ;;\nesac\n";
    write_program(&scene.path("clone/.git/hooks/pre-push"), script);
    let output = scene.release(&["cut", "--yes", "api", "worker"]).output().unwrap();
    assert_eq!(output.status.code(), None, "killed by a signal");
    assert!(tags(&scene, "clone").iter().any(|tag| tag.starts_with("api/v1.0.1 ")));
    assert!(!tags(&scene, "clone").iter().any(|tag| tag.starts_with("worker/v1.0.1 ")));
    fs::remove_file(scene.path("clone/.git/hooks/pre-push")).unwrap();
    // What is cut already is told, and the rest can be cut.
    assert_eq!(scene.cut(&["--yes", "api@v1.0.1", "worker"]).0, 1);
    let (status, stdout, _) = scene.cut(&["--yes", "worker"]);
    assert_eq!((status, stdout.as_str()), (0, "worker/v1.0.1\n"));
    assert_eq!(tags(&scene, "clone"), tags(&scene, "origin.git"));
}

#[test]
fn a_push_whose_answer_was_lost_counts() {
    let scene = released();
    // Takes the tag and fails all the same.
    let script = "#!/bin/sh\ngit push --quiet --no-verify origin HEAD:refs/tags/api/v1.0.1\nexit 1\n";
    write_program(&scene.path("clone/.git/hooks/pre-push"), script);
    let (status, stdout, stderr) = scene.cut(&["--yes", "api"]);
    assert_eq!((status, stdout.as_str()), (0, "api/v1.0.1\n"), "{stderr}");
}

#[test]
fn a_tag_that_somebody_else_pushed_meanwhile_is_refused() {
    let scene = released();
    let first = scene.git(&["rev-parse", "HEAD~1"]);
    scene.git(&["push", "--quiet", "origin", "HEAD~1:refs/tags/api/v1.0.1"]);
    let (status, stdout, stderr) = scene.cut(&["--yes", "--no-fetch", "api"]);
    assert_eq!((status, stdout.as_str()), (1, ""));
    assert!(stderr.contains(&format!("error: tag `api/v1.0.1` exists on origin by now, at `{first}`\n")), "{stderr}");
}

#[test]
fn origin_going_away_is_told_from_a_no() {
    let scene = released();
    write_program(&scene.path("clone/.git/hooks/pre-push"), "#!/bin/sh\nmv ../origin.git ../gone.git\nexit 1\n");
    let (status, stdout, stderr) = scene.cut(&["--yes", "api"]);
    assert_eq!((status, stdout.as_str()), (2, ""));
    assert!(stderr.contains("\nerror: nobody knows whether tag `api/v1.0.1` was pushed"), "{stderr}");
    assert!(stderr.contains("\n\nhint: git ls-remote origin refs/tags/api/v1.0.1; "), "{stderr}");
    assert!(!tags(&scene, "clone").iter().any(|tag| tag.starts_with("api/v1.0.1 ")));
}

/// What makes git push elsewhere than it fetches from: settings, and whether origin gets it too.
#[test]
fn only_what_origin_has_counts() {
    let scene = released();
    scene.git_in("", &["clone", "--quiet", "--bare", "origin.git", "fork.git"]);
    let [origin, fork] = ["origin.git", "fork.git"].map(|name| scene.path(name).to_str().unwrap().to_owned());
    let insteadof = format!("url.{fork}.pushInsteadOf");
    for (number, (settings, arrives)) in [
        (&[("remote.origin.pushurl", &fork)][..], false),
        (&[(&*insteadof, &origin)], false),
        (&[("remote.origin.pushurl", &fork), ("remote.origin.pushurl", &fork)], false),
        (&[("remote.origin.pushurl", &fork), ("remote.origin.pushurl", &origin)], true),
        (&[("remote.origin.pushurl", &format!("file://{origin}"))], true),
    ]
    .into_iter()
    .enumerate()
    {
        let before = fs::read(scene.path("clone/.git/config")).unwrap();
        for (key, value) in settings {
            scene.git(&["config", "--add", key, value]);
        }
        let (tag, other) = (format!("api/v2.{number}.0"), format!("worker@v2.{number}.0-rc.1"));
        let (status, stdout, stderr) = scene.cut(&["--yes", "--force", &tag, &other]);
        fs::write(scene.path("clone/.git/config"), before).unwrap();
        let has = |folder| tags(&scene, folder).iter().any(|known| known.starts_with(&format!("{tag} ")));
        assert_eq!((has("clone"), has("origin.git")), (arrives, arrives), "{settings:?}");
        assert_eq!(status, if arrives { 0 } else { 2 }, "{settings:?}: {stderr}");
        if !arrives {
            assert_eq!(stdout, "", "{settings:?}");
            assert!(
                stderr.contains(&format!("\nerror: tag `{tag}` was pushed, and is not on origin\n\nhint: ")),
                "{stderr}"
            );
            let again = format!("make release ARGS='cut api@v2.{number}.0 {other}'\n");
            assert!(stderr.ends_with(&again), "{stderr}");
        }
    }
}

#[test]
fn settings_of_a_remote_do_not_change_what_is_pushed() {
    let scene = released();
    scene.git(&["tag", "mine"]);
    for (number, (key, value)) in [
        ("remote.origin.mirror", "true"),
        ("remote.origin.push", "+refs/heads/*:refs/heads/*"),
        ("push.default", "nothing"),
        ("push.followTags", "true"),
        ("remote.pushDefault", "nowhere"),
        ("remote.origin.skipFetchAll", "true"),
    ]
    .into_iter()
    .enumerate()
    {
        scene.git(&["config", key, value]);
        let (status, _, stderr) = scene.cut(&["--yes", "--force", &format!("api@v2.{number}.0")]);
        assert_eq!(status, 0, "{key}: {stderr}");
        scene.git(&["config", "--unset-all", key]);
    }
    let names = scene.git_in("origin.git", &["for-each-ref", "--format=%(refname)"]);
    assert!(
        !names.contains("mine") && names.lines().filter(|name| !name.contains("/v")).eq(["refs/heads/main"]),
        "{names}"
    );
}

#[test]
fn gits_hooks_run_unless_told_not_to() {
    let scene = released();
    write_program(&scene.path("clone/.git/hooks/pre-push"), "#!/bin/sh\necho the hook says no >&2\nexit 1\n");
    let (status, _, stderr) = scene.cut(&["--yes", "api"]);
    assert_eq!(status, 2);
    assert!(stderr.contains("the hook says no"), "{stderr}");
    assert_eq!(scene.cut(&["--yes", "--no-verify", "api"]).0, 0);
}

#[test]
fn the_result_is_there_as_json() {
    let scene = released();
    let json = |arguments: &[&str]| -> serde_json::Value {
        let (status, stdout, stderr) = scene.cut(arguments);
        assert_eq!(status, 0, "{stderr}");
        serde_json::from_str(&stdout).unwrap()
    };
    let dry = json(&["--json", "--dry-run", "api"]);
    assert_eq!((&dry["dry_run"], &dry["pushed"]), (&true.into(), &serde_json::json!([])));
    assert_eq!(dry["plan"]["releases"][0]["tag"], "api/v1.0.1");
    let cut = json(&["--json", "--yes", "api", "worker@v2.0.0-rc.1"]);
    assert_eq!(
        (&cut["dry_run"], &cut["pushed"]),
        (&false.into(), &serde_json::json!(["api/v1.0.1", "worker/v2.0.0-rc.1"]))
    );
}

#[test]
fn seven_tags_at_once() {
    let scene = released();
    let names: Vec<String> = (1..=5).map(|number| format!("service{number}")).collect();
    for name in &names {
        scene.write(&format!("build/{name}/BUILD.bazel"), SERVICE);
    }
    scene.commit("Add services");
    scene.push_main();
    let first: Vec<String> = names.iter().map(|name| format!("{name}@v0.1.0")).collect();
    let mut arguments = vec!["--yes", "api", "worker"];
    arguments.extend(first.iter().map(String::as_str));
    let (status, stdout, stderr) = scene.cut(&arguments);
    assert_eq!((status, stdout.lines().count()), (0, 7), "{stderr}");
    assert_eq!(tags(&scene, "origin.git").len(), 9);
}
