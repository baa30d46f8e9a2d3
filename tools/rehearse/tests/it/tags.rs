//! Which tags start the release workflow. That each service has its pattern is `make bazel`'s to write and `make lint`'s to see.

use std::collections::BTreeSet;
use std::fs;

use rehearse::workflow::Workflow;

use super::workspace;

/// What follows the service.
const VERSION: &str = "/v[0-9]+.[0-9]+.[0-9]+*";

#[test]
fn only_versions_of_services_start_a_release() {
    let path = workspace(".depot/workflows/service-release.yaml");
    let workflow = Workflow::parse("service-release.yaml", &fs::read_to_string(path).unwrap()).unwrap();
    let filter = workflow.on["push"].clone().unwrap();
    let services: BTreeSet<&str> = filter.tags.iter().filter_map(|pattern| pattern.strip_suffix(VERSION)).collect();
    assert!(services.contains("api"), "{services:?}");
    assert_eq!(services.len(), filter.tags.len(), "each once, and with no other pattern: {:?}", filter.tags);
    let is_name =
        |name: &&str| name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    assert!(services.iter().all(is_name), "{services:?}");
    assert!(filter.branches.is_empty() && workflow.on.len() == 1);
}
