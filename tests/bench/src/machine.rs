//! What it was measured on. No date, no name, no path: these lines are copied into documents.

use std::fs;
use std::thread;

use crate::peers;

/// A line a fact.
pub fn describe() -> Vec<String> {
    vec![
        format!("{} cores: {}; Linux {}", cores(), processor(), kernel()),
        format!("load average when it began: {}", load()),
        format!("{}; Rust's crates as in Cargo.lock", peers::named("bazel")),
    ]
}

fn cores() -> usize {
    thread::available_parallelism().map_or(1, Into::into)
}

fn processor() -> String {
    let text = read("/proc/cpuinfo");
    let line = text.lines().find(|line| line.starts_with("model name"));
    line.and_then(|line| line.split(": ").nth(1)).unwrap_or("unknown processor").to_owned()
}

fn kernel() -> String {
    read("/proc/sys/kernel/osrelease").trim().to_owned()
}

/// Of the last minute. Above the number of cores, times are longer than they need be; ratios still hold.
fn load() -> String {
    read("/proc/loadavg").split(' ').next().unwrap_or("unknown").to_owned()
}

fn read(path: &str) -> String {
    fs::read_to_string(path).unwrap_or_default()
}
