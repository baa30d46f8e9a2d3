//! Disks that take nothing: full at the start, full later, and read-only.
//!
//! The service is started in a mount namespace of its own, where its folder is on the disk that the test needs. That
//! takes a kernel that lets this user make one; where it does not, these tests fail.

use std::fs;
use std::io::Write as _;
use std::path::Path;

use parts::http::Caller;
use parts::service::Setup;
use serde_json::{Value, json};

use crate::kill::NOW;
use crate::neighbours::{TOKEN, setup};
use crate::state::{assert_refused, keepers, used};

/// The same service with `folder` on a disk of its own: `on-disk` says which kinds there are.
fn on_disk(kind: &str, size: &str, setup: Setup, folder: &str) -> Setup {
    let tool = parts::program!("on-disk").display().to_string();
    let folder = setup.path(folder).display().to_string();
    setup.run_by(&["unshare", "--map-root-user", "--mount", &tool, kind, size, &folder])
}

#[test]
fn a_full_disk_is_refused_and_left_as_it_is() {
    for service in keepers() {
        let setup = setup(&service);
        fs::create_dir(setup.path("state")).expect("made");
        assert_refused(on_disk("full", "512k", setup, "state"), "the disk is full", "make room on the disk of `");
        let setup = on_disk("full", "8m", used(&service), "state");
        assert_refused(setup, "the disk is full", "make room on the disk of `");
    }
}

#[test]
fn a_read_only_folder_is_refused_and_left_as_it_is() {
    let reason = "the file system refuses it: Read-only file system";
    for service in keepers() {
        assert_refused(on_disk("read-only", "8m", used(&service), "state"), reason, "make `");
        // One that would have to be made.
        assert_refused(on_disk("read-only", "8m", setup(&service), ""), reason, "make `");
    }
}

/// Events that take room, the same for the same number.
fn events(number: usize) -> Value {
    let id = |index: usize| format!("{number:0>30}-{index:0>30}");
    let event = |index| json!({"id": id(index), "key": "k", "time": *NOW, "count": 1});
    json!({"events": (0..1000).map(event).collect::<Vec<_>>()})
}

/// Writes until the disk is full.
fn fill(path: &Path) {
    let mut file = fs::File::create(path).expect("made");
    while file.write_all(&[0; 4096]).is_ok() {}
}

#[test]
fn a_disk_that_fills_up_takes_nothing_more_and_loses_nothing() {
    let setup = setup("heimdall");
    fs::create_dir(setup.path("state")).expect("made");
    let setup = on_disk("empty", "16m", setup, "state");
    let service = setup.start();
    // The disk is nowhere else. `unshare` and `on-disk` have become the service.
    let disk = format!("/proc/{}/root{}", service.id(), setup.path("state").display());
    let ballast = Path::new(&disk).join("ballast");
    let caller = Caller::new(&service.address, Some(TOKEN));
    let send = |number| caller.send("POST", "/v1/usage", &events(number));
    for number in 0..3 {
        assert_eq!(send(number).json(), json!({"accepted": 1000, "duplicates": 0}));
    }
    fill(&ballast);
    let refused = (3..100).map(|number| (number, send(number))).find(|(_, answer)| answer.status != 200);
    let (number, refused) = refused.expect("a full disk");
    assert_eq!(refused.status, 507, "{refused:?}");
    let unready = caller.ask("GET", "/health/ready");
    assert_eq!((unready.status, &unready.json()["waiting_for"]), (503, &json!(["store"])));

    fs::remove_file(ballast).expect("removed");
    assert_eq!(send(number).json(), json!({"accepted": 1000, "duplicates": 0}));
    assert_eq!(caller.ask("GET", "/health/ready").status, 200);
    for number in 0..=number {
        assert_eq!(send(number).json(), json!({"accepted": 0, "duplicates": 1000}), "{number}");
    }
    assert_eq!(service.terminate(), Some(0));
}
