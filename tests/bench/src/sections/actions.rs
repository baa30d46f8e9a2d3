//! Layer, assemble and index: how long Bazel's actions take, one at a time, as they are built and all without a sandbox.

use std::path::Path;

use crate::images::{ONE, label};
use crate::profile::{self, Action};
use crate::row::{Goal, Row};
use crate::sections::Bench;
use crate::series::Series;

/// The layer as `rules_pkg` compresses it.
const PEER: &str = "//one:peer";

/// What Bazel chooses, which is a sandbox for the layer and none for the others, and none for all.
const STRATEGIES: [(&str, &[&str]); 2] = [("as built", &[]), ("local", &["--spawn_strategy=local"])];

pub(super) fn rows(bench: &Bench) -> Vec<Row> {
    let folder = tempfile::tempdir().expect("a folder");
    let series = Series::measure("actions", bench.runs, |series| {
        for strategy in STRATEGIES {
            measure(bench, series, &strategy, &folder.path().join("profile.gz"));
        }
    });
    let figure = |name: &str, strategy: &str| series.figure(&key(name, strategy));
    let mut rows = Vec::new();
    for (strategy, _) in STRATEGIES {
        let row = |name: &str, title: &str| Row::new(format!("{title}, {strategy}"), figure(name, strategy));
        let layer = row("layer", "layer").peer("rules_pkg's own gzip", figure("peer", strategy));
        let (assemble, index) = (row("assemble", "assemble"), row("index", "index over two images"));
        if strategy == "local" {
            rows.extend([layer, assemble, index]);
            continue;
        }
        let goals = [250.0, 60.0, 10.0].map(Goal::MillisecondsBelow);
        rows.extend([
            layer.published("1191 ms (PackageTar) + 75 ms (OCIDescriptor)").goal(goals[0]),
            assemble.published("182 ms (OCIImage)").goal(goals[1]),
            index.published("151 ms (OCIIndex)").goal(goals[2]),
        ]);
    }
    rows
}

fn measure(bench: &Bench, series: &mut Series, (strategy, flags): &(&str, &[&str]), profile: &Path) {
    bench.images.change(ONE);
    // One at a time: two at once on two cores would measure each other.
    let options = ["--jobs=1".to_owned(), format!("--profile={}", profile.display())];
    let mut build = bench.images.bazel("build", &[]);
    build.args(options).args(*flags).args([&label(ONE), PEER]);
    parts::command::ended(&mut build).succeeded();
    for action in profile::actions(profile) {
        if let Some(name) = name(&action) {
            series.add_milliseconds(&key(name, strategy), action.milliseconds);
        }
    }
}

fn key(name: &str, strategy: &str) -> String {
    format!("{name} {strategy}")
}

fn name(action: &Action) -> Option<&'static str> {
    match action.mnemonic.as_str() {
        "PackageTar" if action.name.contains("/peer.") => Some("peer"),
        "PackageTar" => Some("layer"),
        "OCIImage" => Some("assemble"),
        "OCIIndex" => Some("index"),
        _ => None,
    }
}
