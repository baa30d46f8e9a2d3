//! What a stamp costs and what it does not reach: by Bazel's own log of what it has run.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::command::{command, ended, stdout};
use crate::layout::Layout;
use crate::releases::monorepo::{Monorepo, SERVICES};
use crate::workspace::{IMAGE, Workspace};

/// Tells the workspace status what to stamp.
const STATUS: &str = "RELEASE_STATUS";

/// One thing that Bazel has run.
struct Spawn {
    mnemonic: String,
    target: String,
}

/// Builds the image with these options and stamps, and tells what was run and not taken from a cache.
fn build(options: &[&str], status: &str, log: &Path) -> Vec<Spawn> {
    let log_option = format!("--execution_log_json_file={}", log.display());
    let arguments = [&["build", &log_option], options, &[IMAGE]].concat();
    let workspace = Workspace::own().with_environment(&[(STATUS, status)]);
    ended(&mut workspace.bazel(&arguments)).succeeded();
    // Objects one behind the other, without anything between them.
    let text = fs::read_to_string(log).expect("the log");
    let spawns = serde_json::Deserializer::from_str(&text).into_iter::<Value>().map(|spawn| spawn.expect("JSON"));
    let ran = spawns.filter(|spawn| spawn["cacheHit"] != Value::Bool(true));
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    ran.map(|spawn| Spawn { mnemonic: text(&spawn["mnemonic"]), target: text(&spawn["targetLabel"]) }).collect()
}

#[test]
fn another_version_links_one_crate_anew() {
    let folder = tempfile::tempdir().expect("a folder");
    let log = folder.path().join("log");
    build(&[], "", &log);
    // Versions that nothing was built with before.
    let time = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("after 1970").as_nanos();
    for version in ["1.0.0", "2.0.0"] {
        let spawns = build(&["--config=release"], &format!("STABLE_VERSION_API v{version}-test.{time}"), &log);
        let compiled: Vec<&str> =
            spawns.iter().filter(|spawn| spawn.mnemonic == "Rustc").map(|spawn| spawn.target.as_str()).collect();
        assert_eq!(compiled, ["//build/api:api"; 2], "one crate for each of two platforms");
        for spawn in &spawns {
            assert!(spawn.target.starts_with("//build/api:"), "{} of {}", spawn.mnemonic, spawn.target);
        }
    }
    let spawns = build(&[], "STABLE_VERSION_API v3.0.0", &log);
    assert!(spawns.iter().all(|spawn| spawn.mnemonic != "Rustc"), "back to what was built before");
}

#[test]
fn what_is_not_stamped_does_not_change_with_the_commit() {
    let monorepo = Monorepo::new();
    let workspace = || Workspace::at(monorepo.folder(), []);
    let digest = |options: &[&str], version: &str| {
        let status = format!("STABLE_VERSION_KRANE {version}");
        let workspace = workspace().with_environment(&[(STATUS, &status)]);
        Layout::open(&workspace.build(options, "//build/krane:image")).digest()
    };
    let before = digest(&[], "v0.9.0");
    monorepo.commit("Nothing");
    assert_eq!(digest(&[], "v1.0.0"), before);
    let release = digest(&["--config=release"], "v1.0.0");
    assert_ne!(release, before);
    assert_ne!(digest(&["--config=release"], "v1.0.1"), release);
    monorepo.commit("Nothing again");
    assert_ne!(digest(&["--config=release"], "v1.0.0"), release, "the commit is part of a release");
}

#[test]
fn a_stamp_without_finished_lines_is_a_development_version() {
    let monorepo = Monorepo::new();
    monorepo.tag("api/v1.0.0");
    let commit = monorepo.git(&["rev-parse", "HEAD"]);
    let stamped = |status: &str| {
        let mut script = command(monorepo.folder().join("build/workspace_status.sh"));
        let text = stdout(script.env(STATUS, status));
        let versions = text.lines().filter_map(|line| line.strip_prefix("STABLE_VERSION_")).map(str::to_owned);
        versions.collect::<Vec<String>>()
    };
    let development = format!("v0.0.0-dev.{}", &commit[..12]);
    let versions = stamped("");
    assert_eq!(versions.len(), SERVICES.len() + 1, "and the client");
    assert!(versions.iter().all(|line| line.ends_with(&format!(" {development}"))), "{versions:?}");
    let versions = stamped("STABLE_VERSION_CONTROL_API v2.0.0\n");
    assert_eq!(versions.len(), SERVICES.len() + 1);
    assert!(versions.contains(&"CONTROL_API v2.0.0".to_owned()), "{versions:?}");
    assert!(versions.contains(&format!("API {development}")), "{versions:?}");
}

#[test]
fn a_change_that_git_does_not_show_is_stamped_as_one() {
    let monorepo = Monorepo::new();
    let commit = monorepo.git(&["rev-parse", "HEAD"]);
    let stamp = |variables: &[(&str, &str)]| {
        let mut script = command(monorepo.folder().join("build/workspace_status.sh"));
        let text = stdout(script.envs(variables.iter().copied()));
        text.lines().next().and_then(|line| line.strip_prefix("STABLE_COMMIT ")).expect("a commit").to_owned()
    };
    let (clean, dirty) = (commit.clone(), format!("{commit}-dirty"));
    assert_eq!(stamp(&[("GIT_DIR", "/nowhere"), ("GIT_INDEX_FILE", "/nowhere")]), clean);
    let program = "build/api/arm64";
    monorepo.set_program("api", "not committed");
    for flag in ["skip-worktree", "assume-unchanged"] {
        monorepo.git(&["checkout", "--quiet", "--", "build/api/amd64"]);
        monorepo.git(&["update-index", &format!("--{flag}"), program]);
        assert_eq!(monorepo.git(&["status", "--porcelain"]), "", "git shows nothing");
        assert_eq!(stamp(&[]), dirty, "{flag}");
        monorepo.git(&["update-index", &format!("--no-{flag}"), program]);
    }
    monorepo.git(&["checkout", "--quiet", "--", "build/api"]);
    assert_eq!(stamp(&[]), clean);
    fs::create_dir_all(monorepo.folder().join(".git/info")).expect("made");
    fs::write(monorepo.folder().join(".git/info/exclude"), "/build/api/more\n").expect("written");
    fs::write(monorepo.folder().join("build/api/more"), "").expect("written");
    assert_eq!(stamp(&[]), dirty, "a file that only this clone excludes");
    fs::remove_file(monorepo.folder().join("build/api/more")).expect("removed");
    fs::write(monorepo.folder().join("bazel-of-a-test"), "").expect("written");
    assert_eq!(stamp(&[]), clean, "a file that the commit excludes");
    fs::remove_file(monorepo.folder().join("bazel-of-a-test")).expect("removed");
}
