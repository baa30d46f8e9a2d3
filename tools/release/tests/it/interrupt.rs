//! Ctrl-C, as a terminal and as a script sends it: in every phase the exit status is 130, what was started ends, nothing else begins,
//! and two runs do not meet.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;
use std::process::{Child, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process, kill_process_group, test_kill_process};

use crate::scene::{Scene, answering, in_group};

/// Says that it runs, and runs until it is interrupted; where it is told to hurry, it fails at once.
const BAZEL: &str = r#"#!/bin/bash
case "$*" in *shutdown*) exit 0 ;; esac
echo $$ >>SCENE/started
[ ! -e SCENE/hurry ] || exit 9
trap 'echo interrupted >>SCENE/ended; exit 8' INT
echo "Bazel is at work" >&2
for _ in $(seq 600); do sleep 0.1; done
"#;

fn tagged() -> Scene {
    tagged_with(&answering(BAZEL))
}

/// Tags on two commits, and a program in the place of Bazel.
fn tagged_with(bazel: &str) -> Scene {
    let scene = Scene::new();
    scene.write_program("bazelw", &bazel.replace("SCENE", scene.path("").to_str().unwrap()));
    for tag in ["api/v1.0.0", "worker/v1.0.0"] {
        scene.commit(tag);
        scene.push_main();
        scene.tag(tag);
    }
    scene
}

/// The tool at work, in a group of processes of its own, with a stdin that says nothing.
fn start(scene: &Scene, arguments: &[&str]) -> Child {
    let mut command = in_group(&scene.release(arguments));
    command.env("RELEASE_REGISTRY", "127.0.0.1:1/t");
    command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
}

fn publish(scene: &Scene) -> Child {
    start(scene, &["publish", "api/v1.0.0", "worker/v1.0.0", "--only", "image"])
}

fn wait_for(child: &mut Child, text: &str) -> BufReader<std::process::ChildStderr> {
    let mut stderr = BufReader::new(child.stderr.take().unwrap());
    let mut line = String::new();
    while !line.contains(text) {
        line.clear();
        assert_ne!(stderr.read_line(&mut line).unwrap(), 0, "it never says `{text}`");
    }
    stderr
}

fn started(scene: &Scene) -> Vec<Pid> {
    let text = fs::read_to_string(scene.path("started")).unwrap();
    text.lines().map(|line| Pid::from_raw(line.parse().unwrap()).unwrap()).collect()
}

/// What is left when the tool was interrupted while Bazel builds.
fn interrupted(send: impl Fn(Pid)) {
    let scene = tagged();
    let mut child = publish(&scene);
    let mut stderr = wait_for(&mut child, "Bazel is at work");
    send(Pid::from_child(&child));
    let mut rest = String::new();
    stderr.read_to_string(&mut rest).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130), "{rest}");
    assert!(rest.contains("interrupted; the same command may be run again"), "{rest}");
    let started = started(&scene);
    assert_eq!(started.len(), 1, "no second build: {rest}");
    assert!(test_kill_process(started[0]).is_err(), "Bazel has ended");
    assert!(!fs::read_to_string(scene.path("ended")).unwrap().is_empty(), "it was asked to, and not killed");
    // The next run is not in its way.
    fs::write(scene.path("hurry"), "").unwrap();
    let mut child = publish(&scene);
    let mut stderr = wait_for(&mut child, "building worker/v1.0.0");
    stderr.read_to_string(&mut rest).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(2), "{rest}");
}

#[test]
fn by_a_terminal() {
    interrupted(|process| kill_process_group(process, Signal::INT).unwrap());
}

#[test]
fn by_a_script() {
    interrupted(|process| kill_process(process, Signal::INT).unwrap());
}

#[test]
fn by_a_runner_that_gives_up() {
    interrupted(|process| kill_process(process, Signal::TERM).unwrap());
}

/// The tool was interrupted, said so, and ended soon.
fn assert_interrupted(mut child: Child, mut stderr: BufReader<std::process::ChildStderr>, what: &str) {
    let begun = Instant::now();
    let mut rest = String::new();
    stderr.read_to_string(&mut rest).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130), "{what}: {rest}");
    assert!(rest.ends_with("interrupted; the same command may be run again\n"), "{what}: {rest}");
    assert!(begun.elapsed() < Duration::from_secs(10), "{what}: {:?}", begun.elapsed());
}

type Sender = fn(Pid);

const SENDERS: [(&str, Sender); 2] = [
    ("a terminal", |process| kill_process_group(process, Signal::INT).unwrap()),
    ("a script", |process| kill_process(process, Signal::INT).unwrap()),
];

#[test]
fn while_bazel_is_asked() {
    for (who, send) in SENDERS {
        let scene = tagged_with(BAZEL);
        scene.write("build/api/main.rs", "changed");
        scene.commit("Change");
        scene.push_main();
        for arguments in [&["plan", "api"][..], &["notes", "worker/v1.0.0"], &["status"], &["closure"], &["doctor"]] {
            let _ = fs::remove_file(scene.path("started"));
            if arguments == ["notes", "worker/v1.0.0"] {
                scene.git(&["tag", "--force", "worker/v0.9.0", "main~3"]);
            }
            let mut child = start(&scene, arguments);
            let stderr = wait_for(&mut child, "Bazel is at work");
            send(Pid::from_child(&child));
            assert_interrupted(child, stderr, &format!("{arguments:?} by {who}"));
            assert_eq!(started(&scene).len(), 1, "{arguments:?} by {who}");
            assert!(test_kill_process(started(&scene)[0]).is_err(), "{arguments:?} by {who}: Bazel has ended");
        }
    }
}

/// Bazel may hear of Ctrl-C before the tool does, and `bazelw` may be ended by it.
#[test]
fn a_bazel_that_was_interrupted_is_not_started_again() {
    for end in ["exit 8", "exit 130", "kill -INT $$; sleep 9"] {
        let scene = tagged_with(&answering(&format!("echo $$ >>SCENE/started\n{end}\n")));
        let mut child = publish(&scene);
        let stderr = wait_for(&mut child, "building");
        assert_interrupted(child, stderr, end);
        assert_eq!(started(&scene).len(), 1, "{end}");
    }
}

#[test]
fn while_git_waits_for_origin() {
    for (who, send) in SENDERS {
        let scene = tagged();
        let program = scene.path("ssh");
        let waiting = scene.path("waiting");
        fs::write(&program, format!("#!/bin/sh\ntouch {}\nexec sleep 30\n", waiting.display())).unwrap();
        make_executable(&program);
        scene.git(&["remote", "set-url", "origin", "ssh://127.0.0.1/x"]);
        scene.git(&["config", "core.sshCommand", program.to_str().unwrap()]);
        for arguments in [&["check", "api/v1.0.0"][..], &["publish", "api/v1.0.0", "--only", "image"], &["plan", "api"]]
        {
            let _ = fs::remove_file(&waiting);
            let mut child = start(&scene, arguments);
            while !waiting.exists() {
                thread::sleep(Duration::from_millis(10));
            }
            send(Pid::from_child(&child));
            let stderr = BufReader::new(child.stderr.take().unwrap());
            assert_interrupted(child, stderr, &format!("{arguments:?} by {who}"));
        }
    }
}

#[test]
fn while_somebody_is_asked() {
    for (who, send) in SENDERS {
        let scene = tagged();
        scene.write("build/api/main.rs", "changed");
        scene.commit("Change");
        scene.push_main();
        let mut child = start(&scene, &["cut", "api"]);
        // It is asked behind the plan, without a line break.
        let stderr = wait_for(&mut child, "Change");
        thread::sleep(Duration::from_millis(500));
        send(Pid::from_child(&child));
        assert_interrupted(child, stderr, who);
        assert!(!scene.git_in("origin.git", &["tag", "--list"]).contains("v1.0.1"), "{who}: nothing was tagged");
    }
}

fn make_executable(path: &Path) {
    use std::os::unix::fs::PermissionsExt as _;

    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn the_second_of_two_runs_waits_for_the_first() {
    let scene = tagged();
    let mut first = publish(&scene);
    let mut stderr = wait_for(&mut first, "Bazel is at work");
    let mut second = publish(&scene);
    let mut rest = wait_for(&mut second, "waiting for it");
    assert_eq!(started(&scene).len(), 1);
    // One that waits can be interrupted, and leaves the first alone.
    kill_process(Pid::from_child(&second), Signal::INT).unwrap();
    let mut text = String::new();
    rest.read_to_string(&mut text).unwrap();
    assert_eq!(second.wait().unwrap().code(), Some(130), "{text}");
    assert!(test_kill_process(started(&scene)[0]).is_ok());
    kill_process_group(Pid::from_child(&first), Signal::INT).unwrap();
    stderr.read_to_string(&mut text).unwrap();
    assert_eq!(first.wait().unwrap().code(), Some(130), "{text}");
}
