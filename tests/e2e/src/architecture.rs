//! The binaries of the image run on the architecture that their manifest names: one as it is, one by an emulator.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use serde_json::json;

use crate::service::{self, Service};
use crate::{http, workspace};

#[test]
fn the_amd64_image_holds_a_service_for_amd64() {
    assert_serves("amd64", &["./api"]);
}

#[test]
fn the_arm64_image_holds_a_service_for_arm64() {
    assert_serves("arm64", &["qemu-aarch64", "./api"]);
}

/// Takes the one file of the image's last layer, starts it, and asks it what it is.
fn assert_serves(architecture: &str, start: &[&str]) {
    let image = workspace::image();
    let layer = image.layers(architecture).pop().expect("a layer");
    let mut entries = image.entries(&layer);
    assert_eq!(entries.len(), 1, "{entries:?}");
    let binary = entries.remove(0);
    assert_eq!((binary.path.to_str(), binary.mode & 0o7777, binary.user), (Some("api"), 0o755, 0));

    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("api");
    fs::write(&path, binary.content).expect("written");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("set");
    fs::write(folder.path().join("unkey.toml"), service::config("127.0.0.1:0")).expect("written");

    let service = Service::start(folder.path(), &[start, &["--config", "unkey.toml"]].concat());
    let version = http::json(&service.address, "/version");
    assert_eq!((&version["service"], &version["architecture"]), (&json!("api"), &json!(architecture)));
    assert_eq!(http::json(&service.address, "/health/ready"), json!({"status": "ready"}));
    assert_eq!(service.terminate(), Some(0));
}
