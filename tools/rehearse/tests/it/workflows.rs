//! The files below `.depot` keep the rules, and each rule finds what breaks it.

use rehearse::workflow::{Action, Step, Text, Workflow};

use super::rules::{CI, Files, RELEASE, files, findings};

const BAZEL: &str = "actions/setup-bazel/action.yaml";
const TESTS: &str = "actions/setup-tests/action.yaml";

#[test]
fn the_files_keep_the_rules() {
    let files = files();
    assert_eq!(files.keys().collect::<Vec<_>>(), [BAZEL, TESTS, CI, RELEASE]);
    assert_eq!(findings(&files), Vec::<String>::new());
}

/// A file, a part of it, what takes its place, and what has to be found then.
const BROKEN: [(&str, &str, &str, &str); 22] = [
    (CI, "defaults:\n  run:\n    shell: bash\n", "", "lets a failure in a pipe pass"),
    (RELEASE, "permissions: {}", "permissions: {contents: write}", "gives all jobs permissions"),
    (
        RELEASE,
        "    permissions:\n      contents: read # to clone\n    outputs",
        "    outputs",
        "does not say its permissions",
    ),
    (RELEASE, "packages: write", "id-token: write", "job `image` may write id-token"),
    (
        RELEASE,
        "      contents: read # to clone\n    outputs",
        "      contents: write\n    outputs",
        "job `check` may write contents",
    ),
    (CI, "contents: read", "packages: write", "may write packages"),
    (CI, "# v7.0.1", "", "is not pinned"),
    (CI, "@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1", "@v7", "is not pinned"),
    (CI, "@3d3c42e5aac5ba805825da76410c181273ba90b1", "@3d3c42e5", "is not pinned"),
    (TESTS, "- name: Install what", "- uses: actions/setup-go@main\n      name: Install what", "is not pinned"),
    (RELEASE, "  persist-credentials: false", "  persist-credentials: true", "leaves the job's token in the clone"),
    (
        CI,
        "          fetch-depth: 0\n          persist-credentials: false",
        "          fetch-depth: 0",
        "leaves the job's token",
    ),
    (RELEASE, "--github-output", "--github-output ${{ github.ref_name }}", "has an expression in its script"),
    (BAZEL, "MODE=release", "MODE=${{ inputs.cache }}", "has an expression in its script"),
    (CI, "pull_request:", "pull_request_target:", "`pull_request_target` is in it"),
    (RELEASE, "  push:", "  workflow_dispatch:\n  push:", "`workflow_dispatch` is in it"),
    (RELEASE, "group: service-release-${{ github.ref }}", "group: ''", "has no concurrency group"),
    (RELEASE, "    environment: release\n", "", "uses a secret that no environment guards"),
    (RELEASE, "  UNKEY_BAZEL: online", "  UNKEY_BAZEL: ${{ secrets.A }}", "gives all jobs a secret"),
    (RELEASE, "cache: release", "cache: read-write", "uses the cache `read-write`"),
    (CI, "cache: read-only", "cache: release", "uses the cache `release`"),
    (CI, "depot-ubuntu-24.04-16", "self-hosted", "which is none of Depot's"),
];

#[test]
fn every_rule_finds_what_breaks_it() {
    for (name, part, other, expected) in BROKEN {
        let mut broken: Files = files();
        let text = broken.get_mut(name).unwrap();
        assert!(text.contains(part), "`{part}` is not in {name}");
        *text = text.replacen(part, other, 1);
        let found = findings(&broken);
        let is_found = found.iter().any(|finding| finding.starts_with(name) && finding.contains(expected));
        assert!(is_found, "`{expected}` is not found where `{part}` is `{other}`: {found:#?}");
    }
}

#[test]
fn a_release_calls_the_tools_and_nothing_else() {
    let workflow = Workflow::parse(RELEASE, &files()[RELEASE]).unwrap();
    let steps = || workflow.jobs.values().flat_map(|job| &job.steps);
    let scripts: Vec<_> = steps().filter_map(|step| step.run.as_deref()).collect();
    assert_eq!(
        scripts,
        [
            "./bazelw run //tools/release -- check --github-output",
            "printf '%s' \"$REGISTRY_TOKEN\" | ./bazelw run //tools/image -- login \"$RELEASE_REGISTRY\" --username \
             \"$GITHUB_ACTOR\" --password-stdin",
            "./bazelw run //tools/release -- publish --only image",
            "./bazelw run //tools/release -- publish --only github-release",
        ]
    );
    for step in steps().filter(|step| step.uses.as_deref().is_some_and(|uses| uses.starts_with("actions/checkout@"))) {
        assert_eq!(step.with["fetch-depth"].as_str(), "0", "a shallow clone cannot tell what is on main");
    }
    let order: Vec<_> = workflow.jobs.iter().map(|(id, job)| (id.as_str(), job.needs.join(" "))).collect();
    assert_eq!(order, [("check", String::new()), ("image", "check".to_owned()), ("release", "check image".to_owned())]);
    assert_eq!(workflow.concurrency.cancel_in_progress.as_str(), "false");
    assert!(workflow.concurrency.group.ends_with("${{ github.ref }}"), "one group a tag");
}

#[test]
fn a_release_is_built_online_for_the_registry_of_the_services() {
    let workflow = Workflow::parse(RELEASE, &files()[RELEASE]).unwrap();
    let variables: Vec<_> = workflow.env.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    assert_eq!(variables, [("UNKEY_BAZEL", "online"), ("RELEASE_REGISTRY", "ghcr.io/unkeyed")]);
}

#[test]
fn ci_makes_what_a_user_makes_in_both_ways() {
    let workflow = Workflow::parse(CI, &files()[CI]).unwrap();
    for (id, script) in [("test", "make test"), ("lint", "make lint")] {
        let job = &workflow.jobs[id];
        let ways: Vec<_> = job.strategy.as_ref().unwrap().matrix["bazel"].iter().map(Text::as_str).collect();
        assert_eq!(
            (ways.as_slice(), job.env["UNKEY_BAZEL"].as_str()),
            (["online", "airgap"].as_slice(), "${{ matrix.bazel }}")
        );
        assert_eq!(job.steps.iter().filter_map(|step| step.run.as_deref()).collect::<Vec<_>>(), [script]);
    }
    assert_eq!(workflow.on["push"].as_ref().unwrap().branches, ["main"]);
    let cache = &workflow.jobs["test"].steps[1].with["cache"];
    assert_eq!(cache.as_str(), "${{ github.event_name == 'pull_request' && 'read-only' || 'read-write' }}");
}

#[test]
fn what_is_downloaded_is_held_against_its_hash_before_it_is_installed() {
    let action = Action::parse(BAZEL, &files()[BAZEL]).unwrap();
    let step = &action.runs.steps[0];
    let script = step.run.as_deref().unwrap();
    let place = |word: &str| script.find(word).unwrap_or_else(|| panic!("no `{word}` in {script}"));
    assert!(place("curl --fail") < place("sha256sum --check --strict"));
    assert!(place("sha256sum --check --strict") < place("sudo install"));
    let hash = step.env["SHA256"].as_str();
    assert!(hash.len() == 64 && hash.bytes().all(|byte| byte.is_ascii_hexdigit()), "{hash}");
    assert!(script.contains("\"$SHA256  $RUNNER_TEMP/bazelisk\"") && script.contains("/download/v$VERSION/"));
}

#[test]
fn a_release_never_uses_the_token_that_a_pull_request_has_too() {
    let action = Action::parse(BAZEL, &files()[BAZEL]).unwrap();
    let steps =
        || action.runs.steps.iter().filter(|step| step.run.as_deref().is_some_and(|run| run.contains("cache-login")));
    let [shared, release] = steps().collect::<Vec<_>>()[..] else { panic!("two steps") };
    let leave = &action.runs.steps[1];
    let condition = |step: &Step| step.condition.clone().unwrap().to_string();
    assert_eq!(condition(leave), "inputs.cache == 'release'");
    assert_eq!(leave.run.as_deref(), Some("rm --force \"$HOME/.bazelrc\""));
    assert_eq!(condition(shared), "inputs.cache != 'release'");
    assert!(shared.run.as_deref().unwrap().contains("DEPOT_CACHE_TOKEN"));
    assert_eq!(condition(release), "inputs.cache-token != ''");
    assert_eq!(release.env["DEPOT_TOKEN"].as_str(), "${{ inputs.cache-token }}");
    assert_eq!(release.env["DEPOT_ORG_ID"].as_str(), "");
    assert!(!release.run.as_deref().unwrap().contains("DEPOT_CACHE_TOKEN"));
}
