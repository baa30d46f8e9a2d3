//! Push: the first time, with nothing changed, and with one byte changed. Ours and others' in turn, each to a registry of
//! its own, whose log says what was asked and sent.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use parts::command::{command, ended};
use parts::registry::Registry;

use crate::figure::Figure;
use crate::images::{CHANGED, Images, ONE};
use crate::peers;
use crate::row::{Goal, Row};
use crate::sections::Bench;
use crate::series::Series;

const OURS: &str = "ours";

/// The pushes of a round: how they are called, what is pushed, under which tag.
const PUSHES: [(&str, &str, &str); 3] =
    [("first", ONE, "v1.0.0"), ("unchanged", ONE, "v1.0.0"), ("one byte changed", CHANGED, "v1.0.1")];

/// What went over the wire in one push; the same in every run.
#[derive(Debug, Default)]
struct Traffic {
    requests: u64,
    layers: u64,
    bytes: u64,
}

type Traffics = std::collections::BTreeMap<String, Traffic>;

pub(super) fn rows(bench: &Bench) -> Vec<Row> {
    let images = &bench.images;
    let programs = [ONE, CHANGED].map(|image| images.runnable(&format!("//{image}:push")));
    let clients: Vec<&str> =
        ["crane", "skopeo"].into_iter().filter(|peer| parts::paths::on_path(peer).is_some()).collect();
    let mut traffics = Traffics::new();
    let series = Series::measure("push", bench.runs, |series| {
        for client in [OURS].into_iter().chain(clients.iter().copied()) {
            let registry = Registry::start();
            for (push, image, tag) in PUSHES {
                let before = registry.requests().len();
                let mut command = client_command(client, image, tag, &registry, images, &programs);
                let ended = ended(&mut command).succeeded();
                series.add(&key(client, push), ended.took);
                traffics.insert(key(client, push), traffic(&registry.requests()[before..], &images.layout(image)));
            }
        }
        whole(images, series);
    });
    let mut rows: Vec<Row> =
        PUSHES.iter().flat_map(|(push, ..)| push_rows(push, &clients, &series, &traffics)).collect();
    rows.push(Row::new("`bazel run :push`, unchanged", series.figure("whole unchanged")).published("0.32 s"));
    rows.push(Row::new("`bazel run :push`, one byte changed", series.figure("whole changed")).published("1.8 s"));
    rows
}

fn push_rows(push: &str, clients: &[&str], series: &Series, traffics: &Traffics) -> [Row; 4] {
    let name = |client: &str| peers::named(client);
    let row = |what: &str, figure: &dyn Fn(&str) -> Figure| {
        let ours = Row::new(format!("{push}{what}"), figure(&key(OURS, push)));
        clients.iter().fold(ours, |row, client| row.peer(name(client), figure(&key(client, push))))
    };
    let mut time = row(", after the build", &|key| series.figure(key));
    let mut requests = row(": requests", &|key| Figure::Count(traffics[key].requests));
    let mut layers = row(": layers sent", &|key| Figure::Count(traffics[key].layers));
    let bytes = row(": bytes of blobs sent", &|key| Figure::Bytes(traffics[key].bytes));
    if push == "unchanged" {
        time = time.published("0.19 s, two tags").goal(Goal::MillisecondsBelow(100.0));
        requests = requests.published("10, two tags");
    } else if push == "one byte changed" {
        requests = requests.published("20, two tags");
        layers = layers.goal(Goal::Exactly(2));
    }
    [time, requests, layers, bytes]
}

fn client_command(
    client: &str,
    image: &str,
    tag: &str,
    registry: &Registry,
    images: &Images,
    programs: &[PathBuf; 2],
) -> Command {
    let reference = format!("{}/bench/one:{tag}", registry.address());
    let layout = images.layout(image);
    let mut line = match client {
        "crane" => command("crane"),
        "skopeo" => command("skopeo"),
        _ => command(&programs[usize::from(image == CHANGED)]),
    };
    match client {
        "crane" => line.arg("push").arg(layout).arg(reference),
        "skopeo" => line
            .args(["--insecure-policy", "copy", "--quiet", "--all", "--preserve-digests", "--dest-tls-verify=false"])
            .arg(format!("oci:{}", layout.display()))
            .arg(format!("docker://{reference}")),
        _ => line.args(["--repository", &format!("{}/bench/one", registry.address()), "--tag", tag]),
    };
    line
}

/// With the build: what a user types.
fn whole(images: &Images, series: &mut Series) {
    let registry = Registry::start();
    let repository = format!("{}/bench/one", registry.address());
    let push = |tag: &str| {
        let line = ["//one:push", "--", "--repository", &repository, "--tag", tag];
        ended(&mut images.bazel("run", &line)).succeeded().took
    };
    push("v1.0.0");
    series.add("whole unchanged", push("v1.0.0"));
    images.change(ONE);
    series.add("whole changed", push("v1.0.1"));
}

fn key(client: &str, push: &str) -> String {
    format!("{client} {push}")
}

/// What the registry's log says: uploads end with the digest of their blob.
fn traffic(requests: &[String], layout: &Path) -> Traffic {
    let sent: BTreeSet<&str> =
        requests.iter().filter_map(|request| request.split("?digest=sha256%3A").nth(1)).collect();
    let blobs = layout.join("blobs/sha256");
    let sizes: Vec<u64> =
        sent.iter().map(|digest| fs::metadata(blobs.join(digest)).expect("a blob of the image").len()).collect();
    Traffic {
        requests: requests.len() as u64,
        // Configurations are blobs too, and small.
        layers: sizes.iter().filter(|size| **size > 100_000).count() as u64,
        bytes: sizes.iter().sum(),
    }
}
