//! What the files below `.depot` have to keep that neither actionlint nor zizmor looks at: what jobs may write, which cache they
//! use, what starts a release and which commands it runs.
//!
//! That actions are pinned to commits, that no script holds an expression, that no clone keeps a token and that secrets are an
//! environment's is zizmor's to see (`make lint PART=workflows`).

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

const CI: &str = "workflows/ci.yaml";
const RELEASE: &str = "workflows/service-release.yaml";

/// What follows the service in the tags that start a release.
const VERSION: &str = "/v[0-9]+.[0-9]+.[0-9]+*";

/// A file below `.depot`: where this was compiled, or in the runfiles that Bazel starts a test in.
fn read(name: &str) -> Value {
    let compiled = option_env!("CARGO_MANIFEST_DIR").map(|folder| Path::new(folder).join("../../.depot"));
    let folder = compiled.filter(|folder| folder.exists()).unwrap_or_else(|| PathBuf::from(".depot"));
    serde_saphyr::from_str(&fs::read_to_string(folder.join(name)).unwrap()).unwrap()
}

/// The jobs of a workflow, by their ids.
fn jobs(workflow: &Value) -> impl Iterator<Item = (&String, &Value)> {
    workflow["jobs"].as_object().unwrap().iter()
}

/// All that steps have under a key; `null` for those that do not have it.
fn each<'a>(steps: &'a Value, key: &'a str) -> impl Iterator<Item = &'a Value> {
    steps.as_array().unwrap().iter().map(move |step| &step[key])
}

#[test]
fn a_job_says_what_it_may_do_and_two_of_a_release_may_write() {
    let mut rights = Vec::new();
    for name in [CI, RELEASE] {
        let workflow = read(name);
        assert_eq!(workflow["permissions"], json!({}), "{name}");
        rights.extend(jobs(&workflow).map(|(id, job)| (id.clone(), job["permissions"].clone())));
    }
    let expected = [
        ("test", json!({"contents": "read"})),
        ("lint", json!({"contents": "read"})),
        ("check", json!({"contents": "read"})),
        ("image", json!({"contents": "read", "packages": "write"})),
        ("release", json!({"contents": "write"})),
    ];
    assert_eq!(rights, expected.map(|(id, permissions)| (id.to_owned(), permissions)));
}

#[test]
fn a_release_uses_a_cache_that_only_releases_write() {
    let caches = |name: &str| -> Vec<Value> {
        let workflow = read(name);
        jobs(&workflow).map(|(_, job)| job["steps"][1]["with"]["cache"].clone()).collect()
    };
    assert_eq!(caches(RELEASE), ["release"; 3]);
    let of_tests = "${{ github.event_name == 'pull_request' && 'read-only' || 'read-write' }}";
    assert_eq!(caches(CI), [of_tests, "read-only"]);
    for name in [CI, RELEASE] {
        let workflow = read(name);
        for (id, job) in jobs(&workflow) {
            let is_setup = |uses: &&Value| **uses == json!("./.depot/actions/setup-bazel");
            assert_eq!(each(&job["steps"], "uses").position(|uses| is_setup(&uses)), Some(1), "{id}");
            assert_eq!(each(&job["steps"], "uses").filter(is_setup).count(), 1, "{id}");
        }
        assert!(!workflow.to_string().contains("actions/cache"), "{name}");
    }

    let action = read("actions/setup-bazel/action.yaml");
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
fn only_tags_of_services_start_a_release() {
    let workflow = read(RELEASE);
    let on = workflow["on"].as_object().unwrap();
    assert_eq!(on.keys().collect::<Vec<_>>(), ["push"]);
    assert_eq!(on["push"].as_object().unwrap().keys().collect::<Vec<_>>(), ["tags"]);
    // Which services there are is `make bazel`'s to write.
    for tag in on["push"]["tags"].as_array().unwrap() {
        let service = tag.as_str().unwrap().strip_suffix(VERSION).unwrap_or_else(|| panic!("{tag}"));
        let is_name = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        assert!(!service.is_empty() && service.bytes().all(is_name), "{tag}");
    }
    // A run that has begun to publish is not cut off, and a second one of the tag waits.
    let concurrency = json!({"group": "service-release-${{ github.ref }}", "cancel-in-progress": false});
    assert_eq!(workflow["concurrency"], concurrency);
}

#[test]
fn a_workflow_calls_the_tools_and_nothing_else() {
    let release = read(RELEASE);
    assert_eq!(release["env"], json!({"UNKEY_BAZEL": "online", "LOGIN_REGISTRY": "ghcr.io"}));
    let needs: Vec<_> = jobs(&release).map(|(id, job)| (id.as_str(), &job["needs"])).collect();
    assert_eq!(needs, [("check", &json!(null)), ("image", &json!("check")), ("release", &json!(["check", "image"]))]);
    for (id, job) in jobs(&release) {
        // A shallow clone cannot tell what is on main.
        assert_eq!(job["steps"][0]["with"]["fetch-depth"], 0, "{id}");
    }

    let ci = read(CI);
    for (id, job) in jobs(&ci) {
        assert_eq!(job["strategy"]["matrix"]["bazel"], json!(["online", "airgap"]), "{id}");
        assert_eq!(job["env"]["UNKEY_BAZEL"], "${{ matrix.bazel }}", "{id}");
    }
    let scripts = |workflow: &Value| -> Vec<String> {
        // With `pipefail`: GitHub's own default is without.
        assert_eq!(workflow["defaults"]["run"]["shell"], "bash");
        let steps = jobs(workflow).flat_map(|(_, job)| each(&job["steps"], "run"));
        steps.filter_map(Value::as_str).map(str::to_owned).collect()
    };
    assert_eq!(scripts(&ci), ["make test", "make lint"]);
    let expected = [
        "./bazelw run //tools/release -- check --github-output",
        "printf '%s' \"$REGISTRY_TOKEN\" | ./bazelw run //tools/image -- login \"$LOGIN_REGISTRY\" --username \
         \"$GITHUB_ACTOR\" --password-stdin",
        "./bazelw run //tools/release -- publish --only image",
        "./bazelw run //tools/release -- publish --only github-release",
    ];
    assert_eq!(scripts(&release), expected);
}

#[test]
fn what_is_downloaded_is_held_against_its_hash_before_it_is_installed() {
    let action = read("actions/setup-bazel/action.yaml");
    let script = action["runs"]["steps"][0]["run"].as_str().unwrap();
    let place = |word: &str| script.find(word).unwrap_or_else(|| panic!("no `{word}` in {script}"));
    assert!(place("curl --fail") < place("sha256sum --check --strict"));
    assert!(place("sha256sum --check --strict") < place("sudo install"));
}
