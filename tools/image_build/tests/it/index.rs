//! `image_build index`: platforms, annotations, blobs and bad images. The golden cases are in `assemble`.

use std::fs;
use std::path::Path;

use crate::image_build;
use crate::layouts::{Fixture, documents, files, tar};

/// An image with this config in its own fixture.
fn image_with(config: &str) -> (Fixture, String) {
    let fixture = Fixture::new();
    let path = fixture.base(config, &[&tar("a", b"shared")]);
    (fixture, path)
}

#[test]
fn the_platform_is_what_the_config_says() {
    let (first, first_path) = image_with(
        r#"{"os.features":["f"],"variant":"v8","os.version":"10.0","architecture":"arm64","os":"linux","author":"x"}"#,
    );
    let (_second, second_path) = image_with(r#"{"os":"linux","variant":null,"architecture":"amd64"}"#);
    let output = first.path("output");
    image_build()
        .args(["index", "--image", &first_path, "--image", &second_path, "--output"])
        .arg(&output)
        .assert()
        .success();
    let manifest: serde_json::Value = serde_json::from_str(&documents(&output).manifest).unwrap();
    let platform = |position: usize| manifest["manifests"][position]["platform"].to_string();
    assert_eq!(
        platform(0),
        r#"{"os":"linux","architecture":"arm64","variant":"v8","os.version":"10.0","os.features":["f"]}"#
    );
    assert_eq!(platform(1), r#"{"os":"linux","architecture":"amd64"}"#);
    // Index manifest, two manifests, two configs, one layer that both have.
    assert_eq!(fs::read_dir(output.join("blobs/sha256")).unwrap().count(), 6);
}

#[test]
fn a_platform_in_the_image_s_own_index_is_replaced_in_its_place() {
    let (fixture, path) = image_with(r#"{"os":"linux","architecture":"amd64"}"#);
    let index = Path::new(&path).join("index.json");
    let text = fs::read_to_string(&index).unwrap();
    fs::write(
        &index,
        text.replace(r#""digest":"#, r#""platform":{"os":"x","architecture":"y"},"annotations":{"a":"b"},"digest":"#),
    )
    .unwrap();
    image_build().args(["index", "--image", &path, "--output"]).arg(fixture.path("output")).assert().success();
    let manifest: serde_json::Value = serde_json::from_str(&documents(&fixture.path("output")).manifest).unwrap();
    let entry = manifest["manifests"][0].to_string();
    let start = concat!(
        r#"{"mediaType":"application/vnd.oci.image.manifest.v1+json","#,
        r#""platform":{"os":"linux","architecture":"amd64"},"annotations":{"a":"b"},"digest":"#
    );
    assert!(entry.starts_with(start), "{entry}");
}

#[test]
fn blobs_are_copied_out_of_links() {
    let (fixture, path) = image_with(r#"{"os":"linux","architecture":"amd64"}"#);
    let linked = fixture.path("linked");
    image_build().args(["assemble", "--base", &path, "--output"]).arg(&linked).assert().success();
    for blobs in ["copy", "link"] {
        image_build()
            .args(["index", "--blobs", blobs, "--image"])
            .arg(&linked)
            .arg("--output")
            .arg(fixture.path(blobs))
            .assert()
            .success();
    }
    assert_eq!(files(&fixture.path("copy")), files(&fixture.path("link")));
    let entries = fs::read_dir(fixture.path("copy/blobs/sha256")).unwrap();
    assert!(entries.into_iter().all(|blob| blob.unwrap().file_type().unwrap().is_file()));
}

#[test]
fn annotations_come_last_and_an_empty_file_makes_empty_ones() {
    for (text, expected) in
        [("b=2\na=x=y\nb=3", "\"annotations\": {\n    \"b\": \"3\",\n    \"a\": \"x=y\"\n  }\n}\n"), {
            ("", "\"annotations\": {}\n}\n")
        }]
    {
        let (fixture, path) = image_with(r#"{"os":"linux","architecture":"amd64"}"#);
        let annotations = fixture.file("annotations", text);
        image_build()
            .args(["index", "--image", &path, "--annotations", &annotations, "--output"])
            .arg(fixture.path("output"))
            .assert()
            .success();
        let manifest = documents(&fixture.path("output")).manifest;
        assert!(manifest.ends_with(expected), "{manifest}");
    }
}

#[test]
fn bad_images_are_named() {
    let (fixture, path) = image_with(r#"{"os":"linux","architecture":"amd64"}"#);
    let output = fixture.path("output");
    let missing = fixture.path("missing").display().to_string();
    image_build()
        .args(["index", "--image", &path, "--image", &missing, "--output"])
        .arg(&output)
        .assert()
        .code(2)
        .stderr(format!(
            "error: cannot use image `{missing}`: `{missing}` is not an OCI image layout: `oci-layout` is missing\n"
        ));
    assert!(!output.exists());
    image_build().args(["index", "--image", &path, "--output"]).arg(&output).assert().success();
    let nested = output.display().to_string();
    image_build()
        .args(["index", "--image", &nested, "--output"])
        .arg(fixture.path("second"))
        .assert()
        .code(2)
        .stderr(format!("error: `{nested}` is an image index, not an image: indexes are not nested\n"));
}
