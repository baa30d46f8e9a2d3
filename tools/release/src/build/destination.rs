//! Where the images of services go: the repository of each one's `service_image`, or the one of that name in another registry.
//!
//! Owns that question, which Bazel answers without building anything: the repository is an attribute of the service's `:push`.

use std::collections::BTreeMap;

use oci::reference::Repository;
use serde::Deserialize;

use super::{Bazel, BuildError, QUIET};

/// One JSON object a target (build.proto, "Target"), with this attribute alone.
const OUTPUT: [&str; 2] = ["--output=streamed_jsonproto", "--proto:output_rule_attrs=repository"];

#[derive(Deserialize)]
struct Target {
    rule: Option<Rule>,
}

#[derive(Deserialize)]
struct Rule {
    name: String,
    #[serde(default)]
    attribute: Vec<Attribute>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Attribute {
    name: String,
    string_value: Option<String>,
}

/// The repositories of these services, by their names; below `registry`, `HOST[/PREFIX]`, where one is given.
///
/// # Errors
/// When Bazel cannot tell, or a name is none.
pub fn repositories(
    bazel: &Bazel,
    services: &[&str],
    registry: Option<&str>,
) -> Result<BTreeMap<String, Repository>, BuildError> {
    if services.is_empty() {
        return Ok(BTreeMap::new());
    }
    let targets: Vec<String> = services.iter().map(|service| format!("//build/{service}:push")).collect();
    let expression = format!("set({})", targets.join(" "));
    let output = bazel.output(&[&["query"], &QUIET[..], &OUTPUT, &["--", &expression]].concat())?;
    if !output.status.success() {
        let services: Vec<String> = services.iter().map(|service| format!("`{service}`")).collect();
        return Err(BuildError::Destinations { services: services.join(", "), status: output.status });
    }
    let mut told = parse(&output.stdout).map_err(BuildError::Answer)?;
    let mut repositories = BTreeMap::new();
    for (service, target) in services.iter().zip(targets) {
        let own: Repository = told.remove(&target).ok_or(BuildError::NoRepository { target })?.parse()?;
        let repository = registry.map(|registry| own.under(registry)).transpose()?.unwrap_or(own);
        repositories.insert((*service).to_owned(), repository);
    }
    Ok(repositories)
}

/// The same of one service.
///
/// # Errors
/// As [`repositories`].
pub fn repository(bazel: &Bazel, service: &str, registry: Option<&str>) -> Result<Repository, BuildError> {
    let mut found = repositories(bazel, &[service], registry)?;
    found.remove(service).ok_or_else(|| BuildError::NoRepository { target: format!("//build/{service}:push") })
}

/// Each target's repository.
fn parse(answer: &[u8]) -> Result<BTreeMap<String, String>, serde_json::Error> {
    let mut repositories = BTreeMap::new();
    for target in serde_json::Deserializer::from_slice(answer).into_iter::<Target>() {
        let Some(rule) = target?.rule else { continue };
        let attribute = rule.attribute.into_iter().find(|attribute| attribute.name == "repository");
        let value = attribute.and_then(|attribute| attribute.string_value);
        repositories.extend(value.map(|value| (rule.name.trim_start_matches('@').to_owned(), value)));
    }
    Ok(repositories)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    /// What Bazel answers, as this script.
    fn asked(script: &str, registry: Option<&str>) -> Result<Vec<String>, String> {
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("bazelw");
        fs::write(&program, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        let found = repositories(&Bazel::new(folder.path()), &["api", "vault"], registry);
        found.map(|found| found.values().map(ToString::to_string).collect()).map_err(|error| error.to_string())
    }

    fn target(label: &str, repository: &str) -> String {
        format!(
            r#"{{"type":"RULE","rule":{{"name":"{label}","ruleClass":"service_command","attribute":[{{"name":"repository","type":"STRING","stringValue":"{repository}"}}]}}}}"#
        )
    }

    #[test]
    fn each_service_says_where_its_image_goes() {
        let targets =
            [target("//build/vault:push", "quay.io/other/lock"), target("@@//build/api:push", "ghcr.io/o/api")];
        let script = format!("[ \"$1\" = query ] || exit 1\ncat <<'E'\n{}\nE", targets.join("\n"));
        assert_eq!(asked(&script, None).unwrap(), ["ghcr.io/o/api", "quay.io/other/lock"]);
        let elsewhere = asked(&script, Some("localhost:5000/team")).unwrap();
        assert_eq!(elsewhere, ["localhost:5000/team/api", "localhost:5000/team/lock"]);
        assert!(asked(&script, Some("a b")).unwrap_err().contains("`a b/api`"));
    }

    #[test]
    fn what_bazel_does_not_say_is_an_error() {
        for (script, expected) in [
            (
                "exit 7",
                "Bazel cannot tell where the images of `api`, `vault` go: exit status: 7, what it said is above",
            ),
            ("echo '{'", "what Bazel says of `:push` targets is not understood"),
            (
                &format!("echo '{}'", target("//build/api:push", "ghcr.io/o/api")),
                "`//build/vault:push` has no `repository`",
            ),
        ] {
            assert_eq!(asked(script, None).unwrap_err(), expected);
        }
    }
}
