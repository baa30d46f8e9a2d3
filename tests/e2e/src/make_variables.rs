//! Values of make variables: a shell never reads them, and make expands nothing in them. Each is refused by name before anything
//! is built.

use std::fs;
use std::path::Path;

use crate::command::{command, ended, make};
use crate::workspace;

/// Every variable of every recipe that takes one: the target, what else is typed, the variable, what is said of it.
const VARIABLES: [(&str, &[&str], &str, &str); 19] = [
    ("push", &[], "SERVICE", "SERVICE is one of: "),
    ("push", &[], "REGISTRY", "error: REGISTRY is `"),
    ("push", &[], "REGISTRY_PORT", "error: REGISTRY_PORT is `"),
    ("push", &[], "TAG", "error: TAG is `"),
    ("oci-load", &[], "SERVICE", "SERVICE is one of: "),
    ("new-service", &[], "NAME", "cannot be the name of a service: "),
    // A description may hold almost anything: it is the name that is refused.
    ("new-service", &["NAME=api"], "DESCRIPTION", "error: `api` exists: "),
    ("release", &[], "ARGS", "error: ARGS is `"),
    ("rehearse", &[], "TAG", "error: TAG is `"),
    ("bench", &[], "RUNS", "error: RUNS is `"),
    ("bench", &[], "COLD", "error: COLD is `"),
    ("fuzz", &[], "TARGET", "TARGET is one of: "),
    ("fuzz", &[], "SECONDS", "error: SECONDS is `"),
    ("fuzz", &["TARGET=tag"], "INPUT", "hint: INPUT is what an earlier run kept"),
    ("lint", &[], "PART", "error: PART is `"),
    ("cache-login", &["DEPOT_TOKEN=token"], "MODE", "error: MODE is `"),
    ("cache-login", &["DEPOT_TOKEN=token"], "CACHE", "error: CACHE is `"),
    ("cache-login", &["DEPOT_TOKEN=token"], "DEPOT_ORG_ID", "error: DEPOT_ORG_ID is `"),
    ("cache-login", &[], "DEPOT_TOKEN", "error: the token in DEPOT_TOKEN has characters that no token has"),
];

/// Values that make a file, if anything runs them.
fn hostile(file: &Path) -> Vec<String> {
    let touch = format!("touch {}", file.display());
    vec![
        format!("x'; {touch}; '"),
        format!("x\"; {touch}; \""),
        format!("$(shell {touch})"),
        format!("$$({touch})"),
        format!("`{touch}`"),
        format!("x; {touch}"),
        format!("x\n\t{touch}"),
    ]
}

#[test]
fn nothing_that_is_typed_is_run_and_each_value_is_refused_by_name() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("made");
    for (target, more, variable, complaint) in VARIABLES {
        for value in hostile(&file) {
            let typed = format!("{variable}={value}");
            let refused = make([&[target], more, &[&typed]].concat());
            assert!(!file.exists(), "it was run: {}", refused.report());
            refused.exited(2).complains(&[complaint]).lacks(&["INFO: "]);
        }
    }
}

#[test]
fn nothing_of_the_environment_is_run_either() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("made");
    let value = format!("x'; touch {0}; '$(shell touch {0})", file.display());
    for (target, more, variable, complaint) in VARIABLES {
        let refused = ended(command("make").arg(target).args(more).env(variable, &value));
        assert!(!file.exists(), "it was run: {}", refused.report());
        refused.exited(2).complains(&[complaint]).lacks(&["INFO: "]);
    }
}

#[test]
fn a_variable_that_no_recipe_takes_is_not_expanded() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("made");
    for value in hostile(&file) {
        make(["help".to_owned(), format!("NOSUCH={value}")]).succeeded();
        assert!(!file.exists(), "{value}");
    }
}

#[test]
fn no_recipe_refers_to_a_variable_of_make() {
    let makefile = fs::read_to_string(workspace::root().join("Makefile")).expect("the Makefile");
    let recipes: Vec<_> = makefile.lines().filter(|line| line.starts_with('\t')).collect();
    assert!(recipes.len() > 10, "{recipes:?}");
    assert!(recipes.iter().all(|line| !line.contains('$')), "{recipes:?}");
}
