//! `image_build assemble`: layers, valid ones in every compression and broken ones in every way.

use std::fs;
use std::path::Path;

use oci::digest;

use crate::image_build;
use crate::layouts::{Documents, Fixture, blob_path, completed, documents, gzip, tar, zstd};

const SCRATCH: [&str; 5] = ["assemble", "--os", "linux", "--architecture", "amd64"];

/// An image of these layers, each with the label `//:<position>`.
fn image_of(fixture: &Fixture, layers: &[&[u8]]) -> Documents {
    let mut command = image_build();
    command.args(SCRATCH).arg("--output").arg(fixture.path("output"));
    for (position, layer) in layers.iter().enumerate() {
        let path = fixture.file(&format!("layer{position}"), layer);
        command.args(["--layer", &path, "--created-by", &format!("//:{position}")]);
    }
    command.assert().success();
    documents(&fixture.path("output"))
}

/// What the tool says about a layer that it refuses, without the folder.
fn refused(bytes: &[u8]) -> String {
    let fixture = Fixture::new();
    let path = fixture.file("layer", bytes);
    let assert = image_build()
        .args(SCRATCH)
        .args(["--layer", &path, "--created-by", "//some:label", "--output"])
        .arg(fixture.path("output"))
        .assert()
        .code(2)
        .stdout("");
    assert!(!fixture.path("output").exists());
    String::from_utf8_lossy(&assert.get_output().stderr).replace(&path, "LAYER")
}

fn descriptor(bytes: &[u8], media_type: &str) -> String {
    format!(
        "    {{\n      \"size\": {},\n      \"digest\": \"{}\",\n      \"mediaType\": \"{media_type}\"\n    }}",
        bytes.len(),
        digest::of_bytes(bytes)
    )
}

#[test]
fn the_media_type_follows_the_content() {
    let fixture = Fixture::new();
    let plain = tar("a", b"content");
    let (gzipped, zstded) = (gzip(&plain), zstd(&plain));
    let documents = image_of(&fixture, &[&plain, &gzipped, &zstded]);
    let layers = [
        descriptor(&plain, "application/vnd.oci.image.layer.v1.tar"),
        descriptor(&gzipped, "application/vnd.oci.image.layer.v1.tar+gzip"),
        descriptor(&zstded, "application/vnd.oci.image.layer.v1.tar+zstd"),
    ];
    assert!(documents.manifest.contains(&layers.join(",\n")), "{}", documents.manifest);
    assert_eq!(documents.config.matches(digest::of_bytes(&plain).as_ref()).count(), 3);
    let history: Vec<usize> =
        (0..3).map(|position| documents.config.find(&format!("bazel build //:{position}")).unwrap()).collect();
    assert!(history.is_sorted());
}

#[test]
fn docker_bases_get_docker_layers() {
    let fixture = Fixture::new();
    let template = concat!(
        r#"{"schemaVersion":2,"mediaType":"application/vnd.docker.distribution.manifest.v2+json","#,
        r#""config":{"mediaType":"application/vnd.docker.container.image.v1+json","#,
        r#""digest":"CONFIG_DIGEST","size":CONFIG_SIZE},"layers":[LAYERS]}"#
    );
    let base = fixture.base_with_manifest(template, &completed("{}", &[]), &[]);
    let plain = tar("a", b"content");
    let mut command = image_build();
    command.args(["assemble", "--base", &base, "--output"]).arg(fixture.path("output"));
    for (name, bytes) in [("plain", plain.clone()), ("gzip", gzip(&plain)), ("zstd", zstd(&plain))] {
        command.args(["--layer", &fixture.file(name, bytes), "--created-by", name]);
    }
    command.assert().success();
    let documents = documents(&fixture.path("output"));
    for suffix in ["", ".gzip", ".zstd"] {
        let media_type = format!("\"application/vnd.docker.image.rootfs.diff.tar{suffix}\"");
        assert!(documents.manifest.contains(&media_type), "{}", documents.manifest);
    }
    assert!(documents.index.contains("\"application/vnd.docker.distribution.manifest.v2+json\""));
    assert!(documents.config.find("rootfs").unwrap() < documents.config.find("history").unwrap());
}

#[test]
fn members_and_frames_of_any_writer_are_one_layer() {
    let plain = tar("a", &vec![b'x'; 700_000]);
    let (first, second) = plain.split_at(300_001);
    let skippable = [0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3];
    let cases = [
        [gzip(first), gzip(second), gzip(b"")].concat(),
        [zstd(first), zstd(second)].concat(),
        [skippable.to_vec(), zstd(&plain), skippable.to_vec()].concat(),
        image_build().arg("compress").write_stdin(plain.clone()).assert().success().get_output().stdout.clone(),
    ];
    for layer in cases {
        let fixture = Fixture::new();
        let documents = image_of(&fixture, &[&layer]);
        assert!(documents.config.contains(digest::of_bytes(&plain).as_ref()));
        assert!(documents.manifest.contains(digest::of_bytes(&layer).as_ref()));
    }
}

#[test]
fn an_empty_archive_is_a_layer() {
    let fixture = Fixture::new();
    let documents = image_of(&fixture, &[&[0; 10240], &gzip(&[0; 1024])]);
    assert!(documents.config.contains("sha256:84ff92691f909a05b224e1c56abb4864f01b4f8e3c854e4bb4c7baf1d3f6d652"));
}

#[test]
fn many_layers_keep_their_order() {
    let fixture = Fixture::new();
    let layers: Vec<Vec<u8>> = (0..40_usize).map(|number| gzip(&tar("n", &vec![1; number * 9973]))).collect();
    let documents = image_of(&fixture, &layers.iter().map(Vec::as_slice).collect::<Vec<_>>());
    let places: Vec<usize> =
        layers.iter().map(|layer| documents.manifest.find(digest::of_bytes(layer).as_ref()).unwrap()).collect();
    assert!(places.is_sorted());
}

#[test]
fn the_same_content_twice_is_two_layers_and_one_blob() {
    let fixture = Fixture::new();
    let layer = tar("a", b"");
    let documents = image_of(&fixture, &[&layer, &layer]);
    let digest = digest::of_bytes(&layer);
    assert_eq!(documents.manifest.matches(digest.as_ref()).count(), 2);
    assert_eq!(documents.config.matches(digest.as_ref()).count(), 2);
    let link = fs::read_link(blob_path(&fixture.path("output"), digest.as_ref())).unwrap();
    assert_eq!(link, Path::new("../../../layer1"));
}

#[test]
fn what_is_no_whole_layer_is_refused() {
    const NOT_A_TAR: &str = "layer `LAYER` is not a tar archive, neither plain nor compressed with gzip or zstd\n";
    const EMPTY: &str = "layer `LAYER` is empty, which not even an empty tar archive is\n";
    let tar = tar("a", &(0..200_000_u32).flat_map(u32::to_le_bytes).collect::<Vec<_>>());
    let text = b"#!/bin/sh\n".repeat(100);
    let mut cases = vec![
        (text.clone(), NOT_A_TAR.to_owned()),
        (b"short".to_vec(), NOT_A_TAR.to_owned()),
        (gzip(&gzip(&tar)), NOT_A_TAR.to_owned()),
        (Vec::new(), EMPTY.to_owned()),
    ];
    for (compress, name) in [(gzip as fn(&[u8]) -> Vec<u8>, "gzip"), (zstd, "zstd")] {
        let layer = compress(&tar);
        let (middle, end) = (layer.len() / 2, layer.len());
        let cut = [5, 100, middle, end - 1].map(|length| layer[..length].to_vec());
        let damaged = [middle, end - 3].map(|place| {
            let mut damaged = layer.clone();
            damaged[place] ^= 0x55;
            damaged
        });
        let longer = [&b"garbage"[..], b"\0", b"\x1f", &[0; 512]].map(|garbage| [&layer, garbage].concat());
        let corrupt = cut.into_iter().chain(damaged).chain(longer);
        cases.extend(corrupt.map(|bytes| (bytes, format!("layer `LAYER` is not one whole {name} file: "))));
        cases.extend([(compress(&text), NOT_A_TAR.to_owned()), (compress(b""), EMPTY.to_owned())]);
    }
    for (bytes, expected) in cases {
        let stderr = refused(&bytes);
        let expected = format!("error: cannot add the layer from `//some:label`: {expected}");
        assert!(stderr.starts_with(&expected), "{} bytes: {stderr}", bytes.len());
    }
}

#[test]
fn a_missing_layer_is_refused() {
    let fixture = Fixture::new();
    let assert = image_build()
        .args(SCRATCH)
        .args(["--layer", "no/such.tar", "--created-by", "//some:label", "--output"])
        .arg(fixture.path("output"))
        .assert()
        .code(2);
    let stderr = String::from_utf8_lossy(&assert.get_output().stderr).into_owned();
    let start = "error: cannot add the layer from `//some:label`: cannot read layer `no/such.tar`: ";
    assert!(stderr.starts_with(start), "{stderr}");
}

#[test]
fn every_layer_needs_a_label() {
    let fixture = Fixture::new();
    let layer = fixture.file("layer", tar("a", b""));
    image_build()
        .args(SCRATCH)
        .args(["--layer", &layer, "--layer", &layer, "--created-by", "//x", "--output"])
        .arg(fixture.path("output"))
        .assert()
        .code(2)
        .stderr("error: there are 2 `--layer` and 1 `--created-by`, each layer needs one label\n");
}
