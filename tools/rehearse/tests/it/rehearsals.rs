//! Rehearsals of small workflows, with a real registry and the stand-in for GitHub's API: what steps see, what they hand on,
//! what their tokens may do, and how it ends.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use super::scene::{CHECKOUT, Scene, job, stderr, stdout};

const TAG: &str = "api/v1.2.3";

/// Asks GitHub to make a release, with what every machine has.
const RELEASE: &str = r#"name: Release
        env: {TOKEN: "${{ secrets.GITHUB_TOKEN }}", BODY: '{"tag_name": "api/v1.2.3"}'}
        run: |
          exec 3<>"/dev/tcp/127.0.0.1/${GITHUB_API_URL##*:}"
          printf 'POST /repos/%s/releases HTTP/1.1\r\nHost: a\r\nUser-Agent: test\r\n' "$GITHUB_REPOSITORY" >&3
          printf 'Authorization: Bearer %s\r\nContent-Length: %s\r\n\r\n%s' "$TOKEN" "${#BODY}" "$BODY" >&3
          read -r _ status _ <&3
          echo "status $status"
          test "$status" = 201"#;

/// Begins an upload to the registry.
const UPLOAD: &str = r#"name: Upload
        env: {TOKEN: "${{ secrets.GITHUB_TOKEN }}"}
        run: |
          address=${RELEASE_REGISTRY%%/*}
          exec 3<>"/dev/tcp/127.0.0.1/${address##*:}"
          who=$(printf '%s' "$GITHUB_ACTOR:$TOKEN" | base64 --wrap=0)
          printf 'POST /v2/unkeyed/api/blobs/uploads/ HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n' >&3
          if [ -n "$TOKEN" ]; then printf 'Authorization: Basic %s\r\n' "$who" >&3; fi
          printf '\r\n' >&3
          read -r _ status _ <&3
          echo "status $status"
          test "$status" = 202"#;

/// A job that is refused with this status of HTTP.
fn refused(permissions: &str, step: &str, status: u16) {
    let scene = Scene::with_steps(permissions, &[step]);
    let outcome = scene.rehearse(TAG).code(1);
    let (text, log) = (stdout(&outcome), stderr(&outcome));
    assert!(text.contains("FAILED: exit status 1") && text.contains("nothing is published"), "{text}");
    assert!(log.contains(&format!("    | status {status}\n")), "{permissions}: {log}");
}

fn failed(scene: &Scene, expected: &str) {
    let outcome = scene.rehearse(TAG).code(1);
    let text = stdout(&outcome);
    assert!(text.contains(expected), "no `{expected}` in\n{text}\n{}", stderr(&outcome));
    assert!(text.ends_with("api/v1.2.3: FAILED\n"), "{text}");
}

#[test]
fn an_interrupt_ends_the_step_and_leaves_nothing_behind() {
    let scene = Scene::with_steps("", &[r#"{name: Wait, run: "echo $$; sleep 600 & sleep 600"}"#]);
    let temp = scene.folder("temp");
    let mut process = scene.start(TAG, &temp);
    let mut log = BufReader::new(process.stderr.take().unwrap()).lines().map(Result::unwrap);
    let script = log.find_map(|line| line.strip_prefix("    | ").map(str::to_owned)).expect("it prints its number");
    let interrupted = Instant::now();
    kill_process(Pid::from_child(&process), Signal::INT).unwrap();
    assert_eq!(process.wait().unwrap().code(), Some(130));
    assert!(interrupted.elapsed() < Duration::from_secs(30));
    assert!(log.any(|line| line.contains("interrupted")));
    assert!(!Path::new(&format!("/proc/{script}")).exists(), "the step runs on");
    assert_eq!(fs::read_dir(&temp).unwrap().count(), 0);
}

#[test]
fn jobs_run_in_their_order_and_hand_on_their_outputs() {
    let outputs = r#"outputs: {word: "${{ steps.say.outputs.word }}"}"#;
    let say = r#"{name: Say, id: say, run: "echo word=of-first >>$GITHUB_OUTPUT"}"#;
    let needs = r#"{name: Ask, env: {WORD: "${{ needs.first.outputs.word }}"}, run: "test \"$WORD\" = of-first"}"#;
    let scene = Scene::with(&(job("second", "needs: first", &[needs]) + &job("first", outputs, &[say])));
    let text = stdout(&scene.rehearse(TAG).success());
    let (first, second) = (text.find("first   Say").unwrap(), text.find("second  Ask").unwrap());
    assert!(first < second, "{text}");
    assert!(text.ends_with("nothing is published\n\napi/v1.2.3: every job was done\n"), "{text}");
}

#[test]
fn a_step_sees_a_machine_of_its_own() {
    let scene = Scene::with_steps(
        "{contents: read}",
        &[
            CHECKOUT,
            r#"{name: Tag, run: "test $GITHUB_REF_NAME = api/v1.2.3 && test $(git describe --tags --exact-match) = api/v1.2.3"}"#,
            r#"{name: Main, run: "git merge-base --is-ancestor HEAD origin/main"}"#,
            r#"{name: Clean, run: "test -z \"$HTTPS_PROXY$XDG_RUNTIME_DIR\" && test \"$(ls -A ~)\" = .cache && test -z \"$DOCKER_CONFIG\" && test $TEXT = plain"}"#,
            r#"{name: Registry, run: "[[ $RELEASE_REGISTRY == 127.0.0.1:*/unkeyed && $GITHUB_API_URL == http://127.0.0.1:* ]]"}"#,
            r#"{name: Tell, run: "echo A=b >>$GITHUB_ENV; mkdir $RUNNER_TEMP/bin; printf '#!/bin/sh\\nexit 0' >$RUNNER_TEMP/bin/told; chmod +x $RUNNER_TEMP/bin/told; echo $RUNNER_TEMP/bin >>$GITHUB_PATH"}"#,
            r#"{name: Told, run: "test $A = b && told"}"#,
            r#"{name: Not wanted, if: "github.ref_type == 'branch'", run: "false"}"#,
        ],
    );
    let outcome = scene.rehearse(TAG);
    let text = stdout(&outcome) + &stderr(&outcome);
    assert!(text.contains("not wanted, it is not so that github.ref_type == 'branch'"), "{text}");
    assert!(text.contains("every job was done"), "{text}");
    outcome.success();
}

#[test]
fn an_action_of_the_repository_runs_with_its_inputs_alone() {
    let scene = Scene::with_steps(
        "{contents: read}",
        &[CHECKOUT, r#"{name: Act, uses: ./.depot/actions/setup-bazel, with: {cache: "${{ github.ref_type }}"}}"#],
    );
    scene.commit(
        ".depot/actions/setup-bazel/action.yaml",
        r#"
name: a
description: b
inputs: {cache: {description: c, required: true}, other: {description: d, default: e}}
runs:
  using: composite
  steps:
    - {name: Download, id: bazelisk, run: "false", shell: bash}
    - {name: Look, run: 'test "$A" = "tag e"', shell: bash, env: {A: "${{ inputs.cache }} ${{ inputs.other }}"}}
"#,
    );
    let text = stdout(&scene.rehearse(TAG).success());
    assert!(
        text.contains("instead: the wrapper gets Bazel in this machine's way") && text.contains("- Look"),
        "{text}"
    );
}

#[test]
fn a_job_writes_what_it_may_write() {
    let scene = Scene::with(
        &(job("release", "permissions: {contents: write}", &[RELEASE])
            + &job("image", "permissions: {packages: write}", &[UPLOAD])),
    );
    let text = stdout(&scene.rehearse(TAG).success());
    assert!(text.contains("release  api/v1.2.3 (published)\n"), "{text}");
}

#[test]
fn a_job_without_the_right_is_refused() {
    refused("{contents: read}", RELEASE, 403);
    refused("{packages: write}", RELEASE, 403);
    refused("{packages: read}", UPLOAD, 403);
    refused("{contents: write}", UPLOAD, 403);
    refused("{packages: write}", &UPLOAD.replace("${{ secrets.GITHUB_TOKEN }}", ""), 401);
    refused("{packages: write}", &UPLOAD.replace("${{ secrets.GITHUB_TOKEN }}", "guessed"), 401);
    failed(&Scene::with_steps("{}", &[CHECKOUT]), "FAILED: the token of this job may not read contents");
}

#[test]
fn what_comes_after_a_failure_is_not_reached() {
    let steps = ["{name: First, run: exit 3}", "{name: Second, run: echo never}"];
    let scene = Scene::with(
        &(job("one", "permissions: {}", &steps) + &job("two", "needs: one", &["{name: Third, run: echo}"])),
    );
    let outcome = scene.rehearse(TAG).code(1);
    let text = stdout(&outcome);
    for expected in ["FAILED: exit status 3", "Second", "not reached"] {
        assert!(text.contains(expected), "{text}");
    }
    assert_eq!(text.matches("not reached").count(), 2, "{text}");
    assert!(!stderr(&outcome).contains("| never"));
}

#[test]
fn a_secret_in_a_log_and_a_step_that_hangs_fail() {
    let leak = r#"{name: Leak, env: {TOKEN: "${{ secrets.GITHUB_TOKEN }}"}, run: "echo $TOKEN"}"#;
    let scene = Scene::with_steps("{}", &[leak]);
    failed(&scene, "FAILED: it printed a secret");
    assert!(!stderr(&scene.rehearse(TAG)).contains("ghs-"));
    failed(
        &Scene::with_steps("{}", &["{name: Hang, timeout-minutes: 0, run: sleep 600}"]),
        "it took longer than it may",
    );
}

#[test]
fn what_cannot_be_rehearsed_is_named() {
    for (step, message) in [
        ("{name: Setup, uses: actions/setup-go@1}", "nothing stands in for `actions/setup-go@1`"),
        ("{name: Setup, run: 'true', shell: pwsh}", "the shell `pwsh` is not rehearsed"),
        ("{name: Setup, if: always(), run: 'true'}", "the expression `always()` is none that can be rehearsed"),
        (
            r#"{name: Setup, env: {A: "${{ steps.none.outputs.a }}"}, run: 'true'}"#,
            "the expression `steps.none.outputs.a` cannot be evaluated: there is no `steps.none.outputs.a`",
        ),
        ("{name: Setup, run: echo a >>$GITHUB_OUTPUT}", "the line `a` is neither `name=value` nor `name<<END`"),
        ("{name: Setup, uses: ./.depot/actions/none}", "the action `./.depot/actions/none` has no `action.yaml`"),
        (
            "{name: Setup, uses: actions/checkout@1}",
            "`actions/checkout` is not rehearsed with `persist-credentials: true`",
        ),
    ] {
        let scene = Scene::with_steps("{contents: read}", &[step]);
        let text = stderr(&scene.rehearse(TAG).code(2).stdout(""));
        let expected = format!("error: step `Setup` of job `build` cannot be rehearsed: {message}");
        assert!(text.contains(&expected), "no `{expected}` in\n{text}");
        assert!(text.contains("\n\nhint: what stands in for what is a table"), "{text}");
    }
}

#[test]
fn a_tag_that_starts_nothing_is_refused() {
    let scene = Scene::with_steps("{}", &["{name: Never, run: 'false'}"]);
    for tag in ["vault/v1.2.3", "api/v1", "v1.2.3"] {
        let text = stderr(&scene.rehearse(tag).code(1).stdout(""));
        assert!(text.starts_with(&format!("error: tag `{tag}` does not start `workflow.yaml`\n\nhint: ")), "{text}");
    }
    let text = stderr(&scene.rehearse("api/v1..2").code(1).stdout(""));
    assert_eq!(text, "error: `api/v1..2` is no name that git takes for a tag\n");
}

#[test]
fn a_hostile_tag_reaches_no_shell_as_text() {
    let look = r#"{name: Look, env: {A: "${{ github.ref_name }}"}, run: "test \"$A\" = 'api/v1.2.3$(touch${IFS}x)'"}"#;
    let scene = Scene::with_steps("{}", &[look]);
    scene.rehearse("api/v1.2.3$(touch${IFS}x)").success();
    assert!(!scene.repository().join("x").exists());
}

#[test]
fn a_part_that_does_not_start_is_told_and_is_no_answer() {
    let scene = Scene::with_steps("{}", &["{name: Never, run: 'false'}"]);
    let text = stderr(&scene.rehearse_with(TAG, &["git", "bash"]).code(2).stdout(""));
    assert!(text.contains("cannot start crane"), "{text}");
    assert!(text.ends_with("error: a part of the rehearsal failed, what it said is above\n"), "{text}");
}

#[test]
fn what_is_not_committed_is_not_rehearsed() {
    let scene = Scene::with_steps("{}", &["{name: Well, run: 'true'}"]);
    std::fs::write(scene.repository().join("workflow.yaml"), "broken").unwrap();
    let outcome = scene.rehearse(TAG).success();
    assert!(stderr(&outcome).starts_with("there are changes that are not committed: they are not rehearsed\n"));
}
