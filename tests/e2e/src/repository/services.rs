//! All services at once: one push, one load, some of them by name, and folders that are none.

use std::fs;
use std::path::PathBuf;

use crate::command::{command, ended, make, stdout};
use crate::docker::Docker;
use crate::registry::Registry;
use crate::workspace::{self, Workspace};

/// The services, as scripts get to know them.
fn services() -> Vec<String> {
    let script = "source build/services.sh && services";
    stdout(command("bash").args(["-c", script])).lines().map(str::to_owned).collect()
}

#[test]
fn one_push_publishes_all_of_them() {
    let registry = Registry::start();
    let pushed = make(["push".to_owned(), format!("REGISTRY={}/unkeyed", registry.address())]).succeeded();
    let repositories: Vec<_> = pushed.stdout.lines().filter_map(|line| Some(line.split_once('@')?.0)).collect();
    let expected: Vec<_> = services().iter().map(|name| format!("{}/unkeyed/{name}", registry.address())).collect();
    assert_eq!(repositories, expected);
    assert!(expected.len() >= 7, "{expected:?}");
    assert_eq!(pushed.stderr.matches("INFO: Running command line").count(), 1, "{}", pushed.report());
}

#[test]
fn each_of_them_and_several_can_be_named() {
    let registry = Registry::start();
    let place = format!("REGISTRY={}/unkeyed", registry.address());
    for name in services() {
        let pushed = make(["push", &place, &format!("SERVICE={name}")]).succeeded();
        let start = format!("{}/unkeyed/{name}@sha256:", registry.address());
        assert!(pushed.stdout.starts_with(&start) && pushed.stdout.lines().count() == 1, "{}", pushed.report());
    }
    let pushed = make(["push", &place, "SERVICE=vault api"]).succeeded();
    let names: Vec<_> = pushed.stdout.lines().filter_map(|line| line.split_once('@')?.0.rsplit('/').next()).collect();
    assert_eq!(names, ["api", "vault"]);
    assert_eq!(pushed.stderr.matches("INFO: Running command line").count(), 1, "{}", pushed.report());
}

#[test]
fn one_load_brings_all_of_them() {
    let docker = Docker::connect();
    let loaded = ended(docker.point(command("make").arg("oci-load"))).succeeded();
    let tags: Vec<_> = loaded.stdout.lines().filter_map(|line| line.split(' ').nth(1)).collect();
    let expected: Vec<_> = services().iter().map(|name| format!("unkey/{name}:dev")).collect();
    assert_eq!(tags, expected);
    for tag in expected {
        docker.run(&["image", "inspect", &tag]).succeeded();
    }
}

/// A folder of `build/` that is removed also when the test fails.
struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[test]
fn a_folder_that_is_no_service_is_in_nobodys_way() {
    let folder = Folder(workspace::root().join("build/no-service"));
    fs::create_dir(&folder.0).expect("made");
    fs::write(folder.0.join("BUILD.bazel"), "filegroup(\n    name = \"nothing\",\n)\n").expect("written");
    Workspace::own().run(&["build", "--nobuild", "//build:push", "//build:load"]).succeeded();
    ended(command("dev/bazel.sh").arg("--check")).succeeded();
}
