//! `image check`: what is right passes, and everything that can be wrong is found under its own code.

mod artifacts;
mod contract;
mod form;
mod hostile;
mod hostile_documents;
mod integrity;
mod nested;
mod paths;
mod tar_programs;
mod tar_readers;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::image;
use crate::support::elf::ElfFixture;
use crate::support::layout::{Fixture, LAYER, Written, put};

/// A way to be wrong: a name, the codes that it must be found under (no more, no fewer), and what is done for it.
pub type Case = (&'static str, &'static [&'static str], fn(&mut Fixture));

/// The codes of the errors that a check of `written` finds.
fn codes(written: &Written, with_contract: bool) -> BTreeSet<String> {
    codes_at(&written.layout(), with_contract.then(|| written.contract()).as_deref())
}

/// The codes of the errors that a check of a layout finds.
pub fn codes_at(layout: &Path, contract: Option<&Path>) -> BTreeSet<String> {
    let report = report(layout, contract);
    let findings = report["findings"].as_array().unwrap();
    findings
        .iter()
        .filter(|finding| finding["severity"] == "error")
        .map(|finding| finding["code"].as_str().unwrap().to_owned())
        .collect()
}

fn report(layout: &Path, contract: Option<&Path>) -> Value {
    let mut command = image();
    command.arg("check").arg(layout).arg("--json");
    if let Some(contract) = contract {
        command.arg("--contract").arg(contract);
    }
    let output = command.output().unwrap();
    let report: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)));
    let expected = i32::from(report["errors"] != 0);
    assert_eq!(output.status.code(), Some(expected), "{report:#}");
    report
}

/// Checks each case under the fixture's contract.
pub fn run_with_contract(cases: &[Case]) {
    run(cases, true);
}

/// Checks the integrity of each case alone.
pub fn run_without_contract(cases: &[Case]) {
    run(cases, false);
}

fn run(cases: &[Case], with_contract: bool) {
    let mut wrong = Vec::new();
    for (name, expected, bend) in cases {
        let mut fixture = Fixture::new();
        bend(&mut fixture);
        let actual = codes(&fixture.write(), with_contract);
        let expected: BTreeSet<_> = expected.iter().map(ToString::to_string).collect();
        if actual != expected {
            wrong.push(format!("{name}: expected {expected:?}, found {actual:?}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn what_is_right_passes() {
    let written = Fixture::new().write();
    let output = image().arg("check").arg(written.layout()).arg("--contract").arg(written.contract()).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let stdout = String::from_utf8(output.stdout).unwrap();
    let lines: Vec<_> = stdout.lines().collect();
    assert_eq!(lines.len(), 2);
    assert!(lines[0].starts_with(&format!("linux/amd64 {}: 2 layers (1 above the base), ", written.digests[0][0])));
    assert!(lines[0].contains("; /api is static x86-64 64-bit, stripped, "), "{stdout}");
    assert!(lines[0].ends_with("; user 65532; created 1970-01-01T00:00:00Z"), "{stdout}");
    assert!(lines[1].starts_with("linux/arm64 "), "{stdout}");
    let said = String::from_utf8(output.stderr).unwrap();
    let layout = written.layout();
    let expected =
        format!("`{}` keeps its contract: 2 images, every digest and every file looked at\n", layout.display());
    assert_eq!(said, expected);
}

#[test]
fn a_layout_is_found_where_bazel_run_was_typed() {
    let written = Fixture::new().write();
    let elsewhere = tempfile::tempdir().unwrap();
    let folder = written.layout().parent().unwrap().to_owned();
    let name = written.layout().file_name().unwrap().to_owned();
    let typed = |verb: &str, path: &std::path::Path| {
        let mut command = image();
        command.arg(verb).arg(path).current_dir(elsewhere.path()).env("BUILD_WORKING_DIRECTORY", &folder);
        command.assert()
    };
    for verb in ["check", "inspect"] {
        typed(verb, name.as_ref()).success();
        let missing = String::from_utf8(typed(verb, "absent".as_ref()).code(2).get_output().stderr.clone()).unwrap();
        assert!(
            missing.starts_with("error: there is no `absent`\n\nhint: name the folder of an OCI image layout"),
            "{missing}"
        );
        for reference in ["ghcr.io/unkeyed/api:v1.2.3", "ghcr.io/unkeyed/api@sha256:00"] {
            let refused = typed(verb, reference.as_ref()).code(2).get_output().stderr.clone();
            let refused = String::from_utf8(refused).unwrap();
            assert!(refused.contains(&format!("there is no `{reference}`")), "{refused}");
            assert!(refused.contains(&format!("docker://{reference} oci:image")), "{refused}");
        }
    }
}

#[test]
fn what_may_differ_passes() {
    let cases: &[Case] = &[
        ("variant v8", &[], |fixture| {
            fixture.images[1].platform["variant"] = json!("v8");
            fixture.images[1].config["variant"] = json!("v8");
        }),
        ("static-pie", &[], |fixture| {
            fixture.service().content = ElfFixture { kind: 3, ..ElfFixture::new("amd64") }.build();
        }),
        ("a stripped section table", &[], |fixture| {
            fixture.service().content = ElfFixture { section: Some((".text", 1)), ..ElfFixture::new("amd64") }.build();
        }),
        ("commit time", &[], |fixture| {
            fixture.contract["stamped"] = json!(true);
            for image in &mut fixture.images {
                image.config["created"] = json!("2025-02-03T04:05:06Z");
            }
        }),
        ("a tag", &[], |fixture| {
            fixture.index_json =
                |index| index["manifests"][0]["annotations"] = json!({"org.opencontainers.image.ref.name": "v1.2.3"});
        }),
        ("from scratch", &[], |fixture| {
            for image in &mut fixture.images {
                image.base = None;
                image.config["history"] = json!([image.config["history"][1]]);
            }
        }),
        ("a file of any length", &[], |fixture| {
            for image in &mut fixture.images {
                image.entries[0].content.resize(300_017, 7);
            }
        }),
    ];
    run_with_contract(cases);
}

#[test]
fn blobs_may_be_symlinks() {
    let mut fixture = Fixture::new();
    fixture.after = |written| {
        for digest in written.digests.iter().flatten() {
            let (blob, target) = (written.blob(digest), written.path(&digest[7..]));
            if !target.exists() {
                fs::rename(&blob, &target).unwrap();
                std::os::unix::fs::symlink(Path::new("../../..").join(&digest[7..]), &blob).unwrap();
            }
        }
    };
    assert_eq!(codes(&fixture.write(), true), BTreeSet::new());
}

#[test]
fn an_unreferenced_blob_is_a_warning() {
    let mut fixture = Fixture::new();
    fixture.after = |written| drop(put(&written.layout(), LAYER, b"left over"));
    let written = fixture.write();
    let report = report(&written.layout(), Some(&written.contract()));
    assert_eq!(report["errors"], 0);
    assert_eq!(report["findings"][0]["code"], "blob-unreferenced");
    assert_eq!(report["findings"][0]["severity"], "warning");
}

#[test]
fn a_finding_says_what_where_and_why() {
    let mut fixture = Fixture::new();
    let elf = ElfFixture { interpreter: Some("/lib/ld-musl-x86_64.so.1"), ..ElfFixture::new("amd64") };
    fixture.service().content = elf.build();
    let written = fixture.write();
    let output = image().arg("check").arg(written.layout()).arg("--contract").arg(written.contract()).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let expected = format!(
        "error[elf-interpreter]: it asks for the dynamic loader `/lib/ld-musl-x86_64.so.1` (PT_INTERP)\n  \
         where: linux/amd64, blob {}, path api\n  \
         why:   the image has no dynamic loader, the service would not start\n\n",
        written.digests[0][3]
    );
    assert_eq!(String::from_utf8(output.stdout).unwrap(), expected);
    let layout = written.layout();
    let layout = layout.display();
    let expected = format!("error: `{layout}` has 1 finding\n\nhint: ./bazelw run //tools/image -- inspect {layout}\n");
    assert_eq!(String::from_utf8(output.stderr).unwrap(), expected);
}

#[test]
fn what_cannot_be_read_is_no_verdict() {
    let written = Fixture::new().write();
    let [layout, contract, base, missing] =
        ["layout", "contract.json", "base-0", "absent"].map(|name| written.path(name).display().to_string());
    let unreadable = |arguments: &[&str]| drop(image().arg("check").args(arguments).assert().code(2));
    unreadable(&[&missing]);
    unreadable(&[&layout, "--contract", &missing]);
    unreadable(&[&layout, "--contract", &contract, "--base", &missing]);
    unreadable(&[&layout, "--base", &base]);
    for text in [
        r#"{"binari": "/api"}"#,
        r#"{"binary": "api"}"#,
        r#"{"binary": "/"}"#,
        r#"{"binary": "/a/b"}"#,
        r#"{"user": "root"}"#,
        r#"{"user": "0"}"#,
        r#"{"platforms": ["amd64"]}"#,
    ] {
        fs::write(&contract, text).unwrap();
        unreadable(&[&layout, "--contract", &contract]);
    }
    fs::write(written.layout().join("index.json"), "{").unwrap();
    unreadable(&[&layout]);
}
