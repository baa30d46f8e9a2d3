//! Another workspace that takes `service_image` from this one, as its users would.

use parts::consumer;
use parts::files::write;

use crate::command::Ended;
use crate::environment;
use crate::layout::Layout;
use crate::workspace::Workspace;

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
        let workspace = consumer::workspace(&folder, "consumer");
        write(&folder.join("hello/hello.rs"), b"fn main() {\n    println!(\"hello\");\n}\n");
        write(&folder.join("hello/BUILD.bazel"), package("description = \"Says hello\""));
        for (name, arguments) in [
            ("tagged", "description = \"Says hello\", repository = \"ghcr.io/example/tagged:v1.2.3\""),
            ("hostless", "description = \"Says hello\", repository = \"hostless\""),
            ("silent", "description = \"\""),
        ] {
            write(&folder.join(name).join("BUILD.bazel"), package(arguments));
        }
        Self { workspace }
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

fn package(arguments: &str) -> String {
    format!(
        "load(\"@rules_rust//rust:defs.bzl\", \"rust_binary\")\n\
         load(\"@unkey//build/util:service_image.bzl\", \"service_image\")\n\n\
         rust_binary(\n    name = \"hello\",\n    srcs = [\"hello.rs\"],\n)\n\n\
         service_image(\n    name = \"image\",\n    binary = \":hello\",\n    {arguments},\n)\n"
    )
}
