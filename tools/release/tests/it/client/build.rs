//! `--only archives`: what is built, of what, with what, and when it is not built again.

use std::fs;

use rustix::process::{Pid, Signal, kill_process, kill_process_group};

use super::scene::{ClientScene, TAG, TOKEN, rest_after};

#[test]
fn everything_is_built_of_the_commit_into_the_named_folder() {
    let client = ClientScene::untagged();
    client.scene.tag("cli/v1.1.0");
    client.scene.write("cli/main.rs", "changed");
    client.scene.commit("Change it");
    client.scene.push_main();
    client.scene.tag(TAG);
    // What is not committed is in no release.
    client.scene.write("prebuilt/linux_amd64", "not an executable");
    client.scene.write("dev/goreleaser.sh", "exit 1");
    let dist = client.dist();
    let mut command = client.command(&[TAG, "--only", "archives", "--dist", dist.to_str().unwrap()]);
    let secrets =
        [("NPM_TOKEN", TOKEN), ("GORELEASER_KEY", TOKEN), ("NODE_AUTH_TOKEN", TOKEN), ("npm_config__authToken", TOKEN)];
    command.envs(secrets).env("GORELEASER_CURRENT_TAG", "v9.9.9").env("RUSTFLAGS", "-Copt-level=0");
    let names = ["CARGO_INCREMENTAL", "SDKROOT", "SOURCE_DATE_EPOCH", "X_SECRET_1"];
    command.envs(names.map(|name| (name, TOKEN)));
    let (status, stdout, stderr) = client.scene.run_command(&mut command);
    assert_eq!((status, stdout.as_str()), (0, "SCENE/dist\n"), "{stderr}");
    assert!(stderr.contains("archives        built\n"), "{stderr}");
    assert_eq!(client.builds(), 1);
    assert_eq!(client.github.requests().len(), 0, "nothing is asked of GitHub, and nothing published");

    let read = |name: &str| fs::read_to_string(client.scene.path(name)).unwrap();
    assert_eq!(read("goreleaser"), "release --clean --skip=publish\n");
    assert_eq!(read("stamps"), "STABLE_VERSION_CLI v1.2.3\n");
    assert_eq!(read("tags"), "v1.1.0\nv1.2.3\n");
    assert_eq!(
        read("remote"),
        "https://github.com/unkeyed/unkey\n",
        "GoReleaser refuses a repository without a remote"
    );
    assert_eq!(read("dirt"), "", "GoReleaser refuses a tree that is not its commit");
    let environment = read("environment");
    let head = client.scene.head();
    let time = client.scene.git(&["log", "-1", "--date=format-local:%Y-%m-%dT%H:%M:%S", "--format=%cd"]);
    for line in [
        "GORELEASER_CURRENT_TAG=v1.2.3",
        "GORELEASER_PREVIOUS_TAG=v1.1.0",
        "UNKEY_VERSION=v1.2.3",
        &format!("UNKEY_COMMIT={head}"),
    ] {
        assert!(environment.lines().any(|one| one == line), "no `{line}` in {environment}");
    }
    let told = environment.lines().find_map(|line| line.strip_prefix("UNKEY_COMMIT_TIME=")).unwrap();
    assert!(told.len() == time.len() + 1 && told.ends_with('Z'), "{told}");
    assert!(!environment.contains(TOKEN) && !environment.contains("RUSTFLAGS"), "{environment}");

    let record: serde_json::Value = serde_json::from_str(&read("dist/release.json")).unwrap();
    assert_eq!((&record["tag"], &record["commit"]), (&TAG.into(), &head.into()));
    assert_eq!(read("dist/LICENSE"), "A licence\n");
    // It is a checkout of git's in the caches, which is not touched by what comes next.
    assert!(!client.scene.git_in("origin.git", &["tag", "--list"]).contains("v1.2.3\nv"), "no tag but its own");
    assert_eq!(client.scene.git(&["tag", "--list", "v*"]), "", "the tags for GoReleaser are nobody's");
}

#[test]
fn what_is_there_is_taken_and_what_is_not_its_own_refused() {
    let client = ClientScene::new();
    let dist = client.build();
    let sums = || fs::read(dist.join("checksums.txt")).unwrap();
    let first = sums();
    let arguments = [TAG, "--only", "archives", "--dist", dist.to_str().unwrap()];
    let (status, _, stderr) = client.publish(&arguments);
    assert!(status == 0 && stderr.contains("archives        found\n"), "{stderr}");
    assert_eq!((client.builds(), sums() == first), (1, true), "no compiler makes the same bytes twice");
    client.scene.tag("cli/v1.2.4");
    let (status, _, stderr) = client.publish(&["cli/v1.2.4", "--only", "archives", "--dist", dist.to_str().unwrap()]);
    assert!(status == 1 && stderr.contains("`SCENE/dist` is not the folder of `cli/v1.2.4`: it is of"), "{stderr}");
    fs::write(dist.join("unkey_darwin_arm64/unkey"), "altered").unwrap();
    let (status, _, stderr) = client.publish(&arguments);
    assert!(status == 1 && stderr.contains("`unkey_darwin_arm64/unkey` is not what was built"), "{stderr}");
    assert!(stderr.contains("hint: name another folder with `--dist`, or remove this one\n"), "{stderr}");
    let (status, _, stderr) = client.release();
    assert!(status == 1 && stderr.contains("is not what was built"), "{stderr}");
    let own = client.scene.path("home/pictures");
    parts::files::write(&own.join("cat.jpg"), "cat");
    let (status, _, stderr) = client.publish(&[TAG, "--only", "archives", "--dist", own.to_str().unwrap()]);
    assert!(status == 1 && stderr.contains("it has no `release.json`"), "{stderr}");
    assert_eq!((client.builds(), fs::read_to_string(own.join("cat.jpg")).unwrap().as_str()), (1, "cat"));
    assert_eq!(client.writes(), 0);
}

#[test]
fn without_a_folder_it_is_among_the_caches() {
    let client = ClientScene::new();
    let (status, _, stderr) = client.publish(&[TAG, "--only", "github-release"]);
    assert!(status == 1 && stderr.contains("has no archives of `cli/v1.2.3`"), "{stderr}");
    assert!(stderr.contains("hint: make release ARGS='publish cli/v1.2.3 --only archives'\n"), "{stderr}");
    let (status, _, stderr) = client.release();
    let with = "hint: make release ARGS='publish cli/v1.2.3 --only archives', with the same `--dist`\n";
    assert!(status == 1 && stderr.contains(with), "{stderr}");
    let (status, stdout, stderr) = client.publish(&[TAG, "--only", "archives"]);
    assert!(
        status == 0 && stdout.contains("/.cache/unkey/releases/") && stdout.ends_with("/dist\n"),
        "{stdout}{stderr}"
    );
    let (status, _, stderr) = client.publish(&[TAG, "--only", "github-release"]);
    assert_eq!((status, client.builds()), (0, 1), "{stderr}");
    // Another release takes the place.
    client.scene.tag("cli/v1.3.0");
    let (status, _, stderr) = client.publish(&["cli/v1.3.0", "--only", "archives", "--json"]);
    assert_eq!((status, client.builds()), (0, 2), "{stderr}");
    let (status, _, stderr) = client.publish(&[TAG, "--only", "npm"]);
    assert!(status == 1 && stderr.contains("has no archives of `cli/v1.2.3`"), "{stderr}");
}

#[test]
fn what_a_run_makes_that_is_waited_for_is_taken() {
    let client = ClientScene::new();
    let (dist, aside) = (client.build(), client.scene.path("aside"));
    fs::rename(&dist, &aside).unwrap();
    let folders = client.scene.path("home/.cache/unkey/releases");
    let folder = fs::read_dir(folders).unwrap().next().unwrap().unwrap().path();
    let lock = fs::File::create(folder.join("lock")).unwrap();
    lock.lock().unwrap();
    let child = client.start(&[TAG, "--only", "archives", "--dist", dist.to_str().unwrap()], &[]);
    let (status, rest) = rest_after(child, "waiting for it", |_| {
        fs::rename(&aside, &dist).unwrap();
        drop(lock);
    });
    assert!(status == Some(0) && rest.contains("archives        found\n"), "{rest}");
    assert_eq!(client.builds(), 1);
}

#[test]
fn interrupted_while_goreleaser_works_nothing_is_left() {
    let send: [fn(Pid); 2] = [
        |process| kill_process_group(process, Signal::INT).unwrap(),
        |process| kill_process(process, Signal::TERM).unwrap(),
    ];
    for send in send {
        let client = ClientScene::new();
        let dist = client.dist();
        let arguments = [TAG, "--only", "archives", "--dist", dist.to_str().unwrap()];
        let child = client.start(&arguments, &[("TEST_WAIT", "1")]);
        let (status, rest) = rest_after(child, "GoReleaser is at work", |child| send(Pid::from_child(child)));
        assert_eq!(status, Some(130), "{rest}");
        assert!(rest.ends_with("interrupted; the same command may be run again\n"), "{rest}");
        assert!(!dist.exists());
        client.build();
    }
}
