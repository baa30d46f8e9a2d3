//! `bazel build` as it is typed: all jobs, the sandbox that Bazel chooses, nothing or one byte changed.

use crate::images::{ONE, seven};
use crate::row::Row;
use crate::sections::Bench;
use crate::series::Series;

pub(super) fn rows(bench: &Bench) -> Vec<Row> {
    let one = vec![ONE.to_owned()];
    let sets = [("1 image", &one, "1.6 s"), ("7 images", &seven(), "5.6 s")];
    let series = Series::measure("builds", bench.runs, |series| {
        for (name, images, _) in &sets {
            images.iter().for_each(|image| bench.images.change(image));
            series.add(&format!("{name} changed"), bench.images.build(images, &[]));
            series.add(&format!("{name} unchanged"), bench.images.build(images, &[]));
        }
    });
    let row = |what: &str, name: &str| Row::new(format!("{name}, {what}"), series.figure(name));
    let mut rows = Vec::new();
    for (name, _, published) in sets {
        rows.push(row("both architectures", &format!("{name} unchanged")).published("0.15 s"));
        rows.push(row("one byte in each program", &format!("{name} changed")).published(published));
    }
    rows
}
