//! Rehearsals of small workflows of the client: what jobs hand on to each other, where they work and what is kept.
//!
//! Who may publish to npm is an end-to-end test's to see, `releases::rehearse`: its registry is installed from npm.

use std::fs;

use parts::command::ended;

use super::scene::{Scene, job};

const TAG: &str = "cli/v1.2.3";

/// Makes a folder, and hands it on.
const MAKE: &str = r#"{name: Make, run: "cd $RUNNER_TEMP && mkdir -p dist/sub dist/.git dist/empty && echo a >dist/sub/a && ln -s sub/a dist/b && touch dist/.hidden dist/.git/c && chmod 755 dist/sub/a"}"#;
const UPLOAD: &str = r#"{name: Hand on, uses: actions/upload-artifact@1, with: {name: dist, path: "${{ runner.temp }}/dist", if-no-files-found: error, retention-days: 7}}"#;
const DOWNLOAD: &str =
    r#"{name: Take, uses: actions/download-artifact@1, with: {name: dist, path: "${{ runner.temp }}/taken"}}"#;

/// Makes a release with a file on GitHub, with what every machine has.
const RELEASE: &str = r#"name: Release
        env: {TOKEN: "${{ secrets.GITHUB_TOKEN }}"}
        run: |
          ask() { # PATH BODY
            exec 3<>"/dev/tcp/127.0.0.1/${GITHUB_API_URL##*:}"
            printf 'POST %s HTTP/1.1\r\nHost: a\r\nUser-Agent: test\r\nConnection: close\r\n' "$1" >&3
            printf 'Content-Type: application/octet-stream\r\nAuthorization: Bearer %s\r\n' "$TOKEN" >&3
            printf 'Content-Length: %s\r\n\r\n%s' "${#2}" "$2" >&3
            cat <&3
          }
          made=$(ask "/repos/$GITHUB_REPOSITORY/releases" '{"tag_name": "cli/v1.2.3"}')
          uploads=$(sed -n 's/.*"upload_url":"http:\/\/[^\/]*\([^{]*\){.*/\1/p' <<<"$made")
          ask "$uploads?name=a.deb" 'a package' | grep --quiet '^HTTP/1.1 201 '"#;

#[test]
fn a_tag_starts_the_workflow_of_what_it_names() {
    let say = |word: &str| job("say", "{}", &[&format!("{{name: Say, run: echo said {word}}}")]);
    let scene = Scene::with_workflows(&[say("services")], &[say("client")]);
    for (tag, word) in [(TAG, "client"), ("api/v1.2.3", "services"), ("cli-api/v1.2.3", "services")] {
        let ended = scene.rehearse(tag).succeeded();
        let said: Vec<_> = ended.stderr.lines().filter(|line| line.starts_with("said ")).collect();
        assert_eq!(said, [format!("said {word}")], "{tag}");
    }
}

#[test]
fn what_a_job_hands_on_arrives_without_modes_links_and_hidden_files() {
    let scene = Scene::with_client(&[
        job("build", "{}", &[MAKE, UPLOAD]),
        job(
            "publish",
            "{}",
            &[
                r#"{name: Look, run: "test -z \"$(ls -A $RUNNER_TEMP)\""}"#,
                DOWNLOAD,
                r#"{name: List, run: "cd $RUNNER_TEMP/taken && find . -mindepth 1 -printf '%P %y %m\n' | sort | sed 's/^/found: /'"}"#,
            ],
        ),
    ]);
    let ended = scene.rehearse(TAG).succeeded();
    let found: Vec<_> = ended.stderr.lines().filter_map(|line| line.strip_prefix("found: ")).collect();
    assert_eq!(found, ["b f 644", "sub d 755", "sub/a f 644"], "{}", ended.report());
    assert_eq!(ended.stdout.matches("done: 2 files\n").count(), 2, "{}", ended.report());
}

#[test]
fn an_artifact_that_cannot_be_handed_on_fails_its_step() {
    for (steps, message) in [
        (vec![UPLOAD], "FAILED: no files were found at `"),
        (vec![r#"{name: Make, run: "mkdir -p $RUNNER_TEMP/dist/a"}"#, UPLOAD], "FAILED: no files were found at `"),
        (vec![MAKE, UPLOAD, UPLOAD], "FAILED: there is an artifact `dist` already\n"),
        (vec![DOWNLOAD], "FAILED: there is no artifact `dist`\n"),
    ] {
        let ended = Scene::with_client(&[job("build", "{}", &steps)]).rehearse(TAG).exited(1);
        assert!(ended.stdout.contains(message), "no `{message}` in {}", ended.report());
        assert!(ended.stdout.ends_with("cli/v1.2.3: FAILED\n"), "{}", ended.report());
    }
}

#[test]
fn an_artifact_that_github_would_hand_on_otherwise_is_named() {
    for (step, part) in [
        (UPLOAD.replace("if-no-files-found: error", "compression-level: 0"), "actions/upload-artifact@1"),
        (UPLOAD.replace("retention-days: 7", "overwrite: true"), "overwrite"),
        (UPLOAD.replace("name: dist", "name: ../dist"), "../dist"),
        (DOWNLOAD.replace("name: dist", "pattern: dist"), "pattern"),
        (DOWNLOAD.replace("runner.temp", "github.workspace"), "${{ github.workspace }}/taken"),
    ] {
        let ended = Scene::with_client(&[job("build", "{}", &[&step])]).rehearse(TAG).exited(2);
        ended.complains(&[&format!("error: `{part}` in `.github/workflows/release.yaml` is not rehearsed")]);
    }
}

#[test]
fn another_clone_has_another_path() {
    let scene = Scene::with_client(&[job("build", "{}", &["{name: Where, run: 'echo it is in $PWD'}"])]);
    let in_clone = |options: &[&str]| {
        let ended = ended(scene.command(TAG).args(options));
        ended.stderr.lines().find_map(|line| line.strip_prefix("it is in ")).unwrap_or_default().to_owned()
    };
    let usual = in_clone(&[]);
    assert_eq!(in_clone(&["--clone", "second"]), format!("{usual}-second"));
    ended(scene.command(TAG).args(["--clone", "../home"])).exited(2).complains(&["use small letters and digits"]);
}

#[test]
fn the_files_of_a_release_are_told_and_kept() {
    let scene = Scene::with_client(&[job("release", "{contents: write}", &[RELEASE])]);
    let mut rehearse = scene.command(TAG);
    let ended = ended(rehearse.args(["--keep", "kept"])).succeeded();
    let lines = "\nrelease  cli/v1.2.3 (published)\nfile     cli/v1.2.3: a.deb\n\ncli/v1.2.3: every job was done\n";
    assert!(ended.stdout.ends_with(lines), "{}", ended.report());
    let kept = scene.repository().join("kept");
    assert_eq!(fs::read(kept.join("release/a.deb")).unwrap(), b"a package");
    assert_eq!(fs::read_dir(&kept).unwrap().count(), 1);
}

#[test]
fn a_folder_that_exists_is_not_mixed_with_what_is_published() {
    let scene = Scene::with_client(&[job("build", "{}", &["{name: Never, run: echo never}"])]);
    let mut rehearse = scene.command(TAG);
    let ended = ended(rehearse.args(["--keep", "."])).exited(1).lacks(&["never\n"]);
    ended.complains(&["` exists, and what is in it would be taken", "hint: name a folder that is not there yet"]);
}
