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
                let (took, heap) = services.analyse(pattern);
                series.add(&number.to_string(), took);
                // What a collection leaves is at least what is needed.
                heaps.entry(number).and_modify(|lowest| *lowest = heap.min(*lowest)).or_insert(heap);
            }
            targets = services.targets();
            services.shut_down();
        }
    });
    let time = |number: u32| series.figure(&number.to_string());
    let heap = |number: u32| Figure::Bytes(heaps[&number]);
    let mut rows = vec![
        Row::new("targets of a service", Figure::Count(targets)),
        Row::new("the first service: `bazel build --nobuild`", time(1)),
        Row::new("the first service: heap of the server", heap(1)),
    ];
    for number in NUMBERS {
        rows.push(Row::new(format!("{number} services, after the first: `bazel build --nobuild //...`"), time(number)));
        rows.push(Row::new(format!("{number} services: heap of the server"), heap(number)));
    }
    rows.push(Row::new("one more service: time", Figure::times(&[of_one(time)])));
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is printed with three digits")]
    rows.push(Row::new("one more service: heap", Figure::Bytes(of_one(heap) as u64)));
    rows
}

/// What one of the services costs by which the largest workspace is larger than the smallest.
fn of_one(figure: impl Fn(u32) -> Figure) -> f64 {
    let middle = |number| figure(number).middle().expect("measured");
    let [least, .., most] = NUMBERS;
    (middle(most) - middle(least)) / f64::from(most - least)
}
