//! `image check --contract`: an image is what the build writes, byte for byte; whatever else it is, it is found.

use std::fs;

use serde_json::{Value, json};

use crate::check::{Case, codes_at, run_with_contract};
use crate::golden;
use crate::support::layout::{Fixture, LAYER, MANIFEST, Written, compressed, gzip, put, seal, write_top};

#[test]
fn a_layer_of_another_form_is_found() {
    run_with_contract(LAYER_CASES);
}

/// Bends the service's header in the place of its bytes that begins here.
fn with_header(mut tar: Vec<u8>, place: usize, bytes: &[u8]) -> Vec<u8> {
    tar[place..place + bytes.len()].copy_from_slice(bytes);
    let mut header = tar::Header::from_byte_slice(&tar[..512]).clone();
    seal(&mut header);
    tar[..512].copy_from_slice(header.as_bytes());
    tar
}

const LAYER_CASES: &[Case] = &[
    ("./ before the name", &["layer-form"], |fixture| fixture.service().path = "./api"),
    ("/ before the name", &["layer-form"], |fixture| fixture.service().path = "/api"),
    ("an old file", &["layer-form"], |fixture| fixture.service().kind = 0),
    ("a contiguous file", &["layer-broken-tar"], |fixture| fixture.service().kind = b'7'),
    ("an old directory with content", &["layer-ambiguous"], |fixture| {
        fixture.service().kind = 0;
        fixture.service().path = "api/";
    }),
    ("the magic of POSIX", &["layer-form"], |fixture| {
        fixture.first().tar = |tar| with_header(tar, 257, b"ustar\x0000");
    }),
    ("another version", &["layer-form"], |fixture| {
        fixture.first().tar = |tar| with_header(tar, 257, b"ustar\0xx");
    }),
    ("a link name in a file", &["layer-form"], |fixture| {
        fixture.first().tar = |tar| with_header(tar, 157, b"/etc/passwd");
    }),
    ("something behind the name", &["layer-form"], |fixture| {
        fixture.first().tar = |tar| with_header(tar, 50, b"evil");
    }),
    ("a file type in the mode", &["file-mode"], |fixture| {
        fixture.first().tar = |tar| with_header(tar, 100, b"0120755\0");
    }),
    ("device numbers", &["layer-form"], |fixture| {
        fixture.first().tar = |tar| with_header(tar, 329, b"0000001\0");
    }),
    ("something in the padding of the header", &["layer-form"], |fixture| {
        fixture.first().tar = |tar| with_header(tar, 505, b"x");
    }),
    ("a size in base 256", &["layer-form"], |fixture| {
        fixture.first().tar = |tar| {
            let size = u64::from_str_radix(std::str::from_utf8(&tar[124..135]).unwrap(), 8).unwrap();
            with_header(tar, 124, &[&[0x80, 0, 0, 0][..], &size.to_be_bytes()].concat())
        };
    }),
    ("a checksum of seven digits", &["layer-form"], |fixture| {
        fixture.first().tar = |mut tar| {
            let sum = tar::Header::from_byte_slice(&tar[..512]).cksum().unwrap();
            tar[148..156].copy_from_slice(format!("{sum:07o}\0").as_bytes());
            tar
        };
    }),
    ("a record of no meaning", &["layer-form"], |fixture| fixture.service().pax = vec![("comment", "x")]),
    ("times", &["layer-form"], |fixture| fixture.service().pax = vec![("atime", "1.5"), ("ctime", "9")]),
    ("an access list", &["layer-form", "file-attributes"], |fixture| {
        fixture.service().pax = vec![("SCHILY.acl.access", "user::rwx")];
    }),
    ("a label of SELinux", &["layer-form", "file-attributes"], |fixture| {
        fixture.service().pax = vec![("RHT.security.selinux", "system_u:object_r:x:s0")];
    }),
    ("file flags", &["layer-form", "file-attributes"], |fixture| {
        fixture.service().pax = vec![("SCHILY.fflags", "uappnd")];
    }),
    ("root by name", &[], |fixture| fixture.service().user_name = "root"),
    ("something behind the file", &["layer-form"], |fixture| {
        fixture.service().content.push(0);
        fixture.first().tar = |mut tar| {
            let size = usize::from_str_radix(std::str::from_utf8(&tar[124..135]).unwrap(), 8).unwrap();
            tar[512 + size] = 1;
            tar
        };
    }),
    ("no end mark", &["layer-form"], |fixture| {
        fixture.first().tar = |mut tar| {
            let size = usize::from_str_radix(std::str::from_utf8(&tar[124..135]).unwrap(), 8).unwrap();
            tar.truncate(512 + size.next_multiple_of(512));
            tar
        };
    }),
    ("a longer end mark", &["layer-form"], |fixture| fixture.first().tar = |tar| [tar, vec![0; 10240]].concat()),
    ("not compressed", &["layer-form", "document-form"], |fixture| {
        fixture.first().manifest =
            |manifest| manifest["layers"][1]["mediaType"] = json!(LAYER.trim_end_matches("+gzip"));
        fixture.first().compress = <[u8]>::to_vec;
    }),
    ("zstd", &["layer-form", "document-form"], |fixture| {
        fixture.first().manifest = |manifest| manifest["layers"][1]["mediaType"] = json!(LAYER.replace("gzip", "zstd"));
        fixture.first().compress = |tar| zstd::encode_all(tar, 3).unwrap();
    }),
    ("gzip of another compressor", &["layer-form"], |fixture| fixture.first().compress = gzip),
    ("a member more", &["layer-form"], |fixture| {
        fixture.first().compress = |tar| [compressed(tar), gzip(b"")].concat();
    }),
    ("gzip with a name", &["layer-form"], |fixture| {
        fixture.first().compress = |tar| {
            let mut bytes = compressed(tar);
            bytes[3] = 8;
            bytes.splice(10..10, *b"api.tar\0");
            bytes
        };
    }),
    ("the layer twice", &["layer-extra", "extra-entry"], |fixture| {
        fixture.first().manifest = |manifest| {
            let layers = manifest["layers"].as_array_mut().unwrap();
            layers.push(layers[1].clone());
        };
        let twice = crate::support::layout::digest(&crate::support::layout::tar(&fixture.first().entries));
        let base = crate::support::layout::digest(fixture.first().base.as_ref().unwrap());
        let image = fixture.first();
        image.config["rootfs"] = json!({"type": "layers", "diff_ids": [base, twice, twice]});
        let story = image.config["history"][1].clone();
        image.config["history"].as_array_mut().unwrap().push(story);
    }),
];

#[test]
fn documents_of_another_form_are_found() {
    run_with_contract(DOCUMENT_CASES);
}

/// Replaces in the text of the first image's config, and puts that in an image of its own behind the index.
fn in_config(written: &Written, from: &str, to: &str) {
    let text = fs::read_to_string(written.blob(&written.digests[0][1])).unwrap();
    assert!(text.contains(from), "{text}");
    let manifest: Value = serde_json::from_slice(&fs::read(written.blob(&written.digests[0][0])).unwrap()).unwrap();
    let config = put(&written.layout(), crate::support::layout::CONFIG, text.replacen(from, to, 1).as_bytes());
    let manifest = fs::read_to_string(written.blob(&written.digests[0][0]))
        .unwrap()
        .replace(manifest["config"]["digest"].as_str().unwrap(), config["digest"].as_str().unwrap());
    let size = format!("\"size\": {}", text.len());
    let manifest = manifest.replacen(&size, &format!("\"size\": {}", config["size"]), 1);
    let root = put(&written.layout(), MANIFEST, manifest.as_bytes());
    write_top(&written.layout(), &json!({"schemaVersion": 2, "manifests": [root]}));
}

/// The contract is for one platform, since the edits leave one.
fn alone(fixture: &mut Fixture, after: fn(&Written)) {
    fixture.images.truncate(1);
    fixture.contract["platforms"] = json!(["linux/amd64"]);
    fixture.after = after;
}

const DOCUMENT_CASES: &[Case] = &[
    ("nothing", &[], |fixture| alone(fixture, |written| in_config(written, "amd64", "amd64"))),
    ("a user that Docker sees", &["json-ambiguous", "platform-missing"], |fixture| {
        alone(fixture, |written| in_config(written, "\"User\": \"65532\"", "\"User\": \"65532\", \"user\": \"0\""));
    }),
    ("a user that Docker alone sees", &["json-ambiguous", "platform-missing"], |fixture| {
        alone(fixture, |written| in_config(written, "\"User\": \"65532\"", "\"user\": \"0\""));
    }),
    ("an entrypoint that Docker sees", &["json-ambiguous", "platform-missing"], |fixture| {
        alone(fixture, |written| in_config(written, "\"Entrypoint\"", "\"entrypoint\": [\"/evil\"], \"Entrypoint\""));
    }),
    ("a letter that Go folds", &["json-ambiguous", "platform-missing"], |fixture| {
        alone(fixture, |written| in_config(written, "\"User\"", "\"U\\u017fer\": \"0\", \"User\""));
    }),
    ("a member twice", &["json-ambiguous", "platform-missing"], |fixture| {
        alone(fixture, |written| in_config(written, "\"User\"", "\"User\": \"0\", \"User\""));
    }),
    ("environment", &["document-form"], |fixture| {
        fixture.first().config["config"]["Env"] = json!(["LD_PRELOAD=/x"]);
    }),
    ("a health check", &["document-form"], |fixture| {
        fixture.first().config["config"]["Healthcheck"] = json!({"Test": ["CMD", "/evil"]});
    }),
    ("an unknown member", &["document-form"], |fixture| fixture.first().config["container"] = json!("x")),
    ("a null member", &["document-form"], |fixture| fixture.first().config["config"]["Volumes"] = json!(null)),
    ("another author", &["document-form"], |fixture| fixture.first().config["history"][1]["author"] = json!("x")),
    ("another spelling", &["document-form"], |fixture| {
        alone(fixture, |written| in_config(written, "\"linux\"", "\"l\\u0069nux\""));
    }),
    ("another number of spaces", &["document-form"], |fixture| {
        alone(fixture, |written| in_config(written, "\"os\": ", "\"os\":"));
    }),
    ("an annotation of the manifest", &["document-form"], |fixture| {
        fixture.first().manifest = |manifest| manifest["annotations"] = json!({"a": "b"});
    }),
    ("addresses of a layer", &["document-form"], |fixture| {
        fixture.first().manifest = |manifest| manifest["layers"][1]["urls"] = json!(["https://example.invalid"]);
    }),
    ("a copy of the config", &["document-form"], |fixture| {
        fixture.first().manifest = |manifest| manifest["config"]["data"] = json!("e30=");
    }),
    ("an index that is a manifest too", &["json-ambiguous", "platform-missing"], |fixture| {
        fixture.index = |index| index["layers"] = json!([]);
    }),
    ("an annotation in the index", &["document-form"], |fixture| {
        fixture.index = |index| index["manifests"][0]["annotations"] = json!({"a": "b"});
    }),
    ("features in the index", &["document-form"], |fixture| {
        fixture.first().platform["os.features"] = json!(["x"]);
    }),
    ("variant v8 in the index only", &["document-form"], |fixture| {
        fixture.images[1].platform["variant"] = json!("v8");
    }),
    ("an unknown member of index.json", &["document-form"], |fixture| {
        fixture.index_json = |index| index["more"] = json!(1);
    }),
    ("an unknown member of oci-layout", &["document-form"], |fixture| {
        fixture.after = |written| {
            fs::write(written.layout().join("oci-layout"), r#"{"imageLayoutVersion":"1.0.0","more":1}"#).unwrap();
        };
    }),
];

#[test]
fn a_difference_is_named() {
    let mut fixture = Fixture::new();
    fixture.first().config["config"]["Env"] = json!(["A=1"]);
    let written = fixture.write();
    let output =
        crate::image().arg("check").arg(written.layout()).arg("--contract").arg(written.contract()).output().unwrap();
    let expected = format!(
        "error[document-form]: `config.Env` is not written by the build\n  where: linux/amd64, blob {}, field config.Env\n",
        written.digests[0][1]
    );
    let stdout = String::from_utf8(output.stdout).unwrap();
    assert!(stdout.starts_with(&expected), "{stdout}");
}

/// Images that `rules_oci` itself made, of the settings and the one layer in gzip that `service_image` gives it, and its
/// index of two such: on the bases as it pulled them, its documents are of the form.
#[test]
fn documents_of_rules_oci_are_of_the_form() {
    let layouts = golden::layouts();
    let bases = ["amd64", "arm64"].map(|name| golden::path(&format!("inputs/pulled/base_linux_{name}")));
    for (case, bases) in [
        ("base_plain", &bases[..]),
        ("base_arm64", &bases),
        ("base_labels", &bases),
        ("base_notars", &bases),
        ("index2", &bases),
        ("scratch_targz", &[]),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let contract = folder.path().join("contract.json");
        fs::write(&contract, json!({"base_layouts": bases}).to_string()).unwrap();
        let codes = codes_at(&layouts.path().join(case), Some(&contract));
        assert!(!codes.contains("document-form") && !codes.contains("base-mismatch"), "{case}: {codes:?}");
    }
    // This one has a setting more.
    let folder = tempfile::tempdir().unwrap();
    let contract = folder.path().join("contract.json");
    fs::write(&contract, json!({"base_layouts": bases}).to_string()).unwrap();
    assert!(codes_at(&layouts.path().join("base_env"), Some(&contract)).contains("document-form"));
}
