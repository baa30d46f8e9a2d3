//! What a service answers under load, linked with musl as its image has it and with glibc: `POST /v1/keys/verify` of api.
//!
//! wrk runs on the same machine and takes its share of the processors, the same one for each binary.

use std::fs;
use std::path::{Path, PathBuf};

use parts::command::{command, stdout};
use parts::http;
use parts::service::Service;
use parts::workspace::Workspace;
use serde_json::json;

use crate::figure::Figure;
use crate::row::Row;
use crate::sections::Bench;

/// How many connections wrk holds open.
const CONNECTIONS: [u32; 2] = [4, 64];

/// How long wrk asks each time, in seconds.
const SECONDS: u32 = 5;

const TOKEN: &str = "bench";

/// The binaries that are compared: the image's own first.
const BINARIES: [(&str, &[&str], &str); 2] = [
    ("musl", &[], "//build/api:image_binary_linux_amd64"),
    ("glibc", &["--compilation_mode=opt", "--strip=always"], "//build/api"),
];

/// What one run of wrk says.
#[derive(Clone, Copy, Debug)]
struct Load {
    per_second: f64,
    /// The time that 99 of 100 answers stay below.
    milliseconds: f64,
}

pub(super) fn rows(bench: &Bench) -> Vec<Row> {
    let binaries = BINARIES.map(|(name, options, target)| (name, Workspace::own().build(options, target)));
    let measure = |connections| {
        let mut loads = [Vec::new(), Vec::new()];
        for run in 1..=bench.runs.get() {
            eprintln!("bench: throughput, {connections} connections: {run} of {}", bench.runs);
            for (loads, (_, binary)) in loads.iter_mut().zip(&binaries) {
                loads.push(load(binary, connections));
            }
        }
        loads
    };
    CONNECTIONS.into_iter().flat_map(|connections| pair(connections, &measure(connections))).collect()
}

fn pair(connections: u32, loads: &[Vec<Load>; 2]) -> [Row; 2] {
    let [ours, theirs] = loads;
    let rate = |loads: &[Load]| Figure::rates(&loads.iter().map(|load| load.per_second).collect::<Vec<_>>());
    let slowest = |loads: &[Load]| Figure::times(&loads.iter().map(|load| load.milliseconds).collect::<Vec<_>>());
    let what = format!("verify a key, {connections} connections");
    [
        Row::new(format!("{what}: answers"), rate(ours)).peer("the same, glibc", rate(theirs)),
        Row::new(format!("{what}: 99 of 100 within"), slowest(ours)).peer("the same, glibc", slowest(theirs)),
    ]
}

/// Starts the service anew, so that no run inherits another's memory.
fn load(binary: &Path, connections: u32) -> Load {
    let folder = tempfile::tempdir().expect("a folder");
    let state = folder.path().join("state");
    let config = format!(
        "region = \"bench\"\nlisten = \"127.0.0.1:0\"\nstore = \"{}\"\ntoken = {{ env = \"TOKEN\" }}\n\
         logging = {{ format = \"json\" }}\n",
        state.display()
    );
    fs::write(folder.path().join("unkey.toml"), config).expect("written");
    let line = [binary.to_str().expect("UTF-8"), "--config", "unkey.toml"];
    let service = Service::start_with(folder.path(), &line, &[("TOKEN".to_owned(), TOKEN.to_owned())]);
    let created = http::post(&service.address, "/v1/keys", TOKEN, &json!({ "name": "bench" }));
    let script = script(folder.path(), created["key"].as_str().expect("a key"));
    let text = stdout(
        command("wrk")
            .args(["--threads=2", "--latency"])
            .arg(format!("--connections={connections}"))
            .arg(format!("--duration={SECONDS}s"))
            .arg("--script")
            .arg(script)
            .arg(format!("http://{}/v1/keys/verify", service.address)),
    );
    assert!(!text.contains("Non-2xx"), "not every key is verified:\n{text}");
    parse(&text).unwrap_or_else(|| panic!("wrk says something else:\n{text}"))
}

/// What wrk sends.
fn script(folder: &Path, key: &str) -> PathBuf {
    let path = folder.join("verify.lua");
    let body = json!({ "key": key });
    let text = format!(
        "wrk.method = \"POST\"\nwrk.body = '{body}'\nwrk.headers[\"Content-Type\"] = \"application/json\"\n\
         wrk.headers[\"Authorization\"] = \"Bearer {TOKEN}\"\n"
    );
    fs::write(&path, text).expect("written");
    path
}

/// The lines `99%   1.23ms` and `Requests/sec:  12345.67`.
fn parse(text: &str) -> Option<Load> {
    let after = |name: &str| {
        let line = text.lines().find_map(|line| line.trim().strip_prefix(name))?;
        Some(line.trim().to_owned())
    };
    Some(Load { per_second: after("Requests/sec:")?.parse().ok()?, milliseconds: milliseconds(&after("99%")?)? })
}

fn milliseconds(text: &str) -> Option<f64> {
    let units = [("us", 1e-3), ("ms", 1.0), ("s", 1e3)];
    let (number, factor) = units.iter().find_map(|(unit, factor)| Some((text.strip_suffix(unit)?, factor)))?;
    Some(number.parse::<f64>().ok()? * factor)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_wrk_prints_is_read() {
        let text = "  Latency Distribution\n     50%  120.00us\n     99%    1.50ms\nRequests/sec:  31415.92\n";
        let load = parse(text).expect("both lines");
        assert!((load.per_second - 31_415.92).abs() < 1e-9 && (load.milliseconds - 1.5).abs() < 1e-9, "{load:?}");
        assert!(milliseconds("2.00s").is_some_and(|time| (time - 2_000.0).abs() < 1e-9));
        assert!(milliseconds("250.00us").is_some_and(|time| (time - 0.25).abs() < 1e-9));
        assert!(parse("unable to connect").is_none());
    }
}
