//! `image inspect`: the tree for people, the JSON for scripts, and what it does with a layout that is broken.

use std::fs;

use serde_json::{Value, json};

use crate::image;
use crate::support::layout::{Fixture, INDEX, Written, put, write_top};

fn text(written: &Written, status: i32) -> String {
    let output = image().arg("inspect").arg(written.layout()).output().unwrap();
    assert_eq!(output.status.code(), Some(status), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

fn parse(written: &Written, status: i32) -> Value {
    let output = image().arg("inspect").arg(written.layout()).arg("--json").output().unwrap();
    assert_eq!(output.status.code(), Some(status), "{output:?}");
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn the_tree_shows_platforms_configs_and_layers() {
    let mut fixture = Fixture::new();
    let settings = &mut fixture.first().config["config"];
    settings["Cmd"] = json!(["--config", "a b"]);
    settings["Env"] = json!(["A=1", "B=2"]);
    settings["ExposedPorts"] = json!({"8080/tcp": {}, "53/udp": {}});
    settings["WorkingDir"] = json!("/home");
    fixture.index_json =
        |index| index["manifests"][0]["annotations"] = json!({"org.opencontainers.image.ref.name": "v1.2.3"});
    let written = fixture.write();
    let text = text(&written, 0);
    let [manifest, config, base, service] = &written.digests[0];
    for line in [
        "    tags         org.opencontainers.image.ref.name=v1.2.3\n".to_owned(),
        format!("    image linux/amd64 {manifest} ("),
        format!("      config       {config} ("),
        "      user         65532\n".to_owned(),
        "      workdir      /home\n".to_owned(),
        "      entrypoint   [\"/api\"]\n".to_owned(),
        "      cmd          [\"--config\",\"a b\"]\n".to_owned(),
        "      env          A=1\n                   B=2\n".to_owned(),
        "      ports        53/udp\n                   8080/tcp\n".to_owned(),
        format!("      layer 1 {base}  gzip  "),
        format!("      layer 2 {service}  gzip  "),
        " 1 entry\n".to_owned(),
        "        created by   bazel build //:service\n".to_owned(),
        "    image linux/arm64 sha256:".to_owned(),
    ] {
        assert!(text.contains(&line), "{line:?} is not in\n{text}");
    }
}

#[test]
fn columns_are_aligned() {
    let text = text(&Fixture::new().write(), 0);
    let layers: Vec<_> = text.lines().filter(|line| line.trim_start().starts_with("layer ")).collect();
    let unpacked = |line: &str| line.find(" unpacked").unwrap();
    assert_eq!(unpacked(layers[0]), unpacked(layers[1]));
}

#[test]
fn the_json_is_complete() {
    let written = Fixture::new().write();
    let inspection = parse(&written, 0);
    let index = &inspection["manifests"][0];
    assert_eq!(index["kind"], "index");
    assert_eq!(index["media_type"], INDEX);
    let image = &index["manifests"][1];
    assert_eq!(image["kind"], "image");
    assert_eq!(image["platform"], "linux/arm64");
    assert_eq!(image["declared_platform"], "linux/arm64");
    assert_eq!(image["digest"], json!(written.digests[1][0]));
    assert_eq!(image["config"]["digest"], json!(written.digests[1][1]));
    assert_eq!(image["config"]["entrypoint"], json!(["/api"]));
    assert_eq!(image["config"]["user"], "65532");
    assert_eq!(image["config"]["created"], "1970-01-01T00:00:00Z");
    assert_eq!(image["config"]["labels"]["org.opencontainers.image.title"], "api");
    let layer = &image["layers"][1];
    assert_eq!(layer["compression"], "gzip");
    assert_eq!(layer["entries"], 1);
    assert_eq!(layer["created_by"], "bazel build //:service");
    assert_eq!(layer["diff_id"], layer["declared_diff_id"]);
    assert_eq!(layer["uncompressed_size"].as_u64().unwrap() % 512, 0);
    let size = fs::metadata(written.blob(&written.digests[1][3])).unwrap().len();
    assert_eq!(layer["size"], json!(size));
    let sum: u64 = image["layers"].as_array().unwrap().iter().map(|layer| layer["size"].as_u64().unwrap()).sum();
    let documents = image["size"].as_u64().unwrap() + image["config"]["size"].as_u64().unwrap();
    assert_eq!(image["total_size"], json!(sum + documents));
}

#[test]
fn indexes_in_indexes_are_followed() {
    let written = Fixture::new().write();
    let top: Value = serde_json::from_slice(&fs::read(written.layout().join("index.json")).unwrap()).unwrap();
    let outer = json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": top["manifests"]});
    let outer = put(&written.layout(), INDEX, &serde_json::to_vec(&outer).unwrap());
    write_top(&written.layout(), &json!({"manifests": [outer]}));
    let image = &parse(&written, 0)["manifests"][0]["manifests"][0]["manifests"][0];
    assert_eq!(image["platform"], "linux/amd64");
}

#[test]
fn what_is_broken_is_shown_and_told() {
    let mut fixture = Fixture::new();
    fixture.after = |written| {
        fs::remove_file(written.service_layer()).unwrap();
        fs::write(written.blob(&written.digests[1][0]), "{}").unwrap();
    };
    let written = fixture.write();
    let index = &parse(&written, 2)["manifests"][0];
    let problem = index["manifests"][0]["layers"][1]["problem"].as_str().unwrap();
    assert!(problem.starts_with("cannot read "), "{problem}");
    assert_eq!(index["manifests"][0]["total_uncompressed_size"], json!(null));
    assert_eq!(index["manifests"][1]["kind"], "unreadable");
    let text = text(&written, 2);
    assert!(text.contains("    unreadable sha256:"), "{text}");
    assert!(text.contains("        problem      cannot read "), "{text}");
}

#[test]
fn control_characters_are_escaped() {
    let mut fixture = Fixture::new();
    fixture.first().config["config"]["Labels"] = json!({"a": "\u{1b}[2J\nuser 0"});
    let text = text(&fixture.write(), 0);
    assert!(text.contains("labels       a=\\u{1b}[2J\\nuser 0\n"), "{text}");
}

#[test]
fn a_folder_that_is_no_layout_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let output = image().arg("inspect").arg(folder.path()).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let expected =
        format!("error: `{}` is not an OCI image layout: `oci-layout` is missing\n", folder.path().display());
    assert_eq!(String::from_utf8(output.stderr).unwrap(), expected);
}
