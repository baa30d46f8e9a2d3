//! What each rule catches and what it lets pass. `§` stands in the middle of words that this file itself must not hold.

use crate::{RULES, SourceFile, check};

/// A file that a rule catches at a line, from 1 on, and one that no rule has anything to say about.
struct Sample {
    rule: &'static str,
    line: usize,
    caught: SourceFile,
    passes: SourceFile,
}

#[test]
fn every_rule_catches_its_sample_and_nothing_else_does() {
    for Sample { rule, line, caught, passes } in samples() {
        let found = check(&caught, &folders());
        let found: Vec<_> = found.iter().map(|finding| (finding.rule, finding.line)).collect();
        assert_eq!(found, [(rule, line)], "{rule}: {}", caught.text());
        assert_eq!(check(&passes, &folders()), [], "{rule}: {}", passes.text());
    }
}

#[test]
fn every_rule_has_a_sample() {
    for rule in RULES {
        assert!(samples().iter().any(|sample| sample.rule == rule.name), "{}", rule.name);
    }
}

#[test]
fn a_finding_says_where_it_is_and_which_rule_it_is_from() {
    let found = check(&SourceFile::new("tools/a/src/a.rs", "fn a() {}\n"), &[]);
    let text = found[0].to_string();
    assert!(text.starts_with("tools/a/src/a.rs:1: the file does not open with `//!`"), "{text}");
    assert!(text.ends_with("(module-comment)"), "{text}");
}

fn folders() -> Vec<String> {
    vec!["/somebody/".to_owned()]
}

fn samples() -> Vec<Sample> {
    [every(), sorted(), rust(), starlark(), shell(), bazelrc()].into_iter().flatten().collect()
}

fn sample(rule: &'static str, path: &str, line: usize, caught: &str, passes: &str) -> Sample {
    Sample { rule, line, caught: file(path, caught), passes: file(path, passes) }
}

fn file(path: &str, text: &str) -> SourceFile {
    SourceFile::new(path, &text.replace('§', ""))
}

fn every() -> Vec<Sample> {
    let lines = |count| format!("//! A.\n{}", "const A: u8 = 1;\n".repeat(count));
    let named =
        |wrong, right| Sample { rule: "build-file-name", line: 1, caught: file(wrong, ""), passes: file(right, "") };
    vec![
        sample("file-length", "tools/a/src/a.rs", 401, &lines(400), &lines(399)),
        named("build/BUILD", "build/BUILD.bazel"),
        named("WORKSPACE.bazel", "MODULE.bazel"),
        sample(
            "exception-reason",
            "a.sh",
            3,
            "# A.\n\n# shellcheck disable=SC2086\na $b\n",
            "# A.\n\n# shellcheck disable=SC2086 # words are arguments\na $b\n",
        ),
        sample(
            "exception-reason",
            "BUILD.bazel",
            1,
            "# buildifier: disable=native-cc\na()\n",
            "# buildifier: disable=native-cc # built in\na()\n",
        ),
        sample(
            "exception-reason",
            "a.yaml",
            1,
            "uses: ./a # zizmor: ignore[unpinned-uses]\n",
            "uses: ./a # zizmor: ignore[unpinned-uses] it is here\n",
        ),
        sample("machine-path", "a.md", 2, "a\ncd /somebody/unkey\n", "a\ncd ~/unkey\n"),
    ]
}

fn sorted() -> Vec<Sample> {
    vec![
        sample(
            "sorted",
            "Cargo.toml",
            4,
            "# keep sorted\n[dependencies]\nb = 1\na = 1\n\nz = 1\ny = 1\n",
            "# keep sorted\n[dependencies]\na = 1\nb = 1\n\nz = 1\ny = 1\n",
        ),
        sample(
            "sorted",
            "BUILD.bazel",
            4,
            "A = [\n    # keep sorted\n    \"b\",\n    \"a\",\n]\nB = 1\n",
            "A = [\n    # keep sorted\n    \"a\",\n    \"b\",\n]\nB = 1\n",
        ),
        sample(
            "sorted",
            "a.rs",
            3,
            "//! A.\n// keep sorted\nconst A: [&str; 2] = [\"b\", \"a\"];\n",
            "//! A.\n// keep sorted\nconst A: [&str; 2] = [\"a\", \"b\"];\n",
        ),
    ]
}

fn rust() -> Vec<Sample> {
    let main = |lines| format!("//! A.\n{}", "const A: u8 = 1;\n".repeat(lines));
    let library = "tools/a/src/a.rs";
    vec![
        sample("module-comment", library, 1, "// A.\nfn a() {}\n", "//! A.\nfn a() {}\n"),
        sample("main-length", "tools/a/src/main.rs", 61, &main(60), &main(59)),
        sample("who-prints", library, 2, "//! A.\nprint§ln!(\"a\");\n", "//! A.\n// println!()\nmy_println!(\"a\");\n"),
        sample("who-prints", library, 2, "//! A.\nep§rint!(\"a\");\n", "//! A.\nwrite!(to, \"a\");\n"),
        Sample {
            passes: file("tools/a/src/commands/a.rs", "//! A.\nprint§ln!(\"a\");\n"),
            ..sample("who-prints", library, 2, "//! A.\nprint§ln!(\"a\");\n", "")
        },
        sample("environment-names", library, 2, "//! A.\nenv::v§ar(\"A\");\n", "//! A.\nenv::v§ar(A);\n"),
        sample("environment-names", library, 2, "//! A.\nstd::env::var§_os(\"A\");\n", "//! A.\nenv::vars_os();\n"),
        sample("error-full-stop", library, 2, "//! A.\n#[err§or(\"a.\")]\n", "//! A.\n#[err§or(\"a\")]\n"),
        sample("no-stub", library, 2, "//! A.\nto§do!()\n", "//! A.\nnot_to§do!()\n"),
        sample("no-stub", library, 2, "//! A.\nunimple§mented!()\n", "//! A.\na()\n"),
        sample("no-skipped-test", library, 2, "//! A.\n#[ig§nore = \"slow\"]\n", "//! A.\n#[test]\n"),
    ]
}

fn starlark() -> Vec<Sample> {
    let function = |lines| {
        let docstring = "    \"\"\"A.\n\n    B.\n    \"\"\"\n";
        format!("\"\"\"A.\"\"\"\n\ndef a(\n        b):\n{docstring}{}\nC = 1\n", "    # D.\n    c()\n".repeat(lines))
    };
    vec![
        sample("docstring", "a.bzl", 1, "# A.\nA = 1\n", "# A.\n\"\"\"A.\"\"\"\n"),
        sample("visibility", "a/private/a.bzl", 1, "\"\"\"A.\"\"\"\n", "\"\"\"A.\"\"\"\nvisibility(\"//a\")\n"),
        sample(
            "no-shell",
            "a.bzl",
            2,
            "\"\"\"A.\"\"\"\nctx.actions.run_§shell()\n",
            "\"\"\"A.\"\"\"\nctx.actions.run()\n",
        ),
        sample("no-shell", "a.bzl", 2, "\"\"\"A.\"\"\"\nnative.gen§rule()\n", "\"\"\"A.\"\"\"\n# no genrule()\n"),
        sample(
            "fail-format",
            "a.bzl",
            2,
            "\"\"\"A.\"\"\"\nfail(\"%s\" % a)\n",
            "\"\"\"A.\"\"\"\nfail(\"{}\".format(a))\n",
        ),
        sample("starlark-function-length", "a.bzl", 3, &function(59), &function(58)),
    ]
}

fn shell() -> Vec<Sample> {
    let function = |lines| format!("# A.\na() {{\n{}}}\n\nb\n", "  c\n".repeat(lines));
    vec![
        sample("shell-header", "a.sh", 1, "# shellcheck shell=bash\na\n", "# A.\n# shellcheck shell=bash\na\n"),
        sample(
            "shell-header",
            "bin/a",
            1,
            "#!/bin/bash\nset -euo pipefail\n",
            "#!/bin/bash\n# A.\nset -euo pipefail\n",
        ),
        sample("shell-strict", "a.sh", 1, "#!/bin/bash\n# A.\na\n", "#!/bin/bash\n# A.\nset -euo pipefail\n"),
        sample(
            "shell-strict",
            "a.sh",
            1,
            "#!/bin/bash\n# A.\n\nset -u\n",
            "#!/bin/bash\n# A.\n\n# Goes on after failures, which it counts.\nset -u\n",
        ),
        sample("shell-function-length", "a.sh", 2, &function(60), &function(59)),
    ]
}

fn bazelrc() -> Vec<Sample> {
    vec![sample(
        "bazelrc-reason",
        ".bazelrc",
        5,
        "# Why.\nbuild --a\nbuild --b\n\nbuild --c\n",
        "# Why.\nbuild --a\nbuild --b\n\n# Because.\nbuild --c\n",
    )]
}
