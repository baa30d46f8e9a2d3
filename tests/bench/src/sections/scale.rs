//! What services cost before anything is built: analysis by a server that has just started, and the memory that it then
//! holds. The number of services is all that differs, so the last rows are what one more costs.

use std::collections::BTreeMap;

use crate::figure::Figure;
use crate::row::Row;
use crate::sections::Bench;
use crate::series::Series;
use crate::services::Services;

const NUMBERS: [u32; 3] = [7, 100, 1000];

pub(super) fn rows(bench: &Bench) -> Vec<Row> {
    let workspaces = NUMBERS.map(|number| (number, Services::prepare(number)));
    let mut heaps: BTreeMap<u32, u64> = BTreeMap::new();
    let series = Series::measure("scale", bench.runs, |series| {
        for (number, services) in &workspaces {
            let (took, heap) = services.analyse();
            series.add(&number.to_string(), took);
            // What is left of one collection is at least what is needed.
            heaps.entry(*number).and_modify(|lowest| *lowest = heap.min(*lowest)).or_insert(heap);
        }
    });
    let time = |number: u32| series.figure(&number.to_string());
    let heap = |number: u32| Figure::Bytes(heaps[&number]);
    let mut rows = vec![Row::new("targets of a service", Figure::Count(workspaces[0].1.targets()))];
    for number in NUMBERS {
        rows.push(Row::new(format!("{number} services: `bazel build --nobuild //...`"), time(number)));
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
