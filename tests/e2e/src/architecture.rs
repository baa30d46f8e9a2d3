//! The binaries of every service's image run on the architecture that their manifest names: one as it is, one by an
//! emulator.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use serde_json::json;

use crate::http;
use crate::layout::Layout;
use crate::monorepo::SERVICES;
use crate::service::Service;
use crate::workspace::{self, Workspace};

/// How a program is started that is made for an architecture.
const EMULATORS: [(&str, &[&str]); 2] = [("amd64", &[]), ("arm64", &["qemu-aarch64"])];

#[test]
fn every_image_holds_a_service_for_each_architecture() {
    for service in SERVICES {
        let image = Layout::open(&Workspace::own().build(&[], &format!("//build/{service}:image")));
        for (architecture, emulator) in EMULATORS {
            assert_serves(&image, service, architecture, emulator);
        }
    }
}

/// Takes the one file of the image's last layer, starts it, and asks it what it is.
fn assert_serves(image: &Layout, service: &str, architecture: &str, emulator: &[&str]) {
    let layer = image.layers(architecture).pop().expect("a layer");
    let mut entries = image.entries(&layer);
    assert_eq!(entries.len(), 1, "{entries:?}");
    let binary = entries.remove(0);
    assert_eq!((binary.path.to_str(), binary.mode & 0o7777, binary.user), (Some(service), 0o755, 0));

    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join(service);
    fs::write(&path, binary.content).expect("written");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("set");
    fs::write(folder.path().join("unkey.toml"), local_config(service, folder.path())).expect("written");

    let program = format!("./{service}");
    let line = [emulator, &[program.as_str(), "--config", "unkey.toml"]].concat();
    let running = Service::start_with(folder.path(), &line, &local_environment());
    let version = http::json(&running.address, "/version");
    assert_eq!((&version["service"], &version["architecture"]), (&json!(service), &json!(architecture)));
    assert_eq!(http::json(&running.address, "/health/live"), json!({"status": "live"}));
    assert_eq!(running.terminate(), Some(0), "{service} on {architecture}");
}

/// The configuration of the local environment, on a free port, with its state in `folder`.
fn local_config(service: &str, folder: &Path) -> String {
    let file = workspace::root().join("dev/config").join(format!("{service}.toml"));
    let text = fs::read_to_string(&file).unwrap_or_else(|error| panic!("`{}`: {error}", file.display()));
    let lines = text.lines().map(|line| match line.split(" = ").next() {
        Some("listen") => "listen = \"127.0.0.1:0\"".to_owned(),
        Some("store") => format!("store = \"{}\"", folder.join("state").display()),
        _ => line.to_owned(),
    });
    let settings = "logging = { format = \"json\" }".to_owned();
    [settings].into_iter().chain(lines).collect::<Vec<_>>().join("\n")
}

/// The secrets of the local environment.
fn local_environment() -> Vec<(String, String)> {
    let file = workspace::root().join("dev/config/local.env");
    let text = fs::read_to_string(&file).unwrap_or_else(|error| panic!("`{}`: {error}", file.display()));
    let pairs = text.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once('='));
    pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}
