//! What workflows and their actions have to keep that neither actionlint nor zizmor looks at: what jobs may write, which cache
//! they use, and which commands they run. What starts a release is in `tags`.
//!
//! That actions are pinned to commits, that no script holds an expression, that no clone keeps a token and that secrets are an
//! environment's is zizmor's to see (`make lint PART=workflows`).

use std::fs;

use serde_json::{Value, json};

pub const CI: &str = ".depot/workflows/ci.yaml";
pub const SERVICES: &str = ".depot/workflows/service-release.yaml";
pub const CLIENT: &str = ".github/workflows/release.yaml";

/// What a job gets Bazel by.
const SETUP: &str = "./.depot/actions/setup-bazel";

/// What hands a folder on from one job to others.
const UPLOAD: &str = "actions/upload-artifact";
const DOWNLOAD: &str = "actions/download-artifact";

/// A workflow or an action of the repository.
pub fn read(path: &str) -> Value {
    serde_saphyr::from_str(&fs::read_to_string(parts::paths::workspace(path)).unwrap()).unwrap()
}

/// The jobs of a workflow, by their ids.
fn jobs(workflow: &Value) -> impl Iterator<Item = (&String, &Value)> {
    workflow["jobs"].as_object().unwrap().iter()
}

/// The steps of a job.
fn each_step(job: &Value) -> impl Iterator<Item = &Value> {
    job["steps"].as_array().unwrap().iter()
}

/// All that steps have under a key; `null` for those that do not have it.
fn each<'a>(steps: &'a Value, key: &'a str) -> impl Iterator<Item = &'a Value> {
    steps.as_array().unwrap().iter().map(move |step| &step[key])
}

/// The scripts of a workflow, in order.
fn scripts(workflow: &Value) -> Vec<&str> {
    jobs(workflow).flat_map(|(_, job)| each(&job["steps"], "run")).filter_map(Value::as_str).collect()
}

/// The jobs, each with those that have to be done before it.
fn needs(workflow: &Value) -> Vec<(&str, &Value)> {
    jobs(workflow).map(|(id, job)| (id.as_str(), &job["needs"])).collect()
}

#[test]
fn the_rules_are_held_against_every_workflow() {
    let mut found = Vec::new();
    for folder in [".depot/workflows", ".github/workflows"] {
        let entries = fs::read_dir(parts::paths::workspace(folder)).unwrap();
        found.extend(entries.map(|entry| format!("{folder}/{}", entry.unwrap().file_name().display())));
    }
    found.sort();
    assert_eq!(found, [CI, SERVICES, CLIENT]);
}

#[test]
fn a_job_says_what_it_may_do_and_few_of_a_release_may_write() {
    let rights = |name: &str| -> Vec<(String, Value)> {
        let workflow = read(name);
        assert_eq!(workflow["permissions"], json!({}), "{name}");
        jobs(&workflow).map(|(id, job)| (id.clone(), job["permissions"].clone())).collect()
    };
    let reads = json!({"contents": "read"});
    let named = |(id, permissions): (&str, &Value)| (id.to_owned(), permissions.clone());
    assert_eq!(rights(CI), [("test", &reads), ("lint", &reads)].map(named));
    let image = json!({"contents": "read", "packages": "write"});
    let release = json!({"contents": "write"});
    assert_eq!(rights(SERVICES), [("check", &reads), ("image", &image), ("release", &release)].map(named));
    // What may get a token from npm can write nothing on GitHub, and the other way round.
    let npm = json!({"contents": "read", "id-token": "write"});
    let client = [("check", &reads), ("build", &reads), ("npm", &npm), ("github-release", &release)];
    assert_eq!(rights(CLIENT), client.map(named));
}

#[test]
fn a_release_uses_a_cache_that_only_releases_write() {
    let caches = |name: &str| -> Vec<Value> {
        let workflow = read(name);
        jobs(&workflow).map(|(_, job)| job["steps"][1]["with"]["cache"].clone()).collect()
    };
    assert_eq!(caches(SERVICES), ["release"; 3]);
    assert_eq!(caches(CLIENT), ["release"; 4]);
    let of_tests = "${{ github.event_name == 'pull_request' && 'read-only' || 'read-write' }}";
    assert_eq!(caches(CI), [of_tests, "read-only"]);
    for name in [CI, SERVICES, CLIENT] {
        let workflow = read(name);
        for (id, job) in jobs(&workflow) {
            assert_eq!(each(&job["steps"], "uses").position(|uses| uses == SETUP), Some(1), "{name}: {id}");
            assert_eq!(each(&job["steps"], "uses").filter(|uses| *uses == SETUP).count(), 1, "{name}: {id}");
        }
        assert!(!workflow.to_string().contains("actions/cache"), "{name}");
    }

    let action = read(".depot/actions/setup-bazel/action.yaml");
    let steps = &action["runs"]["steps"];
    let conditions: Vec<_> = each(steps, "if").map(|condition| condition.as_str().unwrap()).collect();
    let expected = [
        "inputs.bazel == 'online'",
        "inputs.cache == 'release'",
        "inputs.cache != 'release'",
        "inputs.cache-token != ''",
    ];
    assert_eq!(conditions, expected);
    // Depot's own configuration goes, and the token that a pull request has too is not the one of a release.
    assert_eq!(steps[1]["run"], "rm --force \"$HOME/.bazelrc\"");
    assert!(steps[2]["run"].as_str().unwrap().contains("DEPOT_CACHE_TOKEN"));
    assert_eq!(steps[3]["run"], "make cache-login MODE=release");
    assert_eq!(steps[3]["env"], json!({"DEPOT_TOKEN": "${{ inputs.cache-token }}", "DEPOT_ORG_ID": ""}));
}

#[test]
fn npm_and_github_are_reached_by_tokens_of_the_run_alone() {
    let client = read(CLIENT);
    let secrets: Vec<_> = client.to_string().split("secrets.").skip(1).map(|rest| rest[..12].to_owned()).collect();
    assert_eq!(secrets, ["GITHUB_TOKEN"]);
    for (id, job) in jobs(&client) {
        // npm vouches for what runners of GitHub have built, and for nothing of others.
        assert_eq!(job["runs-on"], "ubuntu-24.04", "{id}");
        let writes = job["permissions"].as_object().unwrap().values().any(|right| right == "write");
        assert_eq!(job["environment"], if writes { json!("release") } else { json!(null) }, "{id}");
    }
}

#[test]
fn a_run_that_has_begun_to_publish_is_not_cut_off_and_a_second_one_of_the_tag_waits() {
    for (name, group) in [(SERVICES, "service-release"), (CLIENT, "cli-release")] {
        let expected = json!({"group": format!("{group}-${{{{ github.ref }}}}"), "cancel-in-progress": false});
        assert_eq!(read(name)["concurrency"], expected, "{name}");
    }
    // Of two releases of the client one waits for the other: both may want npm's `latest`.
    let expected = json!({"group": "cli-npm", "cancel-in-progress": false});
    assert_eq!(read(CLIENT)["jobs"]["npm"]["concurrency"], expected);
}

#[test]
fn a_workflow_calls_the_tools_and_nothing_else() {
    for name in [CI, SERVICES, CLIENT] {
        // With `pipefail`: GitHub's own default is without.
        assert_eq!(read(name)["defaults"]["run"]["shell"], "bash", "{name}");
    }
    for name in [SERVICES, CLIENT] {
        let release = read(name);
        for (id, job) in jobs(&release) {
            // A shallow clone cannot tell what is on main.
            assert_eq!(job["steps"][0]["with"]["fetch-depth"], 0, "{name}: {id}");
        }
    }

    let ci = read(CI);
    for (id, job) in jobs(&ci) {
        assert_eq!(job["strategy"]["matrix"]["bazel"], json!(["online", "airgap"]), "{id}");
        assert_eq!(job["env"]["UNKEY_BAZEL"], "${{ matrix.bazel }}", "{id}");
    }
    assert_eq!(scripts(&ci), ["make test", "make lint"]);

    let services = read(SERVICES);
    assert_eq!(services["env"], json!({"UNKEY_BAZEL": "online", "LOGIN_REGISTRY": "ghcr.io"}));
    let order = [("check", &json!(null)), ("image", &json!("check")), ("release", &json!(["check", "image"]))];
    assert_eq!(needs(&services), order);
    let expected = [
        "./bazelw run //tools/release -- check --github-output",
        "printf '%s' \"$REGISTRY_TOKEN\" | ./bazelw run //tools/image -- login \"$LOGIN_REGISTRY\" --username \
         \"$GITHUB_ACTOR\" --password-stdin",
        "./bazelw run //tools/release -- publish --only image",
        "./bazelw run //tools/release -- publish --only github-release",
    ];
    assert_eq!(scripts(&services), expected);

    let client = read(CLIENT);
    assert_eq!(client["env"], json!({"UNKEY_BAZEL": "online"}));
    // The release on GitHub is the last, so that it is a draft until all else is there.
    let order = [
        ("check", &json!(null)),
        ("build", &json!("check")),
        ("npm", &json!(["check", "build"])),
        ("github-release", &json!(["check", "npm"])),
    ];
    assert_eq!(needs(&client), order);
    let expected = [
        "./bazelw run //tools/release -- check --github-output",
        "./bazelw run //tools/release -- publish --only archives --dist \"$RUNNER_TEMP/cli-dist\"",
        "./bazelw run //tools/release -- publish --only npm --dist \"$RUNNER_TEMP/cli-dist\"",
        "./bazelw run //tools/release -- publish --only github-release --dist \"$RUNNER_TEMP/cli-dist\"",
    ];
    assert_eq!(scripts(&client), expected);
}

#[test]
fn what_the_build_has_made_is_what_is_published() {
    let client = read(CLIENT);
    let of_jobs = |action: &str| -> Vec<(&str, &Value)> {
        let is_used = |step: &Value| step["uses"].as_str().is_some_and(|uses| uses.split('@').next() == Some(action));
        let steps = jobs(&client).flat_map(|(id, job)| each_step(job).map(move |step| (id.as_str(), step)));
        steps.filter(|(_, step)| is_used(step)).map(|(id, step)| (id, &step["with"])).collect()
    };
    let (name, path) = ("cli-dist", "${{ runner.temp }}/cli-dist");
    let upload = json!({"name": name, "path": path, "if-no-files-found": "error", "retention-days": 7});
    assert_eq!(of_jobs(UPLOAD), [("build", &upload)]);
    let download = json!({"name": name, "path": path});
    assert_eq!(of_jobs(DOWNLOAD), [("npm", &download), ("github-release", &download)]);
}

#[test]
fn what_is_downloaded_is_held_against_its_hash_before_it_is_installed() {
    let action = read(".depot/actions/setup-bazel/action.yaml");
    let script = action["runs"]["steps"][0]["run"].as_str().unwrap();
    let place = |word: &str| script.find(word).unwrap_or_else(|| panic!("no `{word}` in {script}"));
    assert!(place("curl --fail") < place("sha256sum --check --strict"));
    assert!(place("sha256sum --check --strict") < place("sudo install"));
}
