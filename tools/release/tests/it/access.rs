//! How the user's git gets at origin is how the tool does: ssh, addresses that are replaced, and where the configuration for
//! that stands. What is only here stays here.

use std::fs;

use parts::files::write_program;

use crate::scene::Scene;

fn released() -> Scene {
    let scene = Scene::new();
    scene.tag("api/v1.0.0");
    scene
}

/// A program in the place of ssh that runs what it is asked for on this machine, where the repository has another path.
fn ssh(scene: &Scene) -> String {
    let program = scene.path("ssh");
    let origin = scene.path("origin.git");
    let script = format!(
        "#!/bin/sh\nfor last; do :; done\ncase $* in -G*) exit 1 ;; esac\n\
         exec sh -c \"$(echo \"$last\" | sed 's#/repository#{}#')\"\n",
        origin.display()
    );
    write_program(&program, script);
    program.to_str().unwrap().to_owned()
}

#[test]
fn ssh_is_what_the_user_says() {
    let scene = released();
    let ssh = ssh(&scene);
    scene.git(&["remote", "set-url", "origin", "ssh://git@127.0.0.1/repository"]);
    for (variable, value) in [("GIT_SSH_COMMAND", ssh.clone()), ("GIT_SSH", ssh.clone())] {
        let mut check = scene.release(&["check", "api/v1.0.0"]);
        check.env(variable, value).env("GIT_SSH_VARIANT", "ssh").assert().success();
    }
    scene.git(&["config", "core.sshCommand", &ssh]);
    scene.release(&["check", "api/v1.0.0"]).assert().success();
    scene.commit("Second");
    let mut cut = scene.release(&["cut", "--yes", "--force", "--pre", "rc", "api"]);
    cut.arg("--allow-prerelease-off-main").assert().success();
    assert!(scene.git_in("origin.git", &["tag", "--list"]).contains("api/v1.0.1-rc.1"));
}

#[test]
fn configuration_is_read_where_the_user_says_that_it_is() {
    let scene = released();
    let file = scene.path("configuration");
    let replaced = format!("url.{}/.insteadOf", scene.path("").display());
    fs::write(&file, format!("[url \"{}/\"]\n\tinsteadOf = alias:\n", scene.path("").display())).unwrap();
    scene.git(&["remote", "set-url", "origin", "alias:origin.git"]);
    scene.release(&["check", "api/v1.0.0"]).assert().code(2);
    let file = file.to_str().unwrap();
    let parameters = format!("'{replaced}'='alias:'");
    for variables in [
        &[("GIT_CONFIG_GLOBAL", file)][..],
        &[("GIT_CONFIG_SYSTEM", file)],
        &[("GIT_CONFIG_PARAMETERS", &parameters)],
        &[("GIT_CONFIG_COUNT", "1"), ("GIT_CONFIG_KEY_0", &replaced), ("GIT_CONFIG_VALUE_0", "alias:")],
    ] {
        let mut check = scene.release(&["check", "api/v1.0.0"]);
        check.envs(variables.iter().copied()).assert().success();
    }
}

#[test]
fn a_trace_that_is_asked_for_gets_into_no_message() {
    let scene = released();
    scene.git(&["remote", "set-url", "origin", "/nowhere/at-all.git"]);
    let mut check = scene.release(&["check", "api/v1.0.0"]);
    let (status, _, stderr) = scene.run_command(check.env("GIT_TRACE", "1"));
    assert_eq!(status, 2);
    assert!(stderr.contains("does not appear to be a git repository") && !stderr.contains("run_command"), "{stderr}");
}

/// An annotated tag on origin that is lightweight here, as `actions/checkout` leaves it; main has gone on.
fn flattened() -> Scene {
    let scene = Scene::new();
    scene.git(&["tag", "--annotate", "--message", "First", "api/v1.0.0"]);
    scene.git(&["push", "--quiet", "origin", "api/v1.0.0"]);
    let commit = scene.head();
    scene.write("build/api/main.rs", "changed");
    scene.commit("Second");
    scene.push_main();
    scene.git(&["update-ref", "refs/tags/api/v1.0.0", &commit]);
    scene
}

#[test]
fn a_tag_is_what_it_points_at() {
    let scene = flattened();
    for arguments in
        [&["check", "api/v1.0.0"][..], &["plan", "api"], &["notes", "api/v1.0.0"], &["status", "--no-registry"]]
    {
        let (status, _, stderr) = scene.run(arguments);
        assert_eq!(status, 0, "{arguments:?}: {stderr}");
    }
    assert_eq!(scene.git(&["cat-file", "-t", "api/v1.0.0"]), "commit", "the user's tag stays as it is");
    // The other way round, and another commit, which is another tag.
    scene.git(&["push", "--quiet", "--force", "origin", "api/v1.0.0:refs/tags/api/v1.0.0"]);
    scene.git(&["tag", "--force", "--annotate", "--message", "Mine", "api/v1.0.0", "api/v1.0.0"]);
    scene.release(&["check", "api/v1.0.0"]).assert().success();
    scene.git(&["tag", "--force", "api/v1.0.0", "main"]);
    scene.release(&["check", "api/v1.0.0"]).assert().code(1);
    let (status, _, stderr) = scene.run(&["status", "--no-registry"]);
    assert_eq!(status, 1);
    assert!(stderr.starts_with("error: tag `api/v1.0.0` is `"), "{stderr}");
}

#[test]
fn no_reference_of_the_users_is_moved_or_removed() {
    let scene = released();
    scene.tag("api/v1.1.0");
    scene.git(&["push", "--quiet", "origin", "main:refs/heads/gone"]);
    scene.git(&["fetch", "--quiet", "origin"]);
    scene.git_in("origin.git", &["branch", "--delete", "--force", "gone"]);
    scene.git_in("origin.git", &["tag", "--delete", "api/v1.1.0"]);
    scene.git(&["tag", "api/v9.9.9-mine"]);
    scene.git(&["tag", "my-own"]);
    scene.git(&["branch", "follower"]);
    // All but what follows origin's main, which is origin's.
    let references = || {
        let all = scene.git(&["for-each-ref", "--format=%(refname) %(objectname)"]);
        let is_users = |line: &&str| !line.starts_with("refs/remotes/origin/main ") && !line.contains("/HEAD ");
        all.lines().filter(is_users).map(str::to_owned).collect::<Vec<_>>()
    };
    let before = references();
    for (key, value) in [
        ("fetch.prune", "true"),
        ("fetch.pruneTags", "true"),
        ("remote.origin.prune", "true"),
        ("remote.origin.pruneTags", "true"),
        ("remote.origin.tagOpt", "--tags"),
        ("remote.origin.fetch", "+refs/heads/*:refs/heads/mirrored/*"),
        ("remote.origin.fetch", "+refs/heads/main:refs/heads/follower"),
        ("fetch.all", "true"),
    ] {
        scene.git(&["config", "--add", key, value]);
    }
    // A hook that has a say about references has none about what is looked at.
    write_program(&scene.clone_folder().join(".git/hooks/reference-transaction"), "#!/bin/sh\nexit 1\n");
    for arguments in [
        &["check", "api/v1.0.0"][..],
        &["plan", "--no-log", "worker@v1.0.0"],
        &["notes", "api/v1.0.0"],
        &["status", "--no-registry"],
    ] {
        // Main moves each time, so that something is fetched.
        scene.git_in("", &["clone", "--quiet", "origin.git", "other"]);
        scene.git_in("other", &["commit", "--quiet", "--allow-empty", "--message", "Go on"]);
        scene.git_in("other", &["push", "--quiet", "origin", "HEAD:main"]);
        fs::remove_dir_all(scene.path("other")).unwrap();
        let (status, _, stderr) = scene.run(arguments);
        assert_eq!(status, 0, "{arguments:?}: {stderr}");
        assert_eq!(references(), before, "{arguments:?}");
    }
}
