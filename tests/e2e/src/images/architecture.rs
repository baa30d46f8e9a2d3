//! The binaries of every service's image run on the architecture that their manifest names: one as it is, one by an
//! emulator.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use serde_json::json;

use crate::http;
use crate::layout::Layout;
use crate::releases::monorepo::SERVICES;
use crate::service::Setup;
use crate::workspace::Workspace;

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
    let running = Setup::local(service, &path).run_by(emulator).start();
    let version = http::json(&running.address, "/version");
    assert_eq!((&version["service"], &version["architecture"]), (&json!(service), &json!(architecture)));
    assert_eq!(http::json(&running.address, "/health/live"), json!({"status": "live"}));
    assert_eq!(running.terminate(), Some(0), "{service} on {architecture}");
}
