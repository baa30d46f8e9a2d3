//! Load: the first time, with nothing changed, and with one byte changed, ours and `docker load` in turn; and from an edit
//! to an image in Docker, beside Docker's own builders.
//!
//! `docker load` takes a tar that is made beforehand and not counted: with the layers as they are, which is what
//! `rules_oci` sends each time, and with unpacked ones, which is what `docker save` writes.

use std::path::{Path, PathBuf};
use std::process::Command;

use parts::command::{command, ended, stdout};
use parts::docker::Docker;
use parts::registry::Registry;
use tempfile::TempDir;

use crate::images::{CHANGED, Images, ONE};
use crate::peers;
use crate::row::{Goal, Row};
use crate::sections::Bench;
use crate::sections::docker_build;
use crate::series::Series;

/// What the images are called in Docker, as their BUILD files say.
const TAG: &str = "bench/one:dev";

/// Who loads.
const CLIENTS: [&str; 3] = ["ours", "gzip", "plain"];

/// The loads of a round, and what is loaded.
const LOADS: [(&str, &str); 3] = [("first", ONE), ("unchanged", ONE), ("one byte changed", CHANGED)];

pub(super) fn rows(bench: &Bench) -> Vec<Row> {
    let images = &bench.images;
    let docker = Docker::connect();
    let programs = Programs::new(images, &docker);
    let builders = docker_build::builders(images);
    let series = Series::measure("load", bench.runs, |series| {
        for client in CLIENTS {
            programs.round(client, &docker, series);
        }
        whole(images, &docker, series);
        for builder in &builders {
            builder.round(&docker, images, series);
        }
    });
    let docker_load = peers::named("docker").replacen("docker", "docker load", 1);
    let mut rows = Vec::new();
    for (load, _) in LOADS {
        let figure = |client: &str| series.figure(&format!("{client} {load}"));
        let row = Row::new(format!("{load}, after the build"), figure("ours"))
            .peer(format!("{docker_load}, gzip layers"), figure("gzip"))
            .peer(format!("{docker_load}, plain layers"), figure("plain"));
        let is_unchanged = load == "unchanged";
        rows.push(if is_unchanged { row.published("0.19 s").goal(Goal::MillisecondsBelow(100.0)) } else { row });
    }
    let whole = |what: &str, published| {
        let row = Row::new(format!("`bazel run :load`, {what}"), series.figure(&format!("whole {what}")));
        builders.iter().fold(row.published(published), |row, builder| builder.add_to(row, what, &series))
    };
    rows.push(whole("unchanged", "0.29 s"));
    rows.push(whole("one byte changed", "2.0 s"));
    rows
}

/// What is loaded, for each client.
struct Programs {
    ours: [PathBuf; 2],
    gzip: [PathBuf; 2],
    plain: [PathBuf; 2],
    _folder: TempDir,
}

impl Programs {
    fn new(images: &Images, docker: &Docker) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let architecture = docker.run(&["version", "--format", "{{.Server.Arch}}"]).succeeded().stdout;
        let path = |kind: &str, image: &str| folder.path().join(format!("{kind}-{image}.tar"));
        Self {
            ours: [ONE, CHANGED].map(|image| images.runnable(&format!("//{image}:load"))),
            gzip: [ONE, CHANGED].map(|image| gzip_tar(&images.layout(image), architecture.trim(), path("gzip", image))),
            plain: [ONE, CHANGED]
                .map(|image| plain_tar(&images.layout(image), architecture.trim(), path("plain", image))),
            _folder: folder,
        }
    }

    fn round(&self, client: &str, docker: &Docker, series: &mut Series) {
        let mut loaded = Loaded::new(docker);
        for (load, image) in LOADS {
            let mut line = self.line(client, usize::from(image == CHANGED));
            let ended = ended(docker.point(&mut line)).succeeded();
            series.add(&format!("{client} {load}"), ended.took);
            loaded.remember(ended.stdout.trim().strip_prefix("Loaded image: ").unwrap_or(TAG));
        }
    }

    fn line(&self, client: &str, number: usize) -> Command {
        let tar = match client {
            "gzip" => &self.gzip[number],
            "plain" => &self.plain[number],
            _ => return command(&self.ours[number]),
        };
        let mut line = command("docker");
        line.args(["load", "--quiet", "--input"]).arg(tar);
        line
    }
}

/// Removes from Docker what was put there: a tag that moved on leaves its image behind.
pub(super) struct Loaded<'a> {
    docker: &'a Docker,
    images: Vec<String>,
}

impl<'a> Loaded<'a> {
    pub(super) fn new(docker: &'a Docker) -> Self {
        Self { docker, images: Vec::new() }
    }

    pub(super) fn remember(&mut self, tag: &str) {
        let line = ["image", "inspect", "--format", "{{.Id}}", tag];
        let image = self.docker.run(&line).succeeded().stdout.trim().to_owned();
        if !self.images.contains(&image) {
            self.images.push(image);
        }
    }
}

impl Drop for Loaded<'_> {
    fn drop(&mut self) {
        for image in &self.images {
            self.docker.run(&["image", "rm", "--force", image]);
        }
    }
}

/// The image of one platform as a tar with the layers as they are in the layout.
fn gzip_tar(layout: &Path, architecture: &str, path: PathBuf) -> PathBuf {
    let registry = Registry::start();
    let reference = format!("{}/{TAG}", registry.address());
    stdout(command("crane").arg("push").arg(layout).arg(&reference));
    let platform = format!("linux/{architecture}");
    stdout(command("crane").args(["pull", "--platform", &platform, "--format", "tarball", &reference]).arg(&path));
    path
}

/// The image of one platform as a tar with unpacked layers.
fn plain_tar(layout: &Path, architecture: &str, path: PathBuf) -> PathBuf {
    let destination = format!("docker-archive:{}:{TAG}", path.display());
    let mut skopeo = command("skopeo");
    skopeo.args(["--insecure-policy", "--override-os", "linux", "--override-arch", architecture, "copy", "--quiet"]);
    stdout(skopeo.arg(format!("oci:{}", layout.display())).arg(destination));
    path
}

/// With the build: what a user types.
fn whole(images: &Images, docker: &Docker, series: &mut Series) {
    let mut loaded = Loaded::new(docker);
    let mut load = || {
        let ended = ended(docker.point(&mut images.bazel("run", &["//one:load"]))).succeeded();
        loaded.remember(TAG);
        ended.took
    };
    load();
    series.add("whole unchanged", load());
    images.change(ONE);
    series.add("whole one byte changed", load());
}
