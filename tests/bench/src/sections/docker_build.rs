//! Docker's own builders, making an image of the same one file: `docker buildx`, and the builder before it.

use std::fs;
use std::time::Duration;

use parts::command::{command, ended};
use parts::docker::Docker;
use tempfile::TempDir;

use crate::figure::Figure;
use crate::images::{Images, ONE};
use crate::peers;
use crate::row::Row;
use crate::sections::load::Loaded;
use crate::series::Series;

const TAG: &str = "bench/built-by-docker:dev";

/// A builder, and the folder that it builds.
#[derive(Debug)]
pub(super) struct Builder {
    name: String,
    line: &'static [&'static str],
    /// Why it cannot run here.
    missing: Option<&'static str>,
    context: TempDir,
}

/// Both of them. From scratch and with one file, neither needs a network.
pub(super) fn builders(images: &Images) -> Vec<Builder> {
    let has_buildx = ended(command("docker").args(["buildx", "version"])).code == Some(0);
    let version = peers::named("docker").replacen("docker ", "", 1);
    [
        ("buildx", ["buildx", "build", "--load"].as_slice(), (!has_buildx).then_some("this docker has no buildx")),
        ("build, the builder before buildx", &["build"], None),
    ]
    .map(|(name, line, missing)| Builder {
        name: format!("docker {version} {name}"),
        line,
        missing,
        context: context(images),
    })
    .into()
}

fn context(images: &Images) -> TempDir {
    let context = tempfile::tempdir().expect("a folder");
    let dockerfile = "FROM scratch\nCOPY amd64 /service\nENTRYPOINT [\"/service\"]\n";
    fs::write(context.path().join("Dockerfile"), dockerfile).expect("written");
    fs::copy(images.file(ONE, "amd64"), context.path().join("amd64")).expect("copied");
    context
}

impl Builder {
    /// A build that counts for nothing, one with nothing changed, one with a byte changed.
    pub(super) fn round(&self, docker: &Docker, images: &Images, series: &mut Series) {
        if self.missing.is_some() {
            return;
        }
        let mut loaded = Loaded::new(docker);
        let mut build = || {
            let took = self.build(docker);
            loaded.remember(TAG);
            took
        };
        build();
        series.add(&format!("{} unchanged", self.name), build());
        // The workspace's program has another byte by now than the copy, or gets one.
        images.change(ONE);
        fs::copy(images.file(ONE, "amd64"), self.context.path().join("amd64")).expect("copied");
        series.add(&format!("{} one byte changed", self.name), build());
    }

    /// Its figure beside ours.
    pub(super) fn add_to(&self, row: Row, what: &str, series: &Series) -> Row {
        let figure = match self.missing {
            Some(reason) => Figure::Missing(reason.to_owned()),
            None => series.figure(&format!("{} {what}", self.name)),
        };
        row.peer(format!("{}, one architecture", self.name), figure)
    }

    fn build(&self, docker: &Docker) -> Duration {
        let is_buildkit = self.line.contains(&"buildx");
        let mut line = command("docker");
        line.args(self.line).args(["--quiet", "--tag", TAG]).arg(self.context.path());
        line.env("DOCKER_BUILDKIT", if is_buildkit { "1" } else { "0" });
        ended(docker.point(&mut line)).succeeded().took
    }
}
