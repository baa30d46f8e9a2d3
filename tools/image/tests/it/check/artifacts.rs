//! What stands in layouts beside layers and images of our own: `BuildKit`'s attestations, and foreign layers. Every verb
//! takes them for what they are.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::check::codes_at;
use crate::image;
use crate::push::{push, stderr};
use crate::support::daemon::{State, TestDaemon};
use crate::support::layout::{CONFIG, Fixture, INDEX, MANIFEST, Written, digest, put, tar, write_top};
use crate::support::registry::on_each_registry;

const STATEMENT: &str = "application/vnd.in-toto+json";

/// The fixture's layout with an attestation after its images, as `BuildKit` writes it by default and as an artifact of OCI.
fn attested(is_artifact: bool) -> (Written, Vec<String>) {
    let written = Fixture::new().write();
    let layout = written.layout();
    let statement = put(&layout, STATEMENT, br#"{"_type":"https://in-toto.io/Statement/v0.1"}"#);
    let rootfs = json!({"type": "layers", "diff_ids": [statement["digest"]]});
    let config = json!({"architecture": "unknown", "os": "unknown", "config": {}, "rootfs": rootfs});
    let config = if is_artifact {
        put(&layout, "application/vnd.oci.empty.v1+json", b"{}")
    } else {
        put(&layout, CONFIG, config.to_string().as_bytes())
    };
    let mut manifest = json!({"schemaVersion": 2, "mediaType": MANIFEST, "config": config, "layers": [statement]});
    if is_artifact {
        manifest["artifactType"] = json!("application/vnd.docker.attestation.manifest.v1+json");
    }
    let mut attestation = put(&layout, MANIFEST, manifest.to_string().as_bytes());
    attestation["platform"] = json!({"os": "unknown", "architecture": "unknown"});
    attestation["annotations"] = json!({
        "vnd.docker.reference.digest": written.digests[0][0],
        "vnd.docker.reference.type": "attestation-manifest",
    });
    let blobs = [&attestation, &config, &statement].map(|blob| blob["digest"].as_str().unwrap().to_owned()).to_vec();
    let top: Value = serde_json::from_slice(&fs::read(layout.join("index.json")).unwrap()).unwrap();
    let root = written.blob(top["manifests"][0]["digest"].as_str().unwrap());
    let mut index: Value = serde_json::from_slice(&fs::read(root).unwrap()).unwrap();
    index["manifests"].as_array_mut().unwrap().push(attestation);
    let root = put(&layout, INDEX, index.to_string().as_bytes());
    write_top(&layout, &json!({"schemaVersion": 2, "manifests": [root]}));
    (written, blobs)
}

/// A layout of one image with a foreign layer that is not there below one that is.
fn with_foreign_layer() -> (Written, String) {
    let written = Fixture::new().write();
    let layout = written.layout();
    let content = tar(&[]);
    let kind = "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip";
    let foreign = json!({
        "mediaType": kind, "digest": digest(b"foreign"), "size": 7, "urls": ["https://example.invalid/layer"],
    });
    let own = put(&layout, "application/vnd.oci.image.layer.v1.tar", &content);
    let diff_ids = [digest(b"content of the foreign one"), digest(&content)];
    let rootfs = json!({"type": "layers", "diff_ids": diff_ids});
    let config = json!({"architecture": "amd64", "os": "linux", "rootfs": rootfs});
    written.replace_image(config.to_string().as_bytes(), &[foreign, own]);
    (written, digest(b"foreign"))
}

fn spec(written: &Written) -> PathBuf {
    let service = json!({
        "service": "api", "repository": "r.invalid/unkeyed/api", "local_tag": "unkey/api:dev", "layout": written.layout(),
    });
    let path = written.path("spec.json");
    fs::write(&path, json!({"services": [service]}).to_string()).unwrap();
    path
}

fn inspected(layout: &Path) -> Value {
    let output = image().arg("inspect").arg(layout).arg("--json").output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn attestations_are_sound_and_no_part_of_a_service() {
    for (is_artifact, kind) in [(false, STATEMENT), (true, "application/vnd.docker.attestation.manifest.v1+json")] {
        let (written, _) = attested(is_artifact);
        assert_eq!(codes_at(&written.layout(), None).len(), 0);
        let codes: Vec<_> = codes_at(&written.layout(), Some(&written.contract())).into_iter().collect();
        assert_eq!(codes, ["not-an-image"]);
        let last = &inspected(&written.layout())["manifests"][0]["manifests"][2];
        assert_eq!((&last["kind"], &last["artifact_type"]), (&json!("artifact"), &json!(kind)));
    }
}

#[test]
fn attestations_are_pushed_with_the_images() {
    let (written, blobs) = attested(false);
    on_each_registry(|registry| {
        push(registry.address(), &spec(&written), &["--tag", "v1.0.0"]).success();
        registry.assert_complete("unkeyed/api", "v1.0.0");
        for blob in &blobs[1..] {
            assert!(registry.has_blob("unkeyed/api", blob), "{blob}");
        }
    });
}

#[test]
fn attestations_are_not_loaded_nor_offered() {
    let (written, _) = attested(false);
    let daemon = TestDaemon::start(State::default());
    let load = |arguments: &[&str]| {
        image()
            .args(["load", "--spec"])
            .arg(spec(&written))
            .args(arguments)
            .env("DOCKER_HOST", daemon.address())
            .assert()
    };
    load(&[]).success();
    let refused = load(&["--platform", "unknown/unknown"]).failure();
    let message = stderr(&refused);
    assert!(message.contains("only for `linux/amd64`, `linux/arm64`\n"), "{message}");
}

#[test]
fn a_foreign_layer_need_not_be_there() {
    let (written, foreign) = with_foreign_layer();
    assert_eq!(codes_at(&written.layout(), None).len(), 0);
    let layers = &inspected(&written.layout())["manifests"][0]["layers"];
    assert_eq!((&layers[0]["digest"], &layers[0]["problem"]), (&json!(foreign), &json!(null)));
}

#[test]
fn a_foreign_layer_is_not_pushed() {
    let (written, foreign) = with_foreign_layer();
    on_each_registry(|registry| {
        push(registry.address(), &spec(&written), &["--tag", "v1.0.0"]).success();
        assert!(registry.tag("unkeyed/api", "v1.0.0").is_some());
        assert!(!registry.has_blob("unkeyed/api", &foreign));
    });
}

#[test]
fn a_foreign_layer_that_a_daemon_needs_is_named() {
    let (written, foreign) = with_foreign_layer();
    let daemon = TestDaemon::start(State::default());
    let load = image().args(["load", "--spec"]).arg(spec(&written)).env("DOCKER_HOST", daemon.address()).assert();
    let expected = format!("layer `{foreign}` is not in the layout: it is a foreign one, to be fetched from elsewhere");
    assert!(stderr(&load.failure()).contains(&expected));
}

/// What Docker could not read is refused in the same words by every verb that reads it.
#[test]
fn every_verb_names_the_member_that_is_wrong() {
    let config = |rootfs: &str| format!(r#"{{"architecture":"amd64","os":"linux","rootfs":{rootfs}}}"#);
    for (config, expected) in [
        (config(r#"{"type":"layers"}"#), "member `rootfs.diff_ids` is missing"),
        (config(r#"{"type":"layers","diff_ids":null}"#), "member `rootfs.diff_ids` is null"),
        (config("null"), "member `rootfs` is null"),
        (r#"{"architecture":"amd64","os":"linux"}"#.to_owned(), "member `rootfs` is missing"),
        (
            r#"{"architecture":"amd64","os":"linux","OS":"x","rootfs":{"type":"layers","diff_ids":[]}}"#.to_owned(),
            "member `OS` is the same as `os` to Docker and containerd",
        ),
    ] {
        let written = Fixture::new().write();
        written.replace_image(config.as_bytes(), &[]);
        let daemon = TestDaemon::start(State::default());
        let (layout, spec, output) = (written.layout(), spec(&written), written.path("output"));
        let layout = layout.to_str().unwrap();
        let mut commands = vec![
            vec!["check", layout],
            vec!["inspect", layout],
            vec!["load", "--spec"],
            vec!["push", "--registry", "127.0.0.1:1/x", "--tag", "v1.0.0", "--dry-run", "--spec"],
        ];
        for arguments in &mut commands {
            match arguments.last() {
                Some(&"--output") => arguments.push(output.to_str().unwrap()),
                Some(&"--spec") => arguments.push(spec.to_str().unwrap()),
                _ => {}
            }
            let run = image().args(&*arguments).env("DOCKER_HOST", daemon.address()).output().unwrap();
            let said = [run.stdout, run.stderr].concat();
            assert_ne!(run.status.code(), Some(0), "{arguments:?}");
            assert!(
                String::from_utf8_lossy(&said).contains(expected),
                "{arguments:?}: {}",
                String::from_utf8_lossy(&said)
            );
        }
    }
}
