//! `image check` and `image inspect` on index, manifest and config files made to hurt, and on blobs that are only claimed.

use std::fs;

use serde_json::{Value, json};

use crate::image;
use crate::support::layout::{CONFIG, Fixture, INDEX, LAYER, MANIFEST, Written, put, write_top};
use crate::support::watched::{assert_unopenable, codes, set, sparse_file};

const MIB: usize = 1024 * 1024;

fn index_of(manifests: &[Value]) -> Value {
    json!({"schemaVersion": 2, "manifests": manifests})
}

#[test]
fn indexes_in_indexes_end() {
    let written = Fixture::new().write();
    let mut root = put(&written.layout(), INDEX, br#"{"schemaVersion":2,"manifests":[]}"#);
    for _ in 0..6 {
        // Three times the same: a walk without a limit visits three to the power of the depth.
        let index = index_of(&[root.clone(), root.clone(), root]);
        root = put(&written.layout(), INDEX, &serde_json::to_vec(&index).unwrap());
    }
    write_top(&written.layout(), &index_of(&[root.clone()]));
    assert_eq!(codes(&written), set(&["index-too-deep", "not-an-image", "platform-missing"]));
    write_top(&written.layout(), &index_of(&vec![root; 2000]));
    let expected = ["index-too-deep", "index-too-large", "layout-root", "not-an-image", "platform-missing"];
    assert_eq!(codes(&written), set(&expected));
}

#[test]
fn an_index_that_names_itself_is_not_followed() {
    let written = Fixture::new().write();
    let mut root = put(&written.layout(), INDEX, &[b' '; 200]);
    root["size"] = json!(0);
    let length = serde_json::to_vec(&index_of(&[root.clone()])).unwrap().len() + 2;
    root["size"] = json!(length);
    let index = serde_json::to_vec(&index_of(&[root.clone()])).unwrap();
    assert_eq!(index.len(), length);
    fs::write(written.blob(root["digest"].as_str().unwrap()), index).unwrap();
    write_top(&written.layout(), &index_of(&[root]));
    assert_eq!(codes(&written), set(&["blob-digest", "platform-missing"]));
}

#[test]
fn json_is_bounded_in_size_and_depth() {
    let written = Fixture::new().write();
    for content in [b" ".repeat(5 * MIB), b"[".repeat(MIB), br#"{"a":"#.repeat(MIB / 2)] {
        fs::write(written.layout().join("index.json"), &content).unwrap();
        assert_unopenable(&written);
    }
    let large = put(&written.layout(), INDEX, &b" ".repeat(5 * MIB));
    let nested = put(&written.layout(), INDEX, &b"[".repeat(100_000));
    write_top(&written.layout(), &index_of(&[large, nested]));
    assert_eq!(codes(&written), set(&["json-too-large", "json-invalid", "layout-root", "platform-missing"]));
}

#[test]
fn json_is_bounded_in_values() {
    let written = Fixture::new().write();
    let many = |value: &str| format!("[{value}{}]", format!(",{value}").repeat(4 * MIB / (value.len() + 1) - 100));
    let index = format!(r#"{{"schemaVersion":2,"manifests":[],"x":{}}}"#, many("0"));
    fs::write(written.layout().join("index.json"), index).unwrap();
    assert_unopenable(&written);
    // Each of these becomes a hundred bytes in memory, and there may be two such configs.
    let config = |space: &str, history: &str| {
        let rootfs = r#"{"type":"layers","diff_ids":[]}"#;
        format!(r#"{space}{{"architecture":"amd64","os":"linux","rootfs":{rootfs},"history":{history}}}"#)
    };
    let manifest = |config: String| {
        let config = put(&written.layout(), CONFIG, config.as_bytes());
        let manifest = json!({"schemaVersion": 2, "mediaType": MANIFEST, "config": config, "layers": []});
        put(&written.layout(), MANIFEST, &serde_json::to_vec(&manifest).unwrap())
    };
    let manifests = ["", " "].map(|space| manifest(config(space, &many("{}"))));
    write_top(&written.layout(), &index_of(&manifests));
    assert!(codes(&written).contains("json-too-large"));
    // Few enough in each, too many together.
    let some = format!("[{{}}{}]", ",{}".repeat(60_000));
    let manifests = ["", " ", "  "].map(|space| manifest(config(space, &some)));
    write_top(&written.layout(), &index_of(&manifests));
    assert!(codes(&written).contains("index-too-large"));
}

/// The layout with one value of a descriptor of its first manifest changed, or of the manifest's own.
fn claimed(written: &Written, pointer: &str, value: Value) {
    let path = written.blob(&written.digests[0][0]);
    let mut manifest: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    if let Some(member) = manifest.pointer_mut(pointer) {
        *member = value;
        let root = put(&written.layout(), MANIFEST, &serde_json::to_vec(&manifest).unwrap());
        write_top(&written.layout(), &index_of(&[root]));
    } else {
        let mut root = put(&written.layout(), MANIFEST, &serde_json::to_vec(&manifest).unwrap());
        root["size"] = value;
        write_top(&written.layout(), &index_of(&[root]));
    }
}

#[test]
fn claimed_lengths_are_not_believed() {
    let written = Fixture::new().write();
    for (pointer, code) in
        [("/layers/1/size", "blob-size"), ("/config/size", "json-too-large"), ("/size", "json-too-large")]
    {
        for size in [json!(10_u64 << 30), json!(i64::MAX)] {
            claimed(&written, pointer, size);
            let codes = codes(&written);
            assert!(codes.contains(code), "{pointer} {codes:?}");
        }
    }
}

#[test]
fn digests_lead_nowhere_else() {
    let written = Fixture::new().write();
    for digest in ["sha256:../../../../../../etc/passwd", "sha256:/etc/passwd", "../../index.json", "sha256:"] {
        claimed(&written, "/layers/1/digest", json!(digest));
        assert_eq!(codes(&written), set(&["json-invalid", "platform-missing"]), "{digest}");
    }
    claimed(&written, "/layers/1/digest", json!(format!("sha512:{}", "a".repeat(128))));
    assert!(codes(&written).contains("digest-algorithm"));
}

#[test]
fn a_blob_that_only_looks_long_is_not_read() {
    let written = Fixture::new().write();
    let digest = format!("sha256:{}", "a".repeat(64));
    let size = 1_u64 << 40;
    sparse_file(&written.blob(&digest), size);
    let blob = json!({"mediaType": LAYER, "digest": digest, "size": size});
    let config = fs::read(written.blob(&written.digests[0][1])).unwrap();
    written.replace_image(&config, std::slice::from_ref(&blob));
    assert!(codes(&written).contains("layer-too-large"));
    let empty = put(&written.layout(), "application/vnd.oci.empty.v1+json", b"{}");
    let artifact = json!({"schemaVersion": 2, "mediaType": MANIFEST, "config": empty, "layers": [blob]});
    let root = put(&written.layout(), MANIFEST, &serde_json::to_vec(&artifact).unwrap());
    write_top(&written.layout(), &index_of(&[root]));
    assert!(codes(&written).contains("layer-too-large"));
}

#[test]
fn a_manifest_of_very_many_layers_reads_each_blob_once() {
    let written = Fixture::new().write();
    let layer = put(&written.layout(), LAYER, &fs::read(written.service_layer()).unwrap());
    let config = fs::read(written.blob(&written.digests[0][1])).unwrap();
    written.replace_image(&config, &vec![layer; 10_000]);
    assert!(codes(&written).contains("layer-count"));
}

#[test]
fn more_findings_than_anybody_reads_are_counted() {
    let mut fixture = Fixture::new();
    let labels: Vec<_> = (0..5000).map(|number| format!("label-{number}")).collect();
    fixture.contract["required_labels"] = json!(labels);
    let written = fixture.write();
    let mut command = image();
    command.arg("check").arg(written.layout()).arg("--contract").arg(written.contract()).arg("--json");
    let report: Value = serde_json::from_slice(&command.output().unwrap().stdout).unwrap();
    assert_eq!(report["findings"].as_array().unwrap().len(), 200);
    assert_eq!(report["omitted"], 9800);
    assert_eq!(report["errors"], 10_000);
}
