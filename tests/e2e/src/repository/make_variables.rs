//! Values of make variables: a shell never reads them, and make expands nothing in them. Each is refused by name before anything
//! is built.

use std::fs;
use std::iter;
use std::path::Path;

use crate::command::{command, ended, make};
use crate::workspace;

/// Every variable of every recipe that takes one: the target, what else is typed, the variable, what is said of it.
const VARIABLES: [(&str, &[&str], &str, &str); 22] = [
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
    ("rehearse", &["TAG=api/v1.2.3"], "KEEP", "error: KEEP is `"),
    ("cli-release", &[], "TAG", "error: TAG is `"),
    ("cli-release", &["TAG=cli/v1.2.3"], "KEEP", "error: KEEP is `"),
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
fn what_cannot_be_a_tag_of_the_client_is_refused_with_what_to_type_instead() {
    let form = "hint: set it to `cli/vMAJOR.MINOR.PATCH[-PRE]`, such as TAG=cli/v1.2.3\n";
    for (tag, complaint, hint) in [
        ("v1.2.3", "TAG is `v1.2.3`, which does not say that it is the client's", "hint: did you mean `cli/v1.2.3`?\n"),
        ("cli/v1.2", "TAG is `cli/v1.2`, which is no tag of the client", form),
        ("cli/1.2.3", "TAG is `cli/1.2.3`, which is no tag of the client", form),
        ("xcli/v1.2", "TAG is `xcli/v1.2`, which is no tag of the client", "`make rehearse TAG=xcli/v1.2` rehearses"),
        (
            "api/v1.2.3",
            "TAG is `api/v1.2.3`, which is no tag of the client",
            "`make rehearse TAG=api/v1.2.3` rehearses",
        ),
        ("api/cli/v1.2.3", "TAG is `api/cli/v1.2.3`, which is no tag of the client", form),
        ("", "TAG is not set", "hint: set it to the tag of a release of the client, `cli/vMAJOR.MINOR.PATCH[-PRE]`"),
    ] {
        let refused = make(["cli-release", &format!("TAG={tag}")]).exited(2);
        refused.complains(&[&format!("error: {complaint}\n"), hint]).lacks(&["INFO: "]);
    }
    make(["cli-release", "TAG=cli/v1.2.3", "KEEP=docs"])
        .exited(2)
        .complains(&["error: KEEP is `docs`, and that exists"]);
}

#[test]
fn no_recipe_refers_to_a_variable_of_make() {
    let makefile = fs::read_to_string(workspace::root().join("Makefile")).expect("the Makefile");
    let recipes: Vec<_> = makefile.lines().filter(|line| line.starts_with('\t')).collect();
    assert!(recipes.len() > 10, "{recipes:?}");
    assert!(recipes.iter().all(|line| !line.contains('$')), "{recipes:?}");
}
