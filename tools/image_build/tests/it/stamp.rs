//! `image_build stamp`: templates and the workspace status.

use std::fs;

use crate::image_build;
use crate::layouts::Fixture;

#[test]
fn a_template_is_filled_in() {
    let fixture = Fixture::new();
    let status = fixture.file("status", "STABLE_VERSION v1.2.3\nSTABLE_COMMIT abc\n");
    let template = fixture.file("template", "version={STABLE_VERSION}\nrevision={STABLE_COMMIT}\n{other}");
    let output = fixture.path("output");
    image_build()
        .args(["stamp", "--status", &status, "--template", &template, "--output"])
        .arg(&output)
        .assert()
        .success();
    assert_eq!(fs::read_to_string(output).unwrap(), "version=v1.2.3\nrevision=abc\n{other}");
}

#[test]
fn an_unknown_key_is_named() {
    let fixture = Fixture::new();
    let status = fixture.file("status", "STABLE_VERSION v1.2.3\n");
    let template = fixture.file("template", "{STABLE_NOPE}");
    image_build()
        .args(["stamp", "--status", &status, "--template", &template, "--output"])
        .arg(fixture.path("output"))
        .assert()
        .code(2)
        .stderr(format!("error: cannot fill in `{template}`: the workspace status has no key `STABLE_NOPE`\n"));
    assert!(!fixture.path("output").exists());
}
