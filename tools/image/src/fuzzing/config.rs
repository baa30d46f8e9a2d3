//! Configs and manifests of a base: parsed in order, changed, printed, and read back.

use std::path::PathBuf;

use oci_spec::image::ImageConfiguration;
use serde_json::Value;

use crate::check;
use crate::fuzzing::scratch::{LayoutFolder, Scratch};
use image_build::assemble::{BaseSource, Request, Settings, assemble};
use oci::content::Content;
use oci::json;
use oci::layout::count_values;
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
        base: BaseSource::Layout(folder.path()),
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

/// What is printed parses, and has as many values.
fn reprint(bytes: &[u8]) {
    let Ok(value) = serde_json::from_slice::<Value>(bytes) else { return };
    let printed = json::to_string(&value);
    let again: Value = serde_json::from_str(&printed).expect("what is printed parses");
    assert_eq!(count_values(json::to_string(&again).as_bytes()), count_values(printed.as_bytes()));
}
