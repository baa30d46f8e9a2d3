//! Configs and manifests of a base: parsed in order, changed, printed, and read back.

use std::path::PathBuf;

use oci_spec::image::ImageConfiguration;

use crate::check;
use crate::fuzzing::scratch::{LayoutFolder, Scratch};
use image_build::assemble::{Origin, Request, Settings, assemble};
use oci::content::Content;
use oci::json::Json;
use oci::layout_writer::Blobs;
use registry::fuzzing::pieces;

/// The config, the manifest with `$0` for the config's digest and size, and an environment file.
pub fn config(bytes: &[u8]) {
    let pieces = pieces(bytes, 3);
    for piece in &pieces {
        reprint(piece);
    }
    let [config, manifest, rest @ ..] = pieces.as_slice() else { return };
    let mut folder = LayoutFolder::new();
    let members = folder.blob(config);
    let manifest = String::from_utf8_lossy(manifest).replace("$0", &members);
    let manifest = folder.blob(manifest.as_bytes());
    let index = format!(
        r#"{{"schemaVersion":2,"manifests":[{{"mediaType":"application/vnd.oci.image.manifest.v1+json",{manifest}}}]}}"#
    );
    folder.finish(index.as_bytes());
    let is_config = serde_json::from_slice::<ImageConfiguration>(config).is_ok();
    let can_be_pushed = Content::open(folder.path()).is_ok() && is_config;
    let settings = Scratch::new();
    let output = folder.beside("output");
    let request = Request {
        output: output.clone(),
        origin: Origin::Base(folder.path()),
        layers: Vec::new(),
        settings: files(&settings, rest.first().copied().unwrap_or_default()),
        blobs: Blobs::Link,
    };
    drop(check::check(&folder.path(), None));
    if assemble(&request).is_ok() && can_be_pushed {
        Content::open(output).expect("an image on a sound base is sound");
    }
}

fn files(scratch: &Scratch, env: &[u8]) -> Settings {
    let file = |name, bytes: &[u8]| -> Option<PathBuf> { Some(scratch.write(name, bytes)) };
    Settings {
        entrypoint: file("entrypoint", b"/api\n"),
        env: file("env", env),
        labels: file("labels", b"org.opencontainers.image.title=api\n"),
        annotations: file("annotations", b"a=b\n"),
        exposed_ports: file("ports", b"7070/tcp"),
        user: Some("65532".to_owned()),
        ..Settings::default()
    }
}

/// What is printed parses; and from the second time on, for `jq` prints a number beyond all doubles in two ways, it is
/// printed the same.
fn reprint(bytes: &[u8]) {
    let Ok(value) = serde_json::from_slice::<Json>(bytes) else { return };
    let again = |text: &str| serde_json::from_str::<Json>(text).expect("what is printed parses").to_string();
    let second = again(&value.to_string());
    assert_eq!(again(&second), second);
}
