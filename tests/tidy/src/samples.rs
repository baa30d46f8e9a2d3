//! What each rule catches and what it lets pass. `§` stands in the middle of words that this file itself must not hold.

use crate::rules::{RULES, check};
use crate::source_file::SourceFile;

/// The rule, a path, the line from 1 on that is caught in a first text, and a second text that no rule finds anything in.
type Sample = (&'static str, &'static str, usize, String, String);

#[test]
fn every_rule_catches_its_samples_and_nothing_else_does() {
    for (rule, path, line, caught, passes) in samples() {
        assert_eq!(found(path, &caught), [(line, rule)], "{caught}");
        assert_eq!(found(path, &passes), [], "{rule}: {passes}");
    }
    for (caught, passes) in [("build/BUILD", "build/BUILD.bazel"), ("WORKSPACE.bazel", "MODULE.bazel")] {
        assert_eq!((found(caught, ""), found(passes, "")), (vec![(1, "build-file-name")], vec![]));
    }
    for rule in RULES.iter().filter(|rule| rule.name != "build-file-name") {
        assert!(samples().iter().any(|sample| sample.0 == rule.name), "{}", rule.name);
    }
}

fn found(path: &str, text: &str) -> Vec<(usize, &'static str)> {
    let file = SourceFile::new(path, text.replace('§', ""));
    check(&file, &["/somebody/".to_owned()]).into_iter().map(|(line, rule)| (line, rule.name)).collect()
}

fn samples() -> Vec<Sample> {
    let short = SHORT
        .iter()
        .map(|(rule, path, line, caught, passes)| (*rule, *path, *line, (*caught).to_owned(), (*passes).to_owned()));
    let constants = |lines| format!("//! A.\n{}", "const A: u8 = 1;\n".repeat(lines));
    let bzl = |lines| {
        let docstring = "    \"\"\"A.\n\n    B.\n    \"\"\"\n";
        format!("\"\"\"A.\"\"\"\n\ndef a(\n        b):\n{docstring}{}\nC = 1\n", "    # D.\n    c()\n".repeat(lines))
    };
    let shell = |lines| format!("# A.\na() {{\n{}}}\n\nb\n", "  c\n".repeat(lines));
    let long = [
        ("file-length", "tools/a/src/a.rs", 401, constants(400), constants(399)),
        ("file-length", "tools/a/src/main.rs", 61, constants(60), constants(59)),
        ("function-length", "a.bzl", 3, bzl(60), bzl(59)),
        ("function-length", "a.sh", 2, shell(61), shell(60)),
    ];
    short.chain(long).collect()
}

const SHORT: &[(&str, &str, usize, &str, &str)] = &[
    ("exception-reason", "a.sh", 2, "# A.\n# shellcheck disable=SC1\n", "# A.\n# shellcheck disable=SC1 # words\n"),
    ("exception-reason", "BUILD.bazel", 1, "# buildifier: disable=a\n", "# buildifier: disable=a # built in\n"),
    ("exception-reason", "a.yaml", 1, "a: b # zizmor: ignore[c]\n", "a: b # zizmor: ignore[c] it is here\n"),
    ("machine-path", "a.md", 2, "a\ncd /somebody/unkey\n", "a\ncd ~/unkey\n"),
    (
        "sorted",
        "Cargo.toml",
        1,
        "# keep sorted\n[a]\nc = 1\nb.d = 1\n",
        "# keep sorted\n[a]\nb.d = 1\nc = 1\n\na = 1\n",
    ),
    (
        "sorted",
        "a.rs",
        2,
        "//! A.\n// keep sorted\nA = [\n\"b\",\n\"a\"];\n",
        "//! A.\n// keep sorted\nA = [\"a\", \"b\"];\n",
    ),
    ("module-comment", "a.rs", 1, "// A.\nfn a() {}\n", "//! A.\nfn a() {}\n"),
    ("environment-names", "a.rs", 2, "//! A.\nenv::var§_os(\"A\");\n", "//! A.\nenv::v§ar(A);\n"),
    ("error-full-stop", "a.rs", 2, "//! A.\n#[err§or(\"a.\")]\n", "//! A.\n#[err§or(\"a\")]\n"),
    ("no-skipped-test", "a.rs", 2, "//! A.\n#[ig§nore = \"slow\"]\n", "//! A.\n#[test]\n"),
    ("visibility", "a/private/a.bzl", 1, "A = 1\n", "visibility(\"//a\")\n"),
    ("no-shell", "a.bzl", 1, "ctx.actions.run_§shell()\n", "# no gen§rule()\nctx.actions.run()\n"),
    ("fail-format", "a.bzl", 1, "fail(\"%s\" % a)\n", "fail(\"{}\".format(a))\n"),
    ("shell-header", "a.sh", 1, "# shellcheck shell=bash\na\n", "# A.\n# shellcheck shell=bash\na\n"),
    ("shell-header", "bin/a", 1, "#!/bin/bash\nset -euo pipefail\n", "#!/bin/bash\n# A.\nset -euo pipefail\n"),
    ("shell-strict", "a.sh", 1, "#!/bin/bash\n# A.\na\n", "#!/bin/bash\n# A.\nset -euo pipefail\n"),
    ("shell-strict", "a.sh", 1, "#!/bin/bash\n# A.\n\nset -u\n", "#!/bin/bash\n# A.\n\n# It counts.\nset -u\n"),
    ("bazelrc-reason", ".bazelrc", 5, "# Why.\na --a\na --b\n\na --c\n", "# Why.\na --a\na --b\n\n# Because.\na --c\n"),
];
