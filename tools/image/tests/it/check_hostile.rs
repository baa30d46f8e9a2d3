//! `image check` and `image inspect` on layouts made to hurt: they end soon, in little memory, with a finding.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write as _;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::fixture::{EntryFixture, Fixture, INDEX, LAYER, Written, gzip, header, put, write_top};
use super::fixture_elf::ElfFixture;
use super::image;

/// What the tool may use at most, in KiB.
const MEMORY: u64 = 200 * 1024;

/// What a run may take at most. An optimised build needs a tenth of it.
const TIME: Duration = Duration::from_mins(2);

const MIB: usize = 1024 * 1024;

/// Checks under the contract, watching time and memory; the codes of the errors found.
fn codes(written: &Written) -> BTreeSet<String> {
    let output = written.path("report.json");
    let mut command = Command::new(image().get_program());
    command.arg("check").arg(written.layout()).arg("--contract").arg(written.contract()).arg("--json");
    let status = watch(command.stdout(fs::File::create(&output).unwrap()));
    assert_eq!(status, Some(1), "{}", fs::read_to_string(&output).unwrap());
    let report: Value = serde_json::from_slice(&fs::read(&output).unwrap()).unwrap();
    let findings = report["findings"].as_array().unwrap();
    findings.iter().map(|finding| finding["code"].as_str().unwrap().to_owned()).collect()
}

/// Runs the command to its end; its exit status.
fn watch(command: &mut Command) -> Option<i32> {
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
            assert!(peak < MEMORY, "used {peak} KiB");
            return status.code();
        }
        if start.elapsed() > TIME {
            child.kill().unwrap();
            panic!("still running after {TIME:?}");
        }
        std::thread::sleep(Duration::from_millis(2));
    }
}

fn found(bend: fn(&mut Fixture)) -> BTreeSet<String> {
    let mut fixture = Fixture::new();
    bend(&mut fixture);
    codes(&fixture.write())
}

fn set(codes: &[&str]) -> BTreeSet<String> {
    codes.iter().map(ToString::to_string).collect()
}

/// A header of `kind` that claims `size` bytes of content.
fn claim(kind: u8, size: u64) -> Vec<u8> {
    let mut header = header(&EntryFixture::other("api", kind, ""));
    header.set_size(size);
    header.set_cksum();
    header.as_bytes().to_vec()
}

/// A gzip stream of `head` and 1 GiB of zeros, made of members so that making it is quick.
fn gzip_bomb(head: &[u8]) -> Vec<u8> {
    let zeros = gzip(&vec![0; 32 * MIB]);
    [gzip(head), zeros.repeat(32)].concat()
}

#[test]
fn a_gzip_bomb_in_the_binary_is_over_the_limit() {
    let codes = found(|fixture| fixture.first().compress = |_| gzip_bomb(&claim(b'0', 1 << 30)));
    assert_eq!(codes, set(&["diff-id", "binary-too-large"]));
}

#[test]
fn a_zstd_bomb_in_a_long_name_is_not_kept() {
    let codes = found(|fixture| {
        fixture.first().manifest = |manifest| manifest["layers"][1]["mediaType"] = json!(LAYER.replace("gzip", "zstd"));
        fixture.first().compress = |_| {
            let zeros = zstd::encode_all(vec![0; 32 * MIB].as_slice(), 1).unwrap();
            let head = zstd::encode_all(claim(b'L', 1 << 30).as_slice(), 1).unwrap();
            [head, zeros.repeat(32)].concat()
        };
    });
    assert_eq!(codes, set(&["diff-id", "layer-not-tar"]));
}

#[test]
fn a_zstd_window_beyond_the_limit_is_refused() {
    let codes = found(|fixture| {
        fixture.first().manifest = |manifest| manifest["layers"][1]["mediaType"] = json!(LAYER.replace("gzip", "zstd"));
        fixture.first().compress = |tar| {
            let mut encoder = zstd::Encoder::new(Vec::new(), 1).unwrap();
            encoder.window_log(27).unwrap();
            encoder.include_contentsize(false).unwrap();
            encoder.write_all(tar).unwrap();
            encoder.flush().unwrap();
            encoder.finish().unwrap()
        };
    });
    assert_eq!(codes, set(&["layer-compression"]));
}

#[test]
fn long_pax_records_are_not_kept() {
    let codes = found(|fixture| {
        fixture.first().tar = |_| {
            let mut tar = claim(b'x', 64 << 20);
            tar.resize(64 * MIB, b'a');
            tar
        };
    });
    assert_eq!(codes, set(&["layer-not-tar"]));
}

#[test]
fn a_claimed_size_is_not_believed() {
    let codes = found(|fixture| fixture.first().tar = |_| claim(b'0', 10 << 30));
    assert_eq!(codes, set(&["layer-broken-tar", "binary-too-large"]));
    let codes = found(|fixture| fixture.first().tar = |_| claim(b'0', u64::MAX / 2));
    assert_eq!(codes, set(&["layer-broken-tar", "binary-too-large"]));
}

#[test]
fn a_claimed_size_of_a_small_binary_is_not_believed() {
    let codes = found(|fixture| fixture.first().tar = |_| claim(b'0', 60 << 20));
    assert!(codes.contains("layer-broken-tar"), "{codes:?}");
}

#[test]
fn sparse_files_are_refused() {
    let codes = found(|fixture| {
        fixture.first().tar = |_| {
            let mut header = tar::Header::new_gnu();
            header.set_path("api").unwrap();
            header.set_entry_type(tar::EntryType::GNUSparse);
            header.set_mode(0o755);
            header.set_uid(0);
            header.set_gid(0);
            header.set_mtime(0);
            header.set_size(0);
            let gnu = header.as_gnu_mut().unwrap();
            // One block of no bytes at the end of 1 EiB.
            gnu.realsize = *b"\x80\0\0\0\x10\0\0\0\0\0\0\0";
            gnu.sparse[0].offset = *b"\x80\0\0\0\x10\0\0\0\0\0\0\0";
            gnu.sparse[0].numbytes = *b"00000000000\0";
            header.set_cksum();
            [header.as_bytes().to_vec(), vec![0; 1024]].concat()
        };
    });
    assert_eq!(codes, set(&["layer-sparse"]));
    let codes = found(|fixture| fixture.service().pax = vec![("GNU.sparse.major", "1")]);
    assert!(codes.contains("layer-broken-tar"), "{codes:?}");
}

#[test]
fn a_binary_at_the_limit_fits_into_memory() {
    let codes = found(|fixture| {
        fixture.first().tar = |_| {
            let mut elf = ElfFixture::new("arm64").build();
            elf.resize(64 * MIB, 0);
            super::fixture::tar(&[EntryFixture::file(elf)])
        };
    });
    assert_eq!(codes, set(&["elf-architecture"]));
}

#[test]
fn an_elf_file_of_headers_only_is_not_searched_for_ever() {
    let codes = found(|fixture| {
        fixture.first().tar = |_| {
            let mut elf = ElfFixture { section: Some((".text", 1)), ..ElfFixture::new("amd64") }.build();
            // As many program headers and sections as there can be, all over the whole file.
            elf[56..58].copy_from_slice(&0xfffe_u16.to_le_bytes());
            elf[60..62].copy_from_slice(&0xfeff_u16.to_le_bytes());
            elf.resize(32 * MIB, 2);
            super::fixture::tar(&[EntryFixture::file(elf)])
        };
    });
    assert_eq!(codes, set(&["elf-invalid"]));
}

#[test]
fn names_cannot_steer_the_terminal() {
    let mut fixture = Fixture::new();
    fixture.service().path = "a\x1b[2Jb\nc";
    let written = fixture.write();
    let mut command = image();
    let output = command.arg("check").arg(written.layout()).arg("--contract").arg(written.contract()).output().unwrap();
    let stdout = String::from_utf8(output.stdout).unwrap();
    assert!(stdout.contains("a\\u{1b}[2Jb\\nc"), "{stdout}");
    assert!(!stdout.contains('\x1b'));
}

#[test]
fn indexes_in_indexes_end() {
    let written = Fixture::new().write();
    let mut root = put(&written.layout(), INDEX, br#"{"schemaVersion":2,"manifests":[]}"#);
    for _ in 0..6 {
        // Three times the same: a walk without a limit visits three to the power of the depth.
        let index = json!({"schemaVersion": 2, "manifests": [root, root, root]});
        root = put(&written.layout(), INDEX, &serde_json::to_vec(&index).unwrap());
    }
    write_top(&written.layout(), &json!({"schemaVersion": 2, "manifests": [root]}));
    assert_eq!(codes(&written), set(&["index-too-deep", "platform-missing"]));
    let many = json!({"schemaVersion": 2, "manifests": vec![root; 2000]});
    write_top(&written.layout(), &many);
    assert_eq!(codes(&written), set(&["index-too-deep", "index-too-large", "layout-root", "platform-missing"]));
}

#[test]
fn json_is_bounded_in_size_and_depth() {
    let written = Fixture::new().write();
    for content in [b" ".repeat(5 * MIB), b"[".repeat(MIB), br#"{"a":"#.repeat(MIB / 2)] {
        fs::write(written.layout().join("index.json"), &content).unwrap();
        for verb in ["check", "inspect"] {
            let mut command = Command::new(image().get_program());
            let status = watch(command.arg(verb).arg(written.layout()).stdout(Stdio::null()));
            assert_eq!(status, Some(2), "{verb}");
        }
    }
    let large = put(&written.layout(), INDEX, &b" ".repeat(5 * MIB));
    let nested = put(&written.layout(), INDEX, &b"[".repeat(MIB));
    write_top(&written.layout(), &json!({"schemaVersion": 2, "manifests": [large, nested]}));
    assert_eq!(codes(&written), set(&["json-too-large", "json-invalid", "layout-root", "platform-missing"]));
}

#[test]
fn more_findings_than_anybody_reads_are_counted() {
    let mut fixture = Fixture::new();
    let labels: Vec<_> = (0..5000).map(|number| format!("label-{number}")).collect();
    fixture.contract["required_labels"] = json!(labels);
    let written = fixture.write();
    let mut command = image();
    command.arg("check").arg(written.layout()).arg("--contract").arg(written.contract()).arg("--json");
    let report: Value = serde_json::from_slice(&command.output().unwrap().stdout).unwrap();
    assert_eq!(report["findings"].as_array().unwrap().len(), 200);
    assert_eq!(report["omitted"], 9800);
    assert_eq!(report["errors"], 10_000);
}
