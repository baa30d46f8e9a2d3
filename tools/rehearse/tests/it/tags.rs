//! Which tags start the release workflow: one pattern a service, of the services that are there and of those to come.

use std::collections::BTreeSet;
use std::fs;

use rehearse::workflow::Workflow;

use super::workspace;

/// Services that have a pattern before they have a folder. Each goes from here when its folder comes.
const TO_COME: [&str; 6] = ["frontline", "vault", "heimdall", "krane", "control-api", "control-worker"];

/// What follows the service.
const VERSION: &str = "/v[0-9]+.[0-9]+.[0-9]+*";

#[test]
fn every_service_has_its_pattern() {
    let path = workspace(".depot/workflows/service-release.yaml");
    let workflow = Workflow::parse("service-release.yaml", &fs::read_to_string(path).unwrap()).unwrap();
    let filter = workflow.on["push"].clone().unwrap();
    let patterns: BTreeSet<String> = filter.tags.iter().cloned().collect();
    let (existing, to_come) = (services(), TO_COME.map(str::to_owned).into());
    assert!(existing.contains("api"), "{existing:?}");
    let both: Vec<_> = existing.intersection(&to_come).collect();
    assert!(both.is_empty(), "{both:?} exist: take them off the list of services to come");
    let expected: BTreeSet<String> = existing.union(&to_come).map(|service| format!("{service}{VERSION}")).collect();
    assert_eq!(patterns, expected, "the tags of {}", workflow.name);
    assert_eq!(patterns.len(), filter.tags.len(), "each once");
    assert!(filter.branches.is_empty() && workflow.on.len() == 1);
}

/// The folders of `build/` but `util`. Bazel's tests see no folders of other packages: there it is a list that Bazel makes.
fn services() -> BTreeSet<String> {
    let list = workspace("build/folders.txt");
    if let Ok(text) = fs::read_to_string(list) {
        return text.lines().map(str::to_owned).collect();
    }
    let folders = fs::read_dir(workspace("build")).unwrap().map(Result::unwrap);
    let packages = folders.filter(|folder| folder.path().join("BUILD.bazel").exists());
    packages.map(|folder| folder.file_name().into_string().unwrap()).filter(|name| name != "util").collect()
}
