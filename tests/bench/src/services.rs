//! Workspaces of many services, which are analysed and never built.
//!
//! Every service is a `service_image` over a file that stands for its program, in a package of its own: what is counted is what
//! the image costs. A `rust_binary` and its crates come on top, and cost as much as they would without an image.

use std::fs;
use std::time::Duration;

use parts::command::{ended, stdout};
use parts::consumer;
use parts::environment;
use parts::files;
use parts::workspace::Workspace;
use serde_json::Value;

/// The targets of one service.
pub const FIRST: &str = "//service-1:all";

/// Those of all services.
pub const ALL: &str = "//...";

const ARCHITECTURES: [&str; 2] = ["amd64", "arm64"];

/// What an analysis costs.
#[derive(Debug)]
pub struct Analysis {
    /// For who waits.
    pub took: Duration,
    /// Of the server, on all cores: what else the machine does counts less than in the time.
    pub processor: Duration,
    /// The bytes that the server then holds.
    pub heap: u64,
}

/// A workspace with this many services.
#[derive(Debug)]
pub struct Services {
    workspace: Workspace,
}

impl Services {
    /// Writes it.
    pub fn prepare(number: u32) -> Self {
        let folder = environment::cache().join("bench-services").join(number.to_string());
        let workspace = consumer::workspace(&folder, "bench_services");
        for number in 1..=number {
            let package = folder.join(format!("service-{number}"));
            for name in ARCHITECTURES {
                files::write(&package.join(name), name);
            }
            let build_file = consumer::service(&["description = \"Is counted\""]);
            files::write(&package.join("BUILD.bazel"), build_file);
        }
        Self { workspace }
    }

    /// Begins anew, with a server that knows nothing.
    pub fn restart(&self) {
        self.shut_down();
        self.workspace.run(&["info", "release"]).succeeded();
    }

    /// Ends the server: several at once would be short of memory.
    pub fn shut_down(&self) {
        self.workspace.run(&["shutdown"]).succeeded();
    }

    /// Analyses targets.
    pub fn analyse(&self, targets: &str) -> Analysis {
        let folder = tempfile::tempdir().expect("a folder");
        let events = folder.path().join("events");
        let option = format!("--build_event_json_file={}", events.display());
        let took = ended(&mut self.workspace.bazel(&["build", "--nobuild", &option, targets])).succeeded().took;
        let processor = processor(&fs::read_to_string(events).expect("Bazel's events"));
        let heap = stdout(&mut self.workspace.bazel(&["info", "used-heap-size-after-gc"]));
        let heap = bytes(&heap).unwrap_or_else(|| panic!("`{heap}` is no size"));
        Analysis { took, processor: processor.expect("a processor time"), heap }
    }

    /// How many targets a service has beside its program.
    pub fn targets(&self) -> u64 {
        let targets =
            stdout(&mut self.workspace.bazel(&["query", "kind(rule, //service-1:all) - //service-1:program"]));
        self.workspace.run(&["shutdown"]).succeeded();
        targets.lines().count() as u64
    }
}

/// The server's processor time, in what Bazel reports at a command's end.
fn processor(events: &str) -> Option<Duration> {
    let events = events.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let mut metrics = events.map(|event| event["buildMetrics"]["timingMetrics"]["cpuTimeInMs"].clone());
    let milliseconds = metrics.find_map(|value| value.as_str()?.parse().ok())?;
    Some(Duration::from_millis(milliseconds))
}

/// The size that Bazel prints, such as `35MB`.
fn bytes(text: &str) -> Option<u64> {
    let units = [("GB", 1 << 30), ("MB", 1 << 20), ("KB", 1 << 10)];
    units.into_iter().find_map(|(unit, factor)| Some(text.trim().strip_suffix(unit)?.parse::<u64>().ok()? * factor))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_as_bazel_prints_them() {
        for (text, expected) in [("35MB\n", Some(36_700_160)), ("9000KB", Some(9_216_000)), ("1GB", Some(1 << 30))] {
            assert_eq!(bytes(text), expected, "{text}");
        }
        assert_eq!(bytes("many"), None);
    }

    #[test]
    fn processor_time_is_in_the_metrics() {
        let events = "{\"id\":{\"progress\":{}}}\n{\"id\":{\"buildMetrics\":{}},\"buildMetrics\":{\"timingMetrics\":{\"cpuTimeInMs\":\"1250\"}}}\n";
        assert_eq!(processor(events), Some(Duration::from_millis(1250)));
        assert_eq!(processor("{}"), None);
    }
}
