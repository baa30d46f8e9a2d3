//! `image_build assemble`: bases, good and bad, how blobs get into the output, and the command line.

use std::fs;
use std::path::Path;

use crate::image_build;
use crate::layouts::{Fixture, blob_path, documents, files, tar};

/// What the tool says about a base that it refuses, without the folder.
fn refused(fixture: &Fixture, base: &str) -> String {
    let assert = image_build()
        .args(["assemble", "--base", base, "--output"])
        .arg(fixture.path("output"))
        .assert()
        .code(2)
        .stdout("");
    String::from_utf8_lossy(&assert.get_output().stderr).replace(base, "BASE")
}

/// The digests in a layout's only manifest: the manifest's own, the config's and the first layer's.
fn digests(base: &str) -> [String; 3] {
    let documents = documents(Path::new(base));
    let digest = |json: &str, pointer: &str| {
        let json: serde_json::Value = serde_json::from_str(json).unwrap();
        json.pointer(pointer).unwrap().as_str().unwrap().to_owned()
    };
    [
        digest(&documents.index, "/manifests/0/digest"),
        digest(&documents.manifest, "/config/digest"),
        digest(&documents.manifest, "/layers/0/digest"),
    ]
}

fn usual_base(fixture: &Fixture) -> String {
    fixture.base(r#"{"history":[{}]}"#, &[&tar("a", b"base")])
}

#[test]
fn a_folder_that_is_no_layout_is_refused() {
    let fixture = Fixture::new();
    let base = fixture.folder.path().to_str().unwrap();
    let expected = "error: cannot use base `BASE`: `BASE` is not an OCI image layout: `oci-layout` is missing\n";
    assert_eq!(refused(&fixture, base), expected);
    fixture.file("oci-layout", r#"{"imageLayoutVersion":"1.0.0"}"#);
    let expected = "error: cannot use base `BASE`: `BASE` is not an OCI image layout: `index.json` is missing\n";
    assert_eq!(refused(&fixture, base), expected);
}

#[test]
fn a_base_names_exactly_one_manifest() {
    let fixture = Fixture::new();
    let base = usual_base(&fixture);
    let index = Path::new(&base).join("index.json");
    let one: serde_json::Value = serde_json::from_slice(&fs::read(&index).unwrap()).unwrap();
    for count in [0, 2] {
        let mut several = one.clone();
        several["manifests"] = vec![one["manifests"][0].clone(); count].into();
        fs::write(&index, several.to_string()).unwrap();
        assert_eq!(
            refused(&fixture, &base),
            format!(
                "error: cannot use base `BASE`: `BASE/index.json` names {count} manifests, a layout of one image or \
                 one index names exactly 1\n"
            )
        );
    }
}

#[test]
fn an_index_is_no_base() {
    let fixture = Fixture::new();
    let base = usual_base(&fixture);
    let index = Path::new(&base).join("index.json");
    let text = fs::read_to_string(&index).unwrap();
    fs::write(&index, text.replace("image.manifest.v1", "image.index.v1")).unwrap();
    assert_eq!(
        refused(&fixture, &base),
        "error: base `BASE` is an image index, not an image\n\n\
         hint: use the layout of one platform as `--base`, such as `@base_linux_amd64`\n"
    );
}

#[test]
fn documents_are_checked_against_their_digest_and_size() {
    for (position, name) in ["manifest", "config"].iter().enumerate() {
        let fixture = Fixture::new();
        let base = usual_base(&fixture);
        let digest = &digests(&base)[position];
        let blob = blob_path(Path::new(&base), digest);
        let text = fs::read_to_string(&blob).unwrap();
        fs::write(&blob, text.replacen('{', "[", 1)).unwrap();
        let stderr = refused(&fixture, &base);
        let content = format!("error: cannot use base `BASE`: blob `{digest}` has the content of `sha256:");
        assert!(stderr.starts_with(&content), "{name}: {stderr}");
        fs::write(&blob, format!("{text} ")).unwrap();
        let stderr = refused(&fixture, &base);
        let size = format!("blob `{digest}` has {} bytes, its descriptor says {}", text.len() + 1, text.len());
        assert!(stderr.contains(&size), "{name}: {stderr}");
        fs::remove_file(&blob).unwrap();
        let stderr = refused(&fixture, &base);
        assert!(stderr.starts_with("error: cannot use base `BASE`: cannot read `BASE/blobs/sha256/"), "{stderr}");
    }
}

#[test]
fn layers_of_the_base_are_checked_against_their_size() {
    let fixture = Fixture::new();
    let base = usual_base(&fixture);
    let digest = &digests(&base)[2];
    let blob = blob_path(Path::new(&base), digest);
    let whole = fs::read(&blob).unwrap();
    fs::write(&blob, &whole[1..]).unwrap();
    assert_eq!(
        refused(&fixture, &base),
        format!(
            "error: cannot use base `BASE`: blob `{digest}` has {} bytes, its descriptor says {}\n",
            whole.len() - 1,
            whole.len()
        )
    );
}

#[test]
fn a_base_with_an_unsound_config_is_refused() {
    let rootfs = r#""rootfs":{"type":"layers","diff_ids":["sha256:x"]}"#;
    let sound = format!(r#"{{"architecture":"amd64","os":"linux",{rootfs}}}"#);
    let with = |from: &str, to: &str| sound.replacen(from, to, 1);
    for (config, expected) in [
        (with(r#","diff_ids":["sha256:x"]"#, ""), "member `rootfs.diff_ids` is missing"),
        (with(r#"["sha256:x"]"#, "null"), "member `rootfs.diff_ids` is null"),
        (with(&format!(",{rootfs}"), ""), "member `rootfs` is missing"),
        (with(r#""type":"layers","#, ""), "member `rootfs.type` is missing"),
        (with(r#""os":"linux","#, ""), "member `os` is missing"),
        (with(r#""os""#, r#""OS":"windows","os""#), "member `OS` is the same as `os` to Docker and containerd"),
        (with(r#""os""#, r#""os":"a","os""#), "member `os` is there twice"),
        (with(r#"["sha256:x"]"#, r#""x""#), "member `rootfs.diff_ids` is not a list"),
        (with(r#""os""#, r#""config":{"Env":["A=1",2]},"os""#), "member `config.Env[1]` is not a text"),
        (with(r#""os""#, r#""history":1,"os""#), "member `history` is not a list"),
        ("[]".to_owned(), "invalid type: sequence, expected"),
        (with(r#"["sha256:x"]"#, "[]"), "base `BASE` has 1 layers and 0 diff_ids"),
        (with(r#""os""#, r#""history":[{},{}],"os""#), "base `BASE` has 1 layers and 2 layers in its history"),
        (with(r#""type":"layers""#, r#""type":"rafs""#), "the rootfs of base `BASE` is of type `rafs`, not `layers`"),
    ] {
        let fixture = Fixture::new();
        let base = fixture.base_as_it_is(&config, &[&tar("a", b"base")]);
        let stderr = refused(&fixture, &base);
        assert!(stderr.contains(expected), "{config}: {stderr}");
    }
}

#[test]
fn an_empty_history_is_completed() {
    for history in ["null", "[]"] {
        let fixture = Fixture::new();
        let config = format!(r#"{{"history":{history}}}"#);
        let base = fixture.base(&config, &[&tar("a", b"one"), &tar("b", b"two")]);
        let layer = fixture.file("layer", tar("c", b"three"));
        let output = fixture.path("output");
        image_build()
            .args(["assemble", "--base", &base, "--layer", &layer, "--created-by", "//:x", "--output"])
            .arg(&output)
            .assert()
            .success();
        let config: serde_json::Value = serde_json::from_str(&documents(&output).config).unwrap();
        let created = serde_json::json!({"created": "1970-01-01T00:00:00Z"});
        assert_eq!(config["history"].as_array().unwrap()[..2], [created.clone(), created]);
        assert_eq!(config["history"][2]["created_by"], "bazel build //:x");
    }
}

#[test]
fn links_lead_to_the_base_and_its_documents_are_not_taken_over() {
    let fixture = Fixture::new();
    let base = usual_base(&fixture);
    let [manifest, config, layer] = digests(&base);
    image_build().args(["assemble", "--base", &base, "--output"]).arg(fixture.path("output")).assert().success();
    let output = fixture.path("output");
    let link = fs::read_link(blob_path(&output, &layer)).unwrap();
    assert_eq!(link, Path::new("../../../base/blobs/sha256").join(layer.strip_prefix("sha256:").unwrap()));
    assert!(!blob_path(&output, &manifest).exists() && !blob_path(&output, &config).exists());
    assert_eq!(fs::read_dir(output.join("blobs/sha256")).unwrap().count(), 3);
}

#[test]
fn copies_have_the_same_bytes_and_no_links() {
    let fixture = Fixture::new();
    let base = usual_base(&fixture);
    for blobs in ["link", "copy"] {
        image_build()
            .args(["assemble", "--base", &base, "--blobs", blobs, "--output"])
            .arg(fixture.path(blobs))
            .assert()
            .success();
    }
    assert_eq!(files(&fixture.path("link")), files(&fixture.path("copy")));
    let blobs = fs::read_dir(fixture.path("copy/blobs/sha256")).unwrap();
    assert!(blobs.into_iter().all(|blob| blob.unwrap().file_type().unwrap().is_file()));
}

#[test]
fn relative_paths_and_an_existing_empty_folder_are_fine() {
    let fixture = Fixture::new();
    usual_base(&fixture);
    fixture.file("layer.tar", tar("a", b""));
    fs::create_dir_all(fixture.path("deep/output")).unwrap();
    image_build()
        .current_dir(fixture.folder.path())
        .args(["assemble", "--base", "./base", "--layer", "deep/../layer.tar", "--created-by", "@x//:y"])
        .args(["--output", "deep/output"])
        .assert()
        .success();
    let links = fs::read_dir(fixture.path("deep/output/blobs/sha256")).unwrap();
    let mut links: Vec<_> = links.filter_map(|entry| fs::read_link(entry.unwrap().path()).ok()).collect();
    links.sort();
    assert!(links[0].starts_with("../../../../base/blobs/sha256"), "{links:?}");
    assert_eq!(links[1], Path::new("../../../../layer.tar"));
    assert!(documents(&fixture.path("deep/output")).config.contains("bazel build @x//:y"));
}

#[test]
fn an_output_folder_with_something_in_it_is_refused() {
    let fixture = Fixture::new();
    let base = usual_base(&fixture);
    image_build().args(["assemble", "--base", &base, "--output", &base]).assert().code(2).stderr(format!(
        "error: cannot write the image: output folder `{base}` is not empty\n\n\
             hint: remove it, or name another with `--output`\n"
    ));
}

#[test]
fn base_and_platform_exclude_each_other() {
    let cases: [(&[&str], &str); 4] = [
        (&["--base", "x", "--os", "linux", "--architecture", "amd64"], "'--base <DIR>' cannot be used with"),
        (&["--base", "x", "--variant", "v8"], "'--base <DIR>' cannot be used with"),
        (&["--os", "linux"], "--architecture <ARCHITECTURE>"),
        (&[], "--base <DIR>"),
    ];
    for (arguments, expected) in cases {
        let assert = image_build().args(["assemble", "--output", "x"]).args(arguments).assert().code(2).stdout("");
        let stderr = String::from_utf8_lossy(&assert.get_output().stderr).into_owned();
        assert!(stderr.contains(expected), "{stderr}");
    }
}

#[test]
fn arguments_can_come_from_a_params_file() {
    let fixture = Fixture::new();
    let layer = fixture.file("layer.tar", tar("a", b""));
    let output = fixture.path("output");
    let lines = ["--os", "linux", "--architecture=amd64", "--layer", &layer, "--created-by", "@x//:y", "--user", ""];
    let params = fixture.file("params", lines.map(|line| format!("{line}\n")).concat());
    image_build().args(["assemble", &format!("@{params}"), "--output"]).arg(&output).assert().success();
    assert!(documents(&output).config.contains("bazel build @x//:y"));
    image_build()
        .args(["assemble", "@no/such/file"])
        .assert()
        .code(2)
        .stderr("error: cannot read params file `no/such/file`: No such file or directory (os error 2)\n");
}
