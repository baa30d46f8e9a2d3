//! Rehearsals of small workflows, with a real registry and the stand-in for GitHub's API: what steps see, what their tokens may
//! do, and how it ends.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use parts::command::ended;
use rustix::process::{Pid, Signal, kill_process};

use super::scene::{Scene, job};

const TAG: &str = "api/v1.2.3";

/// Asks GitHub to make a release, with what every machine has.
const RELEASE: &str = r#"name: Release
        env: {TOKEN: "${{ secrets.GITHUB_TOKEN }}", BODY: '{"tag_name": "api/v1.2.3"}'}
        run: |
          exec 3<>"/dev/tcp/127.0.0.1/${GITHUB_API_URL##*:}"
          printf 'POST /repos/%s/releases HTTP/1.1\r\nHost: a\r\nUser-Agent: test\r\n' "$GITHUB_REPOSITORY" >&3
          printf 'Authorization: Bearer %s\r\nContent-Length: %s\r\n\r\n%s' "$TOKEN" "${#BODY}" "$BODY" >&3
          read -r _ status _ <&3
          echo "release: $status""#;

/// Begins an upload to the registry.
const UPLOAD: &str = r#"name: Upload
        env: {TOKEN: "${{ secrets.GITHUB_TOKEN }}"}
        run: |
          address=$LOGIN_REGISTRY
          exec 3<>"/dev/tcp/127.0.0.1/${address##*:}"
          who=$(printf '%s' "$GITHUB_ACTOR:$TOKEN" | base64 --wrap=0)
          printf 'POST /v2/unkeyed/api/blobs/uploads/ HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n' >&3
          if [ -n "$TOKEN" ]; then printf 'Authorization: Basic %s\r\n' "$who" >&3; fi
          printf '\r\n' >&3
          read -r _ status _ <&3
          echo "upload: $status""#;

#[test]
fn a_job_writes_what_its_permissions_say_and_no_more() {
    let without_token = UPLOAD.replace("${{ secrets.GITHUB_TOKEN }}", "");
    let of_another_job = UPLOAD.replace("${{ secrets.GITHUB_TOKEN }}", "ghs-rehearsal-token-of-job-image");
    let scene = Scene::with(&[
        job("none", "{}", &[RELEASE, UPLOAD]),
        job("check", "{contents: read, packages: read}", &[RELEASE, UPLOAD]),
        job("image", "{packages: write}", &[RELEASE, UPLOAD, &without_token]),
        job("release", "{contents: write}", &[RELEASE, UPLOAD, &of_another_job]),
    ]);
    let ended = scene.rehearse(TAG).succeeded();
    let statuses: Vec<_> =
        ended.stderr.lines().filter(|line| line.starts_with("release: ") || line.starts_with("upload: ")).collect();
    let expected = [
        ["release: 401", "upload: 401"].as_slice(),
        &["release: 403", "upload: 401"],
        &["release: 401", "upload: 202", "upload: 401"],
        &["release: 201", "upload: 401", "upload: 401"],
    ];
    assert_eq!(statuses, expected.concat(), "{}", ended.report());
    assert!(ended.stdout.ends_with("\nrelease  api/v1.2.3 (published)\n\napi/v1.2.3: every job was done\n"));
}

#[test]
fn a_step_sees_a_machine_of_its_own_and_the_tag_as_data() {
    let hostile = "api/v1.2.3$(touch${IFS}x)";
    let scene = Scene::with(&[job(
        "build",
        "{contents: read}",
        &[
            "{name: Check out, uses: actions/checkout@1}",
            r#"{name: Tag, env: {A: "${{ github.ref_name }}"}, run: "test \"$(git describe --tags --exact-match)\" = \"$A\""}"#,
            r#"{name: Commit, env: {A: "${{ github.ref_name }}"}, run: "test \"$(git cat-file -t \"refs/tags/$A\")\" = commit"}"#,
            r#"{name: Main, run: "git merge-base --is-ancestor HEAD origin/main"}"#,
            r#"{name: Clean, run: "test -z \"$HTTPS_PROXY$DOCKER_CONFIG\" && test \"$(ls -A ~)\" = .cache && test $TEXT = plain"}"#,
            r#"{name: Servers, run: "[[ $LOGIN_REGISTRY == 127.0.0.1:* && $RELEASE_REGISTRY == $LOGIN_REGISTRY/unkeyed && $GITHUB_API_URL == http://127.0.0.1:* ]]"}"#,
            r#"{name: Tell, run: "echo a=b >>$GITHUB_OUTPUT"}"#,
        ],
    )]);
    scene.git(&["tag", "--annotate", "--message", "First", hostile]);
    fs::write(scene.repository().join(".depot/workflows/service-release.yaml"), "broken").unwrap();
    let ended = scene.rehearse(hostile).succeeded().complains(&["there are changes that are not committed"]);
    assert!(ended.stdout.contains("instead: a clone of the bare repository\n"), "{}", ended.report());
    assert!(ended.stdout.contains("\nnothing is published\n"), "{}", ended.report());
    assert!(!scene.repository().join("x").exists());
}

#[test]
fn what_comes_after_a_failure_is_not_reached() {
    let scene = Scene::with(&[
        job("one", "{}", &["{name: First, run: exit 3 | true}", "{name: Second, run: echo never}"]),
        job("two", "{}", &["{name: Third, run: echo never}"]),
    ]);
    let ended = scene.rehearse(TAG).exited(1).lacks(&["never"]);
    assert!(ended.stdout.contains("FAILED: exit status: 3"), "{}", ended.report());
    assert_eq!(ended.stdout.matches("not reached").count(), 2, "{}", ended.report());
    assert!(ended.stdout.ends_with("api/v1.2.3: FAILED\n"), "{}", ended.report());
}

#[test]
fn an_interrupt_ends_the_step_and_leaves_nothing_behind() {
    let scene = Scene::with(&[job("build", "{}", &[r#"{name: Wait, run: "echo $$; sleep 600 & sleep 600"}"#])]);
    let temp = tempfile::tempdir().unwrap();
    let mut process = scene.command(TAG).env("TMPDIR", temp.path()).stderr(Stdio::piped()).spawn().unwrap();
    let mut log = BufReader::new(process.stderr.take().unwrap()).lines().map(Result::unwrap);
    let script = log.find(|line| line.parse::<u32>().is_ok()).expect("it prints its number");
    let interrupted = Instant::now();
    kill_process(Pid::from_child(&process), Signal::INT).unwrap();
    assert_eq!(process.wait().unwrap().code(), Some(130));
    assert!(interrupted.elapsed() < Duration::from_secs(30));
    assert!(log.any(|line| line.contains("interrupted")));
    assert!(!Path::new(&format!("/proc/{script}")).exists(), "the step runs on");
    assert_eq!(fs::read_dir(temp.path()).unwrap().count(), 0);
}

#[test]
fn what_cannot_be_rehearsed_is_named() {
    for (step, message) in [
        (
            "{name: Setup, uses: actions/setup-go@1}",
            "`actions/setup-go@1` in `.depot/workflows/service-release.yaml` is",
        ),
        ("{name: Setup, run: 'true', shell: pwsh}", "`shell` in `.depot/workflows/service-release.yaml` is"),
        ("{name: Setup, run: 'true'}\n    if: always()", "`if` in `.depot/workflows/service-release.yaml` is"),
        (
            r#"{name: Setup, env: {A: "${{ github.actor }}"}, run: 'true'}"#,
            "`${{ github.actor }}` in `.depot/workflows/service-release.yaml` is",
        ),
    ] {
        let ended = Scene::with(&[job("build", "{contents: read}", &[step])]).rehearse(TAG).exited(2);
        ended.complains(&[&format!("error: {message} not rehearsed")]);
    }
    let broken = Scene::with(&[job("build", "write-all", &["{name: Never, run: 'true'}"])]);
    broken.rehearse(TAG).exited(2).complains(&["error: `.depot/workflows/service-release.yaml` cannot be read: "]);
    broken.rehearse("api/v1..2").exited(2).complains(&["error: `git update-ref refs/tags/api/v1..2 "]);
}

#[test]
fn a_server_that_does_not_start_is_told_and_is_no_answer() {
    let scene = Scene::with(&[job("build", "{}", &["{name: Never, run: 'false'}"])]);
    let folder = tempfile::tempdir().unwrap();
    let git = ["/usr/local/bin/git", "/usr/bin/git"].map(Path::new).into_iter().find(|path| path.exists()).unwrap();
    std::os::unix::fs::symlink(git, folder.path().join("git")).unwrap();
    let mut rehearse = scene.command(TAG);
    rehearse.env("PATH", folder.path());
    ended(&mut rehearse).exited(2).complains(&["cannot start crane"]);
}
