//! From an edit of one line of api to the service that answers with it: `make dev`, beside cargo's build alone, and beside
//! an image that is loaded and started in Docker.
//!
//! Each way has a copy of the repository of its own, and compiles with the settings that it always has: cargo without
//! optimisation, Bazel the binary that is released.

use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use parts::command::{command, ended};
use parts::development::Development;
use parts::docker::Docker;
use parts::workspace::{self, Workspace};
use parts::{http, ports};
use serde_json::Value;
use tempfile::TempDir;

use crate::row::{Goal, Row};
use crate::sections::Bench;
use crate::series::Series;

/// The line that is edited, as far as it stays.
const FILE: &str = "svc/api/src/routes/about.rs";
const LINE: &str = "url: format!(\"https://";

const TAG: &str = "unkey/api:bench-development";

/// Only a measurement that failed waits this long.
const PATIENCE: Duration = Duration::from_mins(10);

pub(super) fn rows(bench: &Bench) -> Vec<Row> {
    let development = Development::start("api");
    development.wait_for("/version", |_| Some(()));
    let cargo = Copy::make();
    let image = Copy::make();
    let docker = Docker::connect();
    let mut number = 0;
    let series = Series::measure("development", bench.runs, |series| {
        number += 1;
        let started = Instant::now();
        edit(&development.sources(), number);
        development.wait_for("/", |answer| is_edit(answer, number).then_some(()));
        series.add("make dev", started.elapsed());
        edit(cargo.sources(), number);
        series.add("cargo build", cargo.build());
        edit(image.sources(), number);
        series.add("image", image.load_and_start(&docker, number));
    });
    docker.run(&["image", "rm", "--force", TAG]);
    let row = Row::new("an edit of one line of api, until it answers: `make dev`", series.figure("make dev"));
    let row = row.peer("`cargo build` alone", series.figure("cargo build"));
    vec![row.peer("`bazel run :load` and a container", series.figure("image")).goal(Goal::TimesPeer(1.2))]
}

/// Writes the line anew, with the number of the edit in it.
fn edit(sources: &Path, number: u32) {
    let path = sources.join(FILE);
    let text = fs::read_to_string(&path).expect("the source");
    let (before, line) = text.split_once(LINE).expect("the line");
    let rest = line.split_once("{}").expect("the line's end").1;
    fs::write(&path, format!("{before}{LINE}edit-{number}.{{}}{rest}")).expect("written");
}

fn is_edit(answer: &Value, number: u32) -> bool {
    answer["url"].as_str().is_some_and(|url| url.starts_with(&format!("https://edit-{number}.")))
}

/// A copy of the repository, with a Bazel of its own where it is asked for one.
struct Copy {
    workspace: Workspace,
    folder: TempDir,
}

impl Copy {
    fn make() -> Self {
        let folder = tempfile::Builder::new().prefix("unkey-bench-").tempdir().expect("a folder");
        let sources = folder.path().join("sources");
        workspace::copy_sources(&sources);
        let output_base = format!("--output_base={}", folder.path().join("output").display());
        Self { workspace: Workspace::at(sources, [output_base]), folder }
    }

    fn sources(&self) -> &Path {
        self.workspace.folder()
    }

    /// As `make dev` builds.
    fn build(&self) -> Duration {
        let mut cargo = command(self.sources().join("dev/cargo.sh"));
        ended(cargo.args(["build", "--manifest-path", "build/api/Cargo.toml"])).succeeded().took
    }

    fn load_and_start(&self, docker: &Docker, number: u32) -> Duration {
        let address = ports::free_address();
        let volume = format!("{}:/etc/unkey:ro", self.config(&address).display());
        let started = Instant::now();
        let mut load = self.workspace.bazel(&["run", "//build/api:load", "--", "--tag", TAG]);
        ended(docker.point(&mut load)).succeeded();
        let line = ["run", "--detach", "--rm", "--network", "host", "--env", "UNKEY_TOKEN=bench", "--volume", &volume];
        let container = [&line[..], &[TAG, "--config", "/etc/unkey/unkey.toml"]].concat();
        let container = docker.run(&container).succeeded().stdout;
        let answers = || {
            let answer = http::get(&address, "/").and_then(|(_, body)| serde_json::from_str(&body).ok());
            answer.is_some_and(|answer| is_edit(&answer, number))
        };
        while !answers() {
            assert!(started.elapsed() < PATIENCE, "the container does not answer");
            thread::sleep(Duration::from_millis(10));
        }
        let took = started.elapsed();
        docker.run(&["rm", "--force", container.trim()]).succeeded();
        took
    }

    /// A folder with a configuration that the container's user can read.
    fn config(&self, address: &str) -> PathBuf {
        let folder = self.folder.path().join("config");
        fs::create_dir_all(&folder).expect("made");
        let text = format!(
            "region = \"local\"\nlisten = \"{address}\"\nstore = \"/home/nonroot/state\"\n\
             token = {{ env = \"UNKEY_TOKEN\" }}\n"
        );
        fs::write(folder.join("unkey.toml"), text).expect("written");
        folder
    }
}

impl Drop for Copy {
    fn drop(&mut self) {
        if self.folder.path().join("output").exists() {
            self.workspace.run(&["shutdown"]);
            // Bazel makes what it has built read-only.
            workspace::make_writable(self.folder.path());
        }
    }
}
