//! What services cost before anything is built: the time of analysis, and the memory that the server then holds.
//!
//! The first service also brings what there is once, modules, toolchains and the OCI tool, so it is measured by itself, and
//! the others by the same server after it.

use std::collections::BTreeMap;

use crate::figure::Figure;
use crate::row::Row;
use crate::sections::Bench;
use crate::series::Series;
use crate::services::{ALL, FIRST, Services};

const NUMBERS: [u32; 3] = [7, 100, 1000];

pub(super) fn rows(bench: &Bench) -> Vec<Row> {
    let workspaces = NUMBERS.map(|number| (number, Services::prepare(number)));
    let mut targets = 0;
    let mut heaps: BTreeMap<u32, u64> = BTreeMap::new();
    let series = Series::measure("scale", bench.runs, |series| {
        for (number, services) in &workspaces {
            services.restart();
            for (number, pattern) in [(1, FIRST), (*number, ALL)] {
                let analysis = services.analyse(pattern);
                series.add(&time(number), analysis.took);
                series.add(&processor(number), analysis.processor);
                // What a collection leaves is at least what is needed.
                heaps.entry(number).and_modify(|lowest| *lowest = analysis.heap.min(*lowest)).or_insert(analysis.heap);
            }
            targets = services.targets();
            services.shut_down();
        }
    });
    let heap = |number: u32| Figure::Bytes(heaps[&number]);
    let mut rows = vec![Row::new("targets of a service", Figure::Count(targets))];
    for number in [1].into_iter().chain(NUMBERS) {
        for name in [time(number), processor(number)] {
            rows.push(Row::new(&name, series.figure(&name)));
        }
        rows.push(Row::new(format!("{}: heap of the server", services(number)), heap(number)));
    }
    for (what, name) in [("time", time as fn(u32) -> String), ("processor time", processor)] {
        let milliseconds = of_one(|number| series.figure(&name(number)));
        rows.push(Row::new(format!("one more service: {what}"), Figure::times(&[milliseconds])));
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is printed with three digits")]
    rows.push(Row::new("one more service: heap", Figure::Bytes(of_one(heap) as u64)));
    rows
}

fn time(number: u32) -> String {
    format!("{}: `bazel build --nobuild`", services(number))
}

fn processor(number: u32) -> String {
    format!("{}: processor time of that", services(number))
}

fn services(number: u32) -> String {
    if number == 1 { "the first service".to_owned() } else { format!("{number} services, after the first") }
}

/// What one of the services costs by which the largest workspace is larger than the smallest.
fn of_one(figure: impl Fn(u32) -> Figure) -> f64 {
    let middle = |number| figure(number).middle().expect("measured");
    let [least, .., most] = NUMBERS;
    (middle(most) - middle(least)) / f64::from(most - least)
}
