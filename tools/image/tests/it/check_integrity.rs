//! `image check` without a contract: blobs that are not true, documents that disagree, layers that tools read differently.

use std::fs;
use std::path::Path;

use serde_json::json;

use super::check::{Case, run_without_contract};
use super::fixture::{EntryFixture, LAYER, gzip};
use super::{image, workspace};

#[test]
fn a_layout_that_is_not_sound_is_found_without_a_contract() {
    run_without_contract(UNSOUND_CASES);
}

const UNSOUND_CASES: &[Case] = &[
    ("missing layer", &["blob-missing"], |fixture| {
        fixture.after = |written| fs::remove_file(written.service_layer()).unwrap();
    }),
    ("missing config", &["blob-missing"], |fixture| {
        fixture.after = |written| fs::remove_file(written.blob(&written.digests[0][1])).unwrap();
    }),
    ("missing manifest", &["blob-missing"], |fixture| {
        fixture.after = |written| fs::remove_file(written.blob(&written.digests[0][0])).unwrap();
    }),
    ("a folder in a blob's place", &["blob-missing"], |fixture| {
        fixture.after = |written| {
            fs::remove_file(written.service_layer()).unwrap();
            fs::create_dir(written.service_layer()).unwrap();
        };
    }),
    ("a device in a blob's place", &["blob-missing"], |fixture| {
        fixture.after = |written| {
            fs::remove_file(written.service_layer()).unwrap();
            std::os::unix::fs::symlink("/dev/zero", written.service_layer()).unwrap();
        };
    }),
    ("other layer", &["blob-digest", "layer-compression"], |fixture| {
        fixture.after = |written| edit(&written.service_layer(), |bytes| *bytes.last_mut().unwrap() ^= 1);
    }),
    ("other config", &["blob-digest"], |fixture| {
        fixture.after = |written| edit(&written.blob(&written.digests[0][1]), |bytes| bytes[5] ^= 1);
    }),
    ("longer layer", &["blob-size"], |fixture| {
        fixture.after = |written| edit(&written.service_layer(), |bytes| bytes.push(0));
    }),
    ("wrong size", &["blob-size"], |fixture| {
        fixture.first().manifest = |manifest| manifest["layers"][1]["size"] = json!(1);
    }),
    ("wrong size of the config", &["blob-size"], |fixture| {
        fixture.first().manifest = |manifest| manifest["config"]["size"] = json!(1);
    }),
    ("sha512", &["digest-algorithm"], |fixture| {
        fixture.first().manifest =
            |manifest| manifest["layers"][1]["digest"] = json!(format!("sha512:{}", "a".repeat(128)));
    }),
    ("wrong diff_id", &["diff-id"], |fixture| {
        let base = super::fixture::digest(&fixture.first().base);
        fixture.first().config["rootfs"] = json!({"type": "layers", "diff_ids": [base, base]});
    }),
    ("diff_id missing", &["layer-count"], |fixture| {
        let base = super::fixture::digest(&fixture.first().base);
        fixture.first().config["rootfs"] = json!({"type": "layers", "diff_ids": [base]});
    }),
    ("history too short", &["history-count"], |fixture| {
        fixture.first().config["history"] = json!([{"created_by": "base"}]);
    }),
    ("rootfs of another type", &["rootfs-type", "layer-count"], |fixture| {
        fixture.first().config["rootfs"] = json!({"type": "rafs", "diff_ids": []});
    }),
    ("config is no config", &["json-invalid"], |fixture| fixture.first().config = json!({"rootfs": 1})),
    ("manifest is no manifest", &["json-invalid"], |fixture| fixture.first().manifest = |m| *m = json!([])),
    ("schema version", &["schema-version"], |fixture| {
        fixture.first().manifest = |manifest| manifest["schemaVersion"] = json!(1);
    }),
    ("media type of the manifest", &["manifest-media-type"], |fixture| {
        fixture.first().manifest =
            |manifest| manifest["mediaType"] = json!("application/vnd.docker.distribution.manifest.v2+json");
    }),
    ("media type in the index", &["descriptor-media-type"], |fixture| {
        fixture.index = |index| index["manifests"][0]["mediaType"] = json!("text/plain");
    }),
    ("gzip said to be zstd", &["layer-media-type"], |fixture| {
        fixture.first().manifest = |manifest| manifest["layers"][1]["mediaType"] = json!(LAYER.replace("gzip", "zstd"));
    }),
    ("a tar said to be gzip", &["layer-media-type"], |fixture| fixture.first().compress = <[u8]>::to_vec),
    ("no layer's media type", &["layer-media-type"], |fixture| {
        fixture.first().manifest = |manifest| manifest["layers"][1]["mediaType"] = json!("text/plain");
    }),
];

fn edit(path: &Path, change: fn(&mut Vec<u8>)) {
    let mut bytes = fs::read(path).unwrap();
    change(&mut bytes);
    fs::write(path, bytes).unwrap();
}

#[test]
fn a_layer_that_tools_would_read_differently_is_found() {
    run_without_contract(AMBIGUOUS_CASES);
}

const AMBIGUOUS_CASES: &[Case] = &[
    ("truncated gzip", &["layer-compression"], |fixture| {
        fixture.first().compress = |tar| {
            let mut bytes = gzip(tar);
            bytes.truncate(bytes.len() - 20);
            bytes
        };
    }),
    ("garbage after gzip", &["layer-compression"], |fixture| {
        fixture.first().compress = |tar| [gzip(tar), b"garbage".to_vec()].concat();
    }),
    ("truncated zstd", &["layer-compression"], |fixture| {
        fixture.first().manifest = |manifest| manifest["layers"][1]["mediaType"] = json!(LAYER.replace("gzip", "zstd"));
        fixture.first().compress = |tar| {
            let mut bytes = zstd::encode_all(tar, 3).unwrap();
            bytes.truncate(bytes.len() - 20);
            bytes
        };
    }),
    ("no tar", &["layer-not-tar"], |fixture| fixture.first().tar = |_| b"hello".repeat(1000)),
    ("a short text", &["layer-not-tar"], |fixture| fixture.first().tar = |_| b"hello".to_vec()),
    ("truncated tar", &["layer-broken-tar"], |fixture| {
        fixture.first().tar = |mut tar| {
            tar.truncate(600);
            tar
        };
    }),
    ("an archive after the archive", &["layer-trailing-data"], |fixture| {
        fixture.first().tar = |tar| [tar.clone(), tar].concat();
    }),
    ("..", &["layer-path"], |fixture| fixture.service().path = "../../etc/shadow"),
    (".. in the middle", &["layer-path"], |fixture| fixture.service().path = "a/../../etc/shadow"),
    ("hard link out of the image", &["layer-path"], |fixture| {
        *fixture.service() = EntryFixture::other("api", b'1', "../../etc/shadow");
    }),
    ("a pax record twice", &["layer-broken-tar"], |fixture| {
        fixture.service().pax = vec![("path", "api"), ("path", "other")];
    }),
];

#[test]
fn what_rules_oci_makes_is_sound() {
    let cases = fs::read_dir(workspace("tools/image/tests/golden/cases")).unwrap();
    for case in cases.map(|case| case.unwrap().path()) {
        image().arg("check").arg(case.join("layout")).assert().code(0);
    }
}
