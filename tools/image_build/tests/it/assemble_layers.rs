//! `image_build assemble`: layers, valid ones in every compression and broken ones in every way.

use std::fs;
use std::path::Path;

use oci::digest;

use crate::image_build;
use crate::layouts::{Documents, Workshop, blob_path, completed, documents, gzip, tar, zstd};

const SCRATCH: [&str; 5] = ["assemble", "--os", "linux", "--architecture", "amd64"];

/// An image of these layers, each with the label `//:<position>`.
fn image_of(workshop: &Workshop, layers: &[&[u8]]) -> Documents {
    let mut command = image_build();
    command.args(SCRATCH).arg("--output").arg(workshop.path("output"));
    for (position, layer) in layers.iter().enumerate() {
        let path = workshop.file(&format!("layer{position}"), layer);
        command.args(["--layer", &path, "--created-by", &format!("//:{position}")]);
    }
    command.assert().success();
    documents(&workshop.path("output"))
}

/// What the tool says about a layer that it refuses, without the folder.
fn refused(bytes: &[u8]) -> String {
    let workshop = Workshop::new();
    let path = workshop.file("layer", bytes);
    let assert = image_build()
        .args(SCRATCH)
        .args(["--layer", &path, "--created-by", "//some:label", "--output"])
        .arg(workshop.path("output"))
        .assert()
        .code(2)
        .stdout("");
    assert!(!workshop.path("output").exists());
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
    let workshop = Workshop::new();
    let plain = tar("a", b"content");
    let (gzipped, zstded) = (gzip(&plain), zstd(&plain));
    let documents = image_of(&workshop, &[&plain, &gzipped, &zstded]);
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
    let workshop = Workshop::new();
    let template = concat!(
        r#"{"schemaVersion":2,"mediaType":"application/vnd.docker.distribution.manifest.v2+json","#,
        r#""config":{"mediaType":"application/vnd.docker.container.image.v1+json","#,
        r#""digest":"CONFIG_DIGEST","size":CONFIG_SIZE},"layers":[LAYERS]}"#
    );
    let base = workshop.base_with_manifest(template, &completed("{}", &[]), &[]);
    let plain = tar("a", b"content");
    let mut command = image_build();
    command.args(["assemble", "--base", &base, "--output"]).arg(workshop.path("output"));
    for (name, bytes) in [("plain", plain.clone()), ("gzip", gzip(&plain)), ("zstd", zstd(&plain))] {
        command.args(["--layer", &workshop.file(name, bytes), "--created-by", name]);
    }
    command.assert().success();
    let documents = documents(&workshop.path("output"));
    for suffix in ["", ".gzip", ".zstd"] {
        let media_type = format!("\"application/vnd.docker.image.rootfs.diff.tar{suffix}\"");
        assert!(documents.manifest.contains(&media_type), "{}", documents.manifest);
    }
    assert!(documents.index.contains("\"application/vnd.docker.distribution.manifest.v2+json\""));
    assert!(documents.config.find("rootfs").unwrap() < documents.config.find("history").unwrap());
}

#[test]
fn several_members_and_frames_are_one_layer() {
    let plain = tar("a", &vec![b'x'; 700_000]);
    let (first, second) = plain.split_at(300_001);
    let skippable = [0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3];
    let cases = [
        [gzip(first), gzip(second), gzip(b"")].concat(),
        [zstd(first), zstd(second)].concat(),
        [skippable.to_vec(), zstd(&plain), skippable.to_vec()].concat(),
    ];
    for layer in cases {
        let workshop = Workshop::new();
        let documents = image_of(&workshop, &[&layer]);
        assert!(documents.config.contains(digest::of_bytes(&plain).as_ref()));
        assert!(documents.manifest.contains(digest::of_bytes(&layer).as_ref()));
    }
}

#[test]
fn an_empty_archive_is_a_layer() {
    let workshop = Workshop::new();
    let documents = image_of(&workshop, &[&[0; 10240], &gzip(&[0; 1024])]);
    assert!(documents.config.contains("sha256:84ff92691f909a05b224e1c56abb4864f01b4f8e3c854e4bb4c7baf1d3f6d652"));
}

#[test]
fn many_layers_keep_their_order() {
    let workshop = Workshop::new();
    let layers: Vec<Vec<u8>> = (0..40_usize).map(|number| gzip(&tar("n", &vec![1; number * 9973]))).collect();
    let documents = image_of(&workshop, &layers.iter().map(Vec::as_slice).collect::<Vec<_>>());
    let places: Vec<usize> =
        layers.iter().map(|layer| documents.manifest.find(digest::of_bytes(layer).as_ref()).unwrap()).collect();
    assert!(places.is_sorted());
}

#[test]
fn the_same_content_twice_is_two_layers_and_one_blob() {
    let workshop = Workshop::new();
    let layer = tar("a", b"");
    let documents = image_of(&workshop, &[&layer, &layer]);
    let digest = digest::of_bytes(&layer);
    assert_eq!(documents.manifest.matches(digest.as_ref()).count(), 2);
    assert_eq!(documents.config.matches(digest.as_ref()).count(), 2);
    let link = fs::read_link(blob_path(&workshop.path("output"), digest.as_ref())).unwrap();
    assert_eq!(link, Path::new("../../../layer1"));
}

#[test]
fn a_layer_that_is_cut_short_is_refused() {
    let whole = tar("a", &(0..200_000_u32).flat_map(u32::to_le_bytes).collect::<Vec<_>>());
    for (layer, compression) in [(gzip(&whole), "gzip"), (zstd(&whole), "zstd")] {
        for length in [5, 100, layer.len() / 2, layer.len() - 1] {
            let stderr = refused(&layer[..length]);
            let start = format!(
                "error: cannot add the layer from `//some:label`: layer `LAYER` is not one whole {compression} file: "
            );
            assert!(stderr.starts_with(&start), "{length}: {stderr}");
        }
    }
}

#[test]
fn a_damaged_layer_is_refused() {
    let whole = tar("a", &(0..200_000_u32).flat_map(u32::to_le_bytes).collect::<Vec<_>>());
    for (layer, compression) in [(gzip(&whole), "gzip"), (zstd(&whole), "zstd")] {
        for place in [layer.len() / 2, layer.len() - 3] {
            let mut damaged = layer.clone();
            damaged[place] ^= 0x55;
            let stderr = refused(&damaged);
            assert!(stderr.contains(&format!("`LAYER` is not one whole {compression} file: ")), "{place}: {stderr}");
        }
    }
}

#[test]
fn garbage_after_the_end_is_refused() {
    let plain = tar("a", b"");
    for (layer, compression) in [(gzip(&plain), "gzip"), (zstd(&plain), "zstd")] {
        for garbage in [b"garbage".as_slice(), b"\0", b"\x1f", &[0; 512]] {
            let stderr = refused(&[layer.as_slice(), garbage].concat());
            assert!(stderr.contains(&format!("`LAYER` is not one whole {compression} file: ")), "{stderr}");
        }
    }
}

#[test]
fn what_is_no_tar_is_refused() {
    let text = b"#!/bin/sh\n".repeat(100);
    for layer in [text.clone(), gzip(&text), zstd(&text), b"short".to_vec(), gzip(&gzip(&tar("a", b"")))] {
        assert_eq!(
            refused(&layer),
            "error: cannot add the layer from `//some:label`: layer `LAYER` is not a tar archive, neither plain nor \
             compressed with gzip or zstd\n"
        );
    }
}

#[test]
fn nothing_at_all_is_refused() {
    for layer in [Vec::new(), gzip(b""), zstd(b"")] {
        assert_eq!(
            refused(&layer),
            "error: cannot add the layer from `//some:label`: layer `LAYER` is empty, which not even an empty tar \
             archive is\n"
        );
    }
}

#[test]
fn a_missing_layer_is_refused() {
    let workshop = Workshop::new();
    let assert = image_build()
        .args(SCRATCH)
        .args(["--layer", "no/such.tar", "--created-by", "//some:label", "--output"])
        .arg(workshop.path("output"))
        .assert()
        .code(2);
    let stderr = String::from_utf8_lossy(&assert.get_output().stderr).into_owned();
    let start = "error: cannot add the layer from `//some:label`: cannot read layer `no/such.tar`: ";
    assert!(stderr.starts_with(start), "{stderr}");
}

#[test]
fn every_layer_needs_a_label() {
    let workshop = Workshop::new();
    let layer = workshop.file("layer", tar("a", b""));
    image_build()
        .args(SCRATCH)
        .args(["--layer", &layer, "--layer", &layer, "--created-by", "//x", "--output"])
        .arg(workshop.path("output"))
        .assert()
        .code(2)
        .stderr("error: there are 2 `--layer` and 1 `--created-by`, each layer needs one label\n");
}

/// What `image_build compress` makes of these bytes.
fn compressed(bytes: &[u8]) -> Vec<u8> {
    image_build().arg("compress").write_stdin(bytes).assert().success().get_output().stdout.clone()
}

#[test]
fn what_compress_writes_is_measured_like_any_other_layer() {
    let plain = tar("a", b"content");
    let layer = compressed(&plain);
    let documents = image_of(&Workshop::new(), &[&layer]);
    assert!(documents.config.contains(digest::of_bytes(&plain).as_ref()), "{}", documents.config);
    assert!(documents.manifest.contains(digest::of_bytes(&layer).as_ref()), "{}", documents.manifest);
}
