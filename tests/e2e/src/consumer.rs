//! Another workspace that takes `service_image` from this one, as its users would.

use std::fs;
use std::path::Path;

use crate::command::Ended;
use crate::environment;
use crate::layout::Layout;
use crate::workspace::{self, Workspace};

/// The modules that a BUILD file with a `rust_binary` and a `service_image` names.
const MODULES: [&str; 2] = ["rules_pkg", "rules_rust"];

#[test]
fn its_image_keeps_the_contract() {
    let consumer = Consumer::write();
    let layout = Layout::open(&consumer.workspace.build(&[], "//hello:image"));
    let config = layout.manifest("arm64")["config"]["digest"].as_str().expect("a digest").to_owned();
    let config = layout.json(&config);
    assert_eq!(config["config"]["Entrypoint"], serde_json::json!(["/hello"]));
    assert_eq!(config["config"]["Labels"]["org.opencontainers.image.title"], "hello");
    consumer.workspace.run(&["test", "//hello:image_test"]).succeeded();
}

#[test]
fn what_it_writes_wrongly_is_named() {
    let consumer = Consumer::write();
    consumer.refuses("tagged", &["`repository` is `ghcr.io/example/tagged:v1.2.3`", "leave the tag or digest out"]);
    consumer.refuses("hostless", &["`repository` is `hostless`", "begin it with a registry"]);
    consumer.refuses("silent", &["`description` is empty", "write what the service does"]);
}

/// The workspace, in a folder that stays: Bazel knows by it what it has built, all of the OCI tool.
struct Consumer {
    workspace: Workspace,
}

impl Consumer {
    fn write() -> Self {
        let folder = environment::cache().join("consumer");
        write(&folder.join("MODULE.bazel"), &module());
        write(&folder.join(".bazelrc"), &bazelrc());
        write(&folder.join("BUILD.bazel"), "");
        write(&folder.join("hello/hello.rs"), "fn main() {\n    println!(\"hello\");\n}\n");
        write(&folder.join("hello/BUILD.bazel"), &package("description = \"Says hello\""));
        for (name, arguments) in [
            ("tagged", "description = \"Says hello\", repository = \"ghcr.io/example/tagged:v1.2.3\""),
            ("hostless", "description = \"Says hello\", repository = \"hostless\""),
            ("silent", "description = \"\""),
        ] {
            write(&folder.join(name).join("BUILD.bazel"), &package(arguments));
        }
        Self { workspace: Workspace::at(folder, []) }
    }

    fn refuses(&self, package: &str, parts: &[&str]) -> Ended {
        let ended = self.workspace.run(&["build", "--nobuild", &format!("//{package}:image")]);
        assert_ne!(ended.code, Some(0), "{}", ended.report());
        ended.complains(parts)
    }
}

impl Drop for Consumer {
    fn drop(&mut self) {
        // Its Bazel would keep half a gigabyte of memory for hours.
        self.workspace.run(&["shutdown"]);
    }
}

/// The versions are the repository's: a consumer that names lower ones gets these all the same.
fn module() -> String {
    let own = fs::read_to_string(workspace::root().join("MODULE.bazel")).expect("MODULE.bazel");
    let line = |module: &&str| {
        let start = format!("bazel_dep(name = \"{module}\"");
        own.lines().find(|line| line.starts_with(&start)).unwrap_or_else(|| panic!("no {module}: {own}")).to_owned()
    };
    let dependencies: Vec<_> = MODULES.iter().map(line).collect();
    format!(
        "module(name = \"consumer\")\n\n{}\nbazel_dep(name = \"unkey\")\n\n\
         register_toolchains(\n    \"@unkey//build/util/toolchains:all\",\n    dev_dependency = True,\n)\n",
        dependencies.join("\n")
    )
}

/// The repository is named here because `--ignore_dev_dependency` also drops a MODULE.bazel's own overrides.
fn bazelrc() -> String {
    let root = workspace::root().display();
    format!(
        "common --noenable_workspace\ncommon --lockfile_mode=off\n\
         common --override_module=unkey={root}\n\
         common --disk_cache=~/.cache/unkey/bazel\n\
         common:airgap --ignore_dev_dependency\n\
         common:airgap --override_module=rules_oci={root}/airgap/rules_oci\n\
         common:airgap --extra_toolchains=@unkey//airgap/toolchains:all\n"
    )
}

fn package(arguments: &str) -> String {
    format!(
        "load(\"@rules_rust//rust:defs.bzl\", \"rust_binary\")\n\
         load(\"@unkey//build/util:service_image.bzl\", \"service_image\")\n\n\
         rust_binary(\n    name = \"hello\",\n    srcs = [\"hello.rs\"],\n)\n\n\
         service_image(\n    name = \"image\",\n    binary = \":hello\",\n    {arguments},\n)\n"
    )
}

/// Unchanged files keep their times, so that Bazel need not look at them again.
fn write(path: &Path, text: &str) {
    if fs::read_to_string(path).is_ok_and(|existing| existing == text) {
        return;
    }
    fs::create_dir_all(path.parent().expect("a folder")).expect("made");
    fs::write(path, text).expect("written");
}
