//! Values of make variables: a shell never reads them, and make expands nothing in them. Each is refused by name before anything
//! is built.

use std::fs;
use std::iter;
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
fn nothing_is_run_and_each_value_is_refused_by_name() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("made");
    let values = hostile(&file);
    for (target, more, variable, complaint) in VARIABLES {
        let typed = values.iter().map(|value| make([&[target], more, &[&*format!("{variable}={value}")]].concat()));
        let inherited = || ended(command("make").arg(target).args(more).env(variable, values.concat()));
        for refused in typed.chain(iter::once_with(inherited)) {
            assert!(!file.exists(), "it was run: {}", refused.report());
            refused.exited(2).complains(&[complaint]).lacks(&["INFO: "]);
        }
    }
    // A variable that no recipe takes is not expanded either.
    for value in values {
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
