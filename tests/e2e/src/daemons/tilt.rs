//! `dev/Tiltfile`: it is run as Starlark against the functions that Tilt documents, and what it would have Tilt run is run.
//!
//! Tilt itself is no package of any registry.

use std::fs;

use serde_json::{Value, json};

use crate::command::{command, ended, stdout};
use crate::docker::Docker;
use crate::workspace;

/// Tilt's functions, which the Tiltfile finds there.
const API: &str = include_str!("tilt/api.star");

/// Where Tilt runs commands: the folder of the Tiltfile.
const FOLDER: &str = "dev";

#[test]
fn the_tiltfile_builds_every_image_from_its_closure_and_forwards_every_port() {
    let closures = json!({
        "api": {"paths": ["Cargo.toml", "build/api/main.rs", "svc/api/src/lib.rs"]},
        "b2": {"paths": ["build/b2/main.rs"]},
    });
    let service = |name: &str, ports: &[u16]| {
        let ports: Vec<Value> = ports.iter().map(|port| json!({"name": "http", "port": port})).collect();
        json!({"kind": "Service", "metadata": {"name": name}, "spec": {"ports": ports}})
    };
    let manifests = json!([{"kind": "Deployment"}, service("api", &[7070]), service("b2", &[1, 2])]);
    let calls = run(&closures, &manifests);
    let build = |name: &str, deps: &[&str]| {
        let command = format!("../bazelw run //build/{name}:load -- --tag $EXPECTED_REF");
        json!({"function": "custom_build", "ref": format!("unkey/{name}"), "command": command, "deps": deps})
    };
    let expected = json!([
        {"function": "local", "command": "../bazelw run //tools/release -- closure --json"},
        {"function": "watch_file", "path": "../Cargo.toml"},
        build("api", &["../Cargo.toml", "../build/api/main.rs", "../svc/api/src/lib.rs"]),
        build("b2", &["../build/b2/main.rs"]),
        {"function": "kustomize", "folder": "k8s"},
        {"function": "k8s_yaml", "yaml": "manifests"},
        {"function": "k8s_resource", "workload": "api", "port_forwards": [7070]},
        {"function": "k8s_resource", "workload": "b2", "port_forwards": [1, 2]},
    ]);
    assert_eq!(calls, expected);
}

#[test]
fn what_tilt_would_run_puts_the_image_under_the_expected_tag() {
    let docker = Docker::connect();
    let calls = run(&json!({}), &json!([]));
    let ask = calls[0]["command"].as_str().expect("a command");
    let closures: Value = serde_json::from_str(&shell(&docker, ask, "")).expect("JSON");
    let services: Vec<&String> = closures.as_object().expect("an object").keys().collect();
    assert!(services.len() >= 7 && services.iter().any(|service| *service == "api"), "{services:?}");
    let calls = run(&closures, &json!([]));
    let mut builds = calls.as_array().expect("calls").iter().filter(|call| call["function"] == "custom_build");
    let build = builds.find(|call| call["ref"] == "unkey/api").expect("a build of api");
    for path in build["deps"].as_array().expect("paths") {
        let path = workspace::root().join(FOLDER).join(path.as_str().expect("a path"));
        assert!(path.exists(), "{}", path.display());
    }
    let tag = "unkey/api:tilt-e2e";
    let loaded = shell(&docker, build["command"].as_str().expect("a command"), tag);
    assert!(loaded.contains(&format!("Loaded {tag} sha256:")), "{loaded}");
    docker.run(&["image", "inspect", tag]).succeeded();
    docker.run(&["image", "rm", tag]).succeeded();
}

/// What the Tiltfile tells Tilt, in order.
fn run(closures: &Value, manifests: &Value) -> Value {
    let tiltfile = fs::read_to_string(workspace::root().join(FOLDER).join("Tiltfile")).expect("the Tiltfile");
    let folder = tempfile::tempdir().expect("a folder");
    let program = folder.path().join("program.star");
    // Of JSON, these values have what Starlark has too: no booleans, no null.
    let text =
        format!("CLOSURES = {closures}\nMANIFESTS = {manifests}\n{API}\n{tiltfile}\nprint(json.encode(calls))\n");
    fs::write(&program, text).expect("written");
    let tool = stdout(
        command("bash")
            .args(["-c", "repo=$PWD; source dev/say.sh; source dev/tools.sh; find_tool starlark; echo \"$tool\""]),
    );
    let done = ended(command("dev/tool.sh").arg(tool).arg("-globalreassign").arg(&program)).succeeded();
    // `print` of Starlark writes to stderr.
    serde_json::from_str(&done.stderr).unwrap_or_else(|error| panic!("{error}: {}", done.report()))
}

/// Runs a command as Tilt does.
fn shell(docker: &Docker, line: &str, expected_ref: &str) -> String {
    let mut shell = command("sh");
    shell.current_dir(workspace::root().join(FOLDER)).args(["-c", line]).env("EXPECTED_REF", expected_ref);
    stdout(docker.point(&mut shell))
}
