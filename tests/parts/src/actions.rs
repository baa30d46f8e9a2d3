//! How the actions of a build were run: here, by Bazel itself, or not at all because a cache had what they make.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::workspace::Workspace;

/// Numbers of actions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Actions {
    /// Those that a program ran for.
    pub executed: u64,
    /// Those whose results came out of a remote cache.
    pub from_remote_cache: u64,
}

/// Builds a target with these options and counts by Bazel's own record of it.
pub fn of_build(workspace: &Workspace, options: &[&str], target: &str) -> Actions {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("events.json");
    let events = format!("--build_event_json_file={}", file.display());
    workspace.run(&[&["build", &events], options, &[target]].concat()).succeeded();
    read(&file)
}

fn read(file: &Path) -> Actions {
    let text = fs::read_to_string(file).expect("Bazel's events");
    let mut events = text.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
    let metrics = events.find_map(|event| event.get("buildMetrics").cloned()).expect("the metrics of the build");
    let mut actions = Actions::default();
    for runner in metrics["actionSummary"]["runnerCount"].as_array().expect("how actions were run") {
        let count = runner["count"].as_u64().expect("a number");
        match runner["name"].as_str().expect("a name") {
            // Bazel's own work, such as writing a list of arguments into a file.
            "total" | "internal" => {}
            "remote cache hit" => actions.from_remote_cache += count,
            _ => actions.executed += count,
        }
    }
    actions
}
