//! `image check` without a contract: blobs that are not true, documents that disagree, layers that tools read differently.

use std::fs;
use std::path::Path;

use serde_json::json;

use crate::check::{Case, run_without_contract};
use crate::support::layout::{EntryFixture, LAYER, gzip};
use crate::{golden, image};

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
        let base = crate::support::layout::digest(fixture.first().base.as_ref().unwrap());
        fixture.first().config["rootfs"] = json!({"type": "layers", "diff_ids": [base, base]});
    }),
    ("diff_id missing", &["layer-count"], |fixture| {
        let base = crate::support::layout::digest(fixture.first().base.as_ref().unwrap());
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
    ("a pax record twice", &["layer-ambiguous"], |fixture| {
        fixture.service().pax = vec![("path", "api"), ("path", "other")];
    }),
    ("an old directory with content", &["layer-ambiguous"], |fixture| {
        fixture.service().kind = 0;
        fixture.service().path = "api/";
    }),
    ("a file named as a directory", &["layer-ambiguous"], |fixture| fixture.service().path = "api/"),
    ("a file named as itself in a directory", &["layer-ambiguous"], |fixture| fixture.service().path = "api/."),
    ("a contiguous file", &["layer-broken-tar"], |fixture| fixture.service().kind = b'7'),
    ("a type of star", &["layer-broken-tar"], |fixture| fixture.service().kind = b'X'),
    ("a hard link with content", &["layer-ambiguous"], |fixture| {
        let service = fixture.service().clone();
        fixture.first().entries.push(EntryFixture { path: "x", kind: b'1', link: "api", ..service });
    }),
    ("a size in pax that the header does not have", &["layer-ambiguous"], |fixture| {
        fixture.service().pax = vec![("size", "512")];
    }),
    ("a size that is no number", &["layer-broken-tar"], |fixture| fixture.service().pax = vec![("size", "0x200")]),
    ("an owner that is no number", &["layer-broken-tar"], |fixture| fixture.service().pax = vec![("uid", "abc")]),
    ("a time that is no number", &["layer-broken-tar"], |fixture| fixture.service().pax = vec![("mtime", "abc")]),
    ("a global header with a name", &["layer-ambiguous"], |fixture| {
        fixture.first().tar = |tar| {
            let mut global = tar::Builder::new(Vec::new());
            global.append_pax_extensions([("path", &b"evil"[..])]).unwrap();
            let mut global = global.into_inner().unwrap();
            global.truncate(1024);
            global[156] = b'g';
            let mut header = tar::Header::from_byte_slice(&global[..512]).clone();
            header.set_cksum();
            global[..512].copy_from_slice(header.as_bytes());
            [global, tar].concat()
        };
    }),
    ("a sparse file by pax", &["layer-sparse"], |fixture| {
        fixture.service().pax = vec![("GNU.sparse.major", "1"), ("GNU.sparse.name", "api")];
    }),
    ("a gzip header with a long name", &["layer-compression"], |fixture| {
        fixture.first().compress = |tar| {
            let mut encoder =
                flate2::GzBuilder::new().filename(vec![b'n'; 600]).write(Vec::new(), flate2::Compression::fast());
            std::io::Write::write_all(&mut encoder, tar).unwrap();
            encoder.finish().unwrap()
        };
    }),
];

#[test]
fn what_tools_of_the_field_write_is_sound() {
    run_without_contract(SOUND_CASES);
}

const SOUND_CASES: &[Case] = &[
    ("a line feed in an attribute", &[], |fixture| {
        fixture.service().pax = vec![("SCHILY.xattr.security.capability", "\u{1}\0\0\u{2}\u{2}\0\n\0\0")];
    }),
    ("a line feed in a name", &[], |fixture| fixture.service().pax = vec![("path", "a\nb")]),
    ("a line feed in a comment", &[], |fixture| fixture.service().pax = vec![("comment", "x=y\nz")]),
    ("empty records", &[], |fixture| {
        fixture.service().pax =
            vec![("path", ""), ("size", ""), ("uid", ""), ("mtime", ""), ("SCHILY.xattr.user.x", "")];
    }),
    ("times with fractions", &[], |fixture| fixture.service().pax = vec![("mtime", "1.5"), ("atime", "-1.25")]),
    ("an old directory", &[], |fixture| fixture.first().entries.push(EntryFixture::other("d/", 0, ""))),
    ("a zstd window of 128 MiB", &[], |fixture| {
        fixture.first().manifest = |manifest| manifest["layers"][1]["mediaType"] = json!(LAYER.replace("gzip", "zstd"));
        fixture.first().compress = |tar| {
            let mut encoder = zstd::Encoder::new(Vec::new(), 1).unwrap();
            encoder.window_log(27).unwrap();
            encoder.include_contentsize(false).unwrap();
            std::io::Write::write_all(&mut encoder, tar).unwrap();
            encoder.finish().unwrap()
        };
    }),
];

#[test]
fn what_rules_oci_makes_is_sound() {
    let layouts = golden::layouts();
    for layout in fs::read_dir(layouts.path()).unwrap() {
        image().arg("check").arg(layout.unwrap().path()).assert().code(0);
    }
}
