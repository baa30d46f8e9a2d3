//! Running `image check` and `image inspect` on what is made to hurt: both end soon, in little memory, and write nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{Read as _, Seek as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant, SystemTime};

use serde_json::Value;

use crate::image;
use crate::support::layout::{Fixture, Written};

/// What the tool may use at most, in bytes.
pub const MEMORY: u64 = 200 * 1000 * 1000;

/// What it may use where nothing large is to be kept. The smaller this is, the smaller a bomb shows that it is not.
const LITTLE_MEMORY: u64 = 64 * 1024 * 1024;

/// What a run may take at most. An optimised build needs a tenth of it.
const TIME: Duration = Duration::from_mins(1);

/// A fixture after an edit, checked and inspected; the codes of the errors found.
pub fn found(bend: fn(&mut Fixture)) -> BTreeSet<String> {
    let mut fixture = Fixture::new();
    bend(&mut fixture);
    codes(&fixture.write())
}

/// Checks under the contract and inspects; the codes of the errors that the check found.
pub fn codes(written: &Written) -> BTreeSet<String> {
    codes_within(written, LITTLE_MEMORY)
}

/// The same with other bytes of memory.
pub fn codes_within(written: &Written, memory: u64) -> BTreeSet<String> {
    let contract = written.contract();
    let (status, report) = watch(written, &["check", "--json", "--contract", contract.to_str().unwrap()], memory);
    assert!(matches!(status, Some(0 | 1)), "{status:?} {report}");
    let (status, output) = watch(written, &["inspect"], memory);
    assert!(matches!(status, Some(0 | 2)), "{status:?} {output}");
    let report: Value = serde_json::from_str(&report).unwrap();
    let findings = report["findings"].as_array().unwrap();
    findings.iter().map(|finding| finding["code"].as_str().unwrap().to_owned()).collect()
}

/// The same for a layout that cannot even be opened.
pub fn assert_unopenable(written: &Written) {
    for verb in ["check", "inspect"] {
        assert_eq!(watch(written, &[verb], LITTLE_MEMORY).0, Some(2), "{verb}");
    }
}

pub fn set(codes: &[&str]) -> BTreeSet<String> {
    codes.iter().map(ToString::to_string).collect()
}

/// Runs the tool on the layout, in a folder that is empty; its exit status and what it prints.
fn watch(written: &Written, arguments: &[&str], memory: u64) -> (Option<i32>, String) {
    let empty = written.path("empty");
    fs::create_dir_all(&empty).unwrap();
    let folder = written.path("");
    let before = snapshot(&folder);
    let mut output = tempfile::tempfile().unwrap();
    let mut command = Command::new(image().get_program());
    command.args(arguments).arg(written.layout()).current_dir(&empty).env("HOME", &empty).env("TMPDIR", &empty);
    let status = run(command.stdout(output.try_clone().unwrap()), memory);
    assert_eq!(snapshot(&folder), before, "something was written");
    output.rewind().unwrap();
    let mut text = String::new();
    output.read_to_string(&mut text).unwrap();
    (status, text)
}

/// Runs the command to its end, watching time and memory.
fn run(command: &mut Command, memory: u64) -> Option<i32> {
    let mut child = command.stderr(Stdio::null()).spawn().unwrap();
    let status = format!("/proc/{}/status", child.id());
    let start = Instant::now();
    let mut peak = 0;
    loop {
        // `VmHWM` is the peak so far; a process that has ended has none.
        let text = fs::read_to_string(&status).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kibibytes = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse().ok());
        peak = peak.max(kibibytes.unwrap_or(0));
        if let Some(status) = child.try_wait().unwrap() {
            assert!(peak < memory / 1024, "used {peak} KiB");
            return status.code();
        }
        if start.elapsed() > TIME {
            child.kill().unwrap();
            panic!("still running after {TIME:?}, with {peak} KiB");
        }
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// Everything below a folder with its length and the time of its last change; links are not followed.
fn snapshot(folder: &Path) -> BTreeMap<PathBuf, (u64, SystemTime)> {
    let mut found = BTreeMap::new();
    let mut waiting = vec![folder.to_owned()];
    while let Some(path) = waiting.pop() {
        let metadata = fs::symlink_metadata(&path).unwrap();
        if metadata.is_dir() {
            waiting.extend(fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        }
        found.insert(path, (metadata.len(), metadata.modified().unwrap()));
    }
    found
}

/// A file of this length without any content on the disk.
pub fn sparse_file(path: &Path, length: u64) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    File::create(path).unwrap().set_len(length).unwrap();
}
