//! The tool's processes as actions start them, without Bazel: what is left of an action's time is Bazel's own.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use parts::command::{command, ended, stdout};
use serde_json::Value;

use crate::images::ONE;
use crate::peers;
use crate::row::Row;
use crate::sections::Bench;
use crate::series::Series;

/// Arguments of an action that say where something is written.
const OUTPUTS: [&str; 3] = ["--output", "--digest-output", "--index-output"];

pub(super) fn rows(bench: &Bench) -> Vec<Row> {
    let folder = tempfile::tempdir().expect("a folder");
    let output = folder.path().join("output");
    let assemble = arguments(bench, "OCIImage", "//one:image_linux_amd64", &output);
    let index = arguments(bench, "OCIIndex", "//one:image", &output);
    let layer = bench.images.output("one/image_layer_linux_amd64.tar.gz");
    let (crane, skopeo) = (peers::named("crane"), peers::named("skopeo"));
    let series = Series::measure("tool", bench.runs, |series| {
        let mut time = |name: &str, line: &mut Command| {
            let _ = fs::remove_dir_all(&output);
            fs::create_dir(&output).expect("made");
            series.add(name, ended(line).succeeded().took);
        };
        let version = |program: &Path| {
            let mut line = command(program);
            line.arg("--version");
            line
        };
        time("version", &mut version(&executable(bench)));
        time("skopeo version", &mut version(Path::new("skopeo")));
        time("assemble", &mut in_execution_root(bench, &assemble));
        time(
            "crane append",
            command("crane")
                .args(["append", "--oci-empty-base", "--new_tag", "bench:dev"])
                .arg("--new_layer")
                .arg(&layer)
                .arg("--output")
                .arg(output.join("image.tar")),
        );
        time("index", &mut in_execution_root(bench, &index));
        time(
            "skopeo copy",
            command("skopeo")
                .args(["--insecure-policy", "copy", "--quiet", "--all"])
                .arg(format!("oci:{}", bench.images.layout(ONE).display()))
                .arg(format!("oci:{}", output.join("copy").display())),
        );
    });
    let row = |what: &str, ours: &str, peer: &str, theirs: &str| {
        Row::new(what, series.figure(ours)).peer(peer, series.figure(theirs))
    };
    vec![
        row("start: `image --version`", "version", &format!("{skopeo} --version"), "skopeo version"),
        row(
            "`image_build assemble`, one layer on a base",
            "assemble",
            &format!("{crane} append to an empty image"),
            "crane append",
        ),
        row("`image_build index`, two images", "index", &format!("{skopeo} copy of the same layout"), "skopeo copy"),
    ]
}

/// The tool that the actions run.
pub(super) fn executable(bench: &Bench) -> PathBuf {
    bench.images.output("one/push")
}

/// What Bazel runs for an action, but for its outputs: these go to a folder that is given.
fn arguments(bench: &Bench, mnemonic: &str, label: &str, output: &Path) -> Vec<String> {
    let query = format!("mnemonic(\"{mnemonic}\", {label})");
    let text = stdout(&mut bench.images.bazel("aquery", &["--output=jsonproto", &query]));
    let actions: Value = serde_json::from_str(&text).expect("JSON");
    let arguments = actions["actions"][0]["arguments"].as_array().expect("arguments");
    let mut arguments: Vec<String> = arguments.iter().map(|word| word.as_str().expect("a word").to_owned()).collect();
    for number in 1..arguments.len() {
        if OUTPUTS.contains(&arguments[number - 1].as_str()) {
            let name = arguments[number - 1].trim_start_matches("--");
            arguments[number] = output.join(name).display().to_string();
        }
    }
    arguments
}

fn in_execution_root(bench: &Bench, arguments: &[String]) -> Command {
    let mut line = command(&arguments[0]);
    line.args(&arguments[1..]).current_dir(bench.images.execution_root());
    line
}
