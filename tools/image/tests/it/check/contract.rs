//! `image check --contract`: every rule of the contract, broken in each way that it can be.

use std::fs;

use serde_json::{Value, json};

use crate::check::{Case, run_with_contract};
use crate::support::elf::ElfFixture;
use crate::support::layout::{EntryFixture, Fixture, ImageFixture, MTIME, Written, put};

#[test]
fn a_wrong_index_is_found() {
    run_with_contract(INDEX_CASES);
}

const INDEX_CASES: &[Case] = &[
    ("missing platform", &["platform-missing"], |fixture| drop(fixture.images.pop())),
    ("extra platform", &["platform-unexpected", "elf-architecture"], |fixture| {
        let mut image = ImageFixture::new("riscv64");
        image.entries[0].content = ElfFixture { machine: 62, ..ElfFixture::new("amd64") }.build();
        fixture.images.push(image);
    }),
    ("duplicate platform", &["platform-duplicate"], |fixture| fixture.images.push(ImageFixture::new("arm64"))),
    ("arm64 with and without v8", &["platform-duplicate", "document-form"], |fixture| {
        let mut image = ImageFixture::new("arm64");
        image.platform["variant"] = json!("v8");
        image.config["variant"] = json!("v8");
        fixture.images.push(image);
    }),
    ("another variant", &["platform-missing", "platform-unexpected"], |fixture| {
        fixture.images[1].platform["variant"] = json!("v9");
        fixture.images[1].config["variant"] = json!("v9");
    }),
    ("no platform in the index", &["platform-undeclared", "document-form"], |fixture| {
        fixture.index = |index| drop(index["manifests"][0].as_object_mut().unwrap().remove("platform"));
    }),
    ("another platform in the index", &["platform-mismatch", "document-form"], |fixture| {
        fixture.first().platform["architecture"] = json!("s390x");
    }),
    ("latest", &["tag-latest"], |fixture| {
        fixture.index_json =
            |index| index["manifests"][0]["annotations"] = json!({"org.opencontainers.image.ref.name": "latest"});
    }),
    ("latest with a repository", &["tag-latest"], |fixture| {
        fixture.index_json =
            |index| index["manifests"][0]["annotations"] = json!({"io.containerd.image.name": "a.example/b:latest"});
    }),
    ("two roots", &["layout-root", "platform-duplicate"], |fixture| {
        fixture.index_json = |index| {
            let root = index["manifests"][0].clone();
            index["manifests"].as_array_mut().unwrap().push(root);
        };
    }),
    ("no root", &["layout-empty", "platform-missing"], |fixture| {
        fixture.index_json = |index| index["manifests"] = json!([]);
    }),
    ("an artifact", &["not-an-image"], |fixture| {
        fixture.images[1].manifest = |_| {};
        fixture.after = add_artifact;
    }),
];

/// Adds an SBOM-like manifest to `index.json`'s index.
fn add_artifact(written: &Written) {
    let layout = written.layout();
    let empty = put(&layout, "application/vnd.oci.empty.v1+json", b"{}");
    let manifest = json!({
        "schemaVersion": 2,
        "mediaType": crate::support::layout::MANIFEST,
        "artifactType": "application/spdx+json",
        "config": empty,
        "layers": [empty],
    });
    let artifact = put(&layout, crate::support::layout::MANIFEST, &serde_json::to_vec(&manifest).unwrap());
    let top: Value = serde_json::from_slice(&fs::read(layout.join("index.json")).unwrap()).unwrap();
    let root = top["manifests"][0]["digest"].as_str().unwrap();
    let mut index: Value = serde_json::from_slice(&fs::read(written.blob(root)).unwrap()).unwrap();
    index["manifests"].as_array_mut().unwrap().push(artifact);
    let root = put(&layout, crate::support::layout::INDEX, &serde_json::to_vec(&index).unwrap());
    crate::support::layout::write_top(&layout, &json!({"schemaVersion": 2, "manifests": [root]}));
}

#[test]
fn a_wrong_file_is_found() {
    run_with_contract(FILE_CASES);
}

const FILE_CASES: &[Case] = &[
    ("second file", &["extra-entry"], |fixture| {
        let second = EntryFixture { path: "debug", ..EntryFixture::file(Vec::new()) };
        fixture.first().entries.push(second);
    }),
    ("a folder above it", &["extra-entry"], |fixture| {
        fixture.first().entries.insert(0, EntryFixture::other("./", b'5', ""));
    }),
    ("a file of the base removed", &["extra-entry"], |fixture| {
        let whiteout = EntryFixture { path: "etc/.wh.passwd", ..EntryFixture::file(Vec::new()) };
        fixture.first().entries.push(whiteout);
    }),
    ("the service twice", &["extra-entry", "layer-duplicate"], |fixture| {
        let again = fixture.service().clone();
        fixture.first().entries.push(again);
    }),
    ("more entries than are kept", &["extra-entry", "layer-duplicate"], |fixture| {
        let more = EntryFixture { path: "more", ..EntryFixture::file(Vec::new()) };
        fixture.first().entries.extend(std::iter::repeat_n(more, 40));
    }),
    ("another name", &["binary-missing", "extra-entry", "layer-form"], |fixture| fixture.service().path = "bin/api"),
    ("no entry", &["binary-missing"], |fixture| fixture.first().entries.clear()),
    ("symlink", &["binary-type", "layer-form"], |fixture| {
        *fixture.service() = EntryFixture::other("api", b'2', "etc/passwd");
    }),
    ("hard link", &["binary-type", "layer-form"], |fixture| {
        *fixture.service() = EntryFixture::other("api", b'1', "etc/passwd");
    }),
    ("device", &["binary-type", "layer-form"], |fixture| *fixture.service() = EntryFixture::other("api", b'3', "")),
    ("FIFO", &["binary-type", "layer-form"], |fixture| *fixture.service() = EntryFixture::other("api", b'6', "")),
    ("mode 0555", &["file-mode"], |fixture| fixture.service().mode = 0o555),
    ("mode 0777", &["file-mode"], |fixture| fixture.service().mode = 0o777),
    ("sticky", &["file-mode"], |fixture| fixture.service().mode = 0o1755),
    ("setuid", &["file-setuid"], |fixture| fixture.service().mode = 0o4755),
    ("setgid", &["file-setuid"], |fixture| fixture.service().mode = 0o2755),
    ("uid", &["file-owner"], |fixture| fixture.service().uid = 1000),
    ("gid", &["file-owner"], |fixture| fixture.service().gid = 1000),
    ("uid in pax", &["file-owner", "layer-form"], |fixture| fixture.service().pax = vec![("uid", "1000")]),
    ("owner by name", &["file-owner-name"], |fixture| fixture.service().user_name = "builder"),
    ("owner by name in pax", &["file-owner-name", "layer-form"], |fixture| {
        fixture.service().pax = vec![("gname", "staff")];
    }),
    ("mtime on one platform", &["file-mtime"], |fixture| fixture.service().mtime = MTIME + 1),
    ("mtime differs without one asked for", &["file-mtime"], |fixture| {
        fixture.contract.as_object_mut().unwrap().remove("mtime");
        fixture.service().mtime = MTIME + 1;
    }),
    ("mtime with fractions", &["file-mtime", "layer-form"], |fixture| fixture.service().pax = vec![("mtime", "1.5")]),
    ("negative mtime", &["file-mtime", "layer-form"], |fixture| fixture.service().pax = vec![("mtime", "-1")]),
    ("capabilities", &["file-attributes", "layer-form"], |fixture| {
        fixture.service().pax = vec![("SCHILY.xattr.security.capability", "x")];
    }),
];

#[test]
fn a_wrong_binary_is_found() {
    run_with_contract(BINARY_CASES);
}

const BINARY_CASES: &[Case] = &[
    ("other architecture", &["elf-architecture"], |fixture| {
        fixture.service().content = ElfFixture::new("arm64").build();
    }),
    ("32 bit", &["elf-invalid"], |fixture| fixture.service().content[4] = 1),
    ("dynamic loader", &["elf-interpreter"], |fixture| {
        let elf = ElfFixture { interpreter: Some("/lib/ld-musl-x86_64.so.1"), ..ElfFixture::new("amd64") };
        fixture.service().content = elf.build();
    }),
    ("shared library needed", &["elf-needed"], |fixture| {
        let elf = ElfFixture { needed: Some("libc.so"), kind: 3, ..ElfFixture::new("amd64") };
        fixture.service().content = elf.build();
    }),
    ("both", &["elf-interpreter", "elf-needed"], |fixture| {
        let elf =
            ElfFixture { needed: Some("libc.so.6"), interpreter: Some("/lib64/ld.so"), ..ElfFixture::new("amd64") };
        fixture.service().content = elf.build();
    }),
    ("symbols", &["elf-not-stripped"], |fixture| {
        fixture.service().content = ElfFixture { section: Some((".symtab", 2)), ..ElfFixture::new("amd64") }.build();
    }),
    ("debug information", &["elf-not-stripped"], |fixture| {
        let elf = ElfFixture { section: Some((".debug_info", 1)), ..ElfFixture::new("amd64") };
        fixture.service().content = elf.build();
    }),
    ("an object file", &["elf-type"], |fixture| {
        fixture.service().content = ElfFixture { kind: 1, ..ElfFixture::new("amd64") }.build();
    }),
    ("a shared library", &["elf-entry"], |fixture| {
        fixture.service().content = ElfFixture { kind: 3, entry: 0, ..ElfFixture::new("amd64") }.build();
    }),
    ("a script", &["elf-invalid"], |fixture| fixture.service().content = b"#!/bin/sh\n".to_vec()),
    ("nothing", &["elf-invalid"], |fixture| fixture.service().content.clear()),
    ("truncated", &["elf-invalid"], |fixture| fixture.service().content.truncate(100)),
    ("more bytes than memory", &["elf-invalid"], |fixture| segment(fixture, 40, 1)),
    ("memory without end", &["elf-invalid"], |fixture| segment(fixture, 40, 1 << 62)),
    ("memory up to the end of all addresses", &["elf-invalid"], |fixture| segment(fixture, 40, u64::MAX)),
    ("an address of the kernel", &["elf-invalid"], |fixture| segment(fixture, 16, 1 << 63)),
    ("the first address that is no process's", &["elf-invalid"], |fixture| segment(fixture, 16, (1 << 47) - 4096)),
    ("an address that is not that of its page", &["elf-invalid"], |fixture| segment(fixture, 16, 0x1001)),
    ("more program headers than can be counted", &["elf-invalid"], |fixture| {
        fixture.service().content = ElfFixture { section: Some((".text", 1)), ..ElfFixture::new("amd64") }.build();
        let content = &mut fixture.service().content;
        let sections = usize::try_from(u64::from_le_bytes(content[40..48].try_into().unwrap())).unwrap();
        content[56..58].copy_from_slice(&0xffff_u16.to_le_bytes());
        // The number in the place that object files have for it, `sh_info` of the first section.
        content[sections + 44..sections + 48].copy_from_slice(&1_u32.to_le_bytes());
    }),
    ("memory beyond the file", &[], |fixture| segment(fixture, 40, 1 << 30)),
];

/// Sets a word of the only program header.
fn segment(fixture: &mut Fixture, place: usize, value: u64) {
    fixture.service().content[64 + place..64 + place + 8].copy_from_slice(&value.to_le_bytes());
}

#[test]
fn a_wrong_config_is_found() {
    run_with_contract(CONFIG_CASES);
}

const CONFIG_CASES: &[Case] = &[
    ("other entrypoint", &["entrypoint"], |fixture| set(fixture, "Entrypoint", json!(["/other"]))),
    ("relative entrypoint", &["entrypoint"], |fixture| set(fixture, "Entrypoint", json!(["api"]))),
    ("arguments in the entrypoint", &["entrypoint"], |fixture| set(fixture, "Entrypoint", json!(["/api", "-v"]))),
    ("no entrypoint", &["entrypoint"], |fixture| set(fixture, "Entrypoint", json!(null))),
    ("shell", &["entrypoint-shell"], |fixture| set(fixture, "Entrypoint", json!(["/bin/sh", "-c", "/api"]))),
    ("busybox", &["entrypoint-shell"], |fixture| set(fixture, "Entrypoint", json!(["/busybox", "sh"]))),
    ("default arguments", &["cmd", "document-form"], |fixture| set(fixture, "Cmd", json!(["run"]))),
    ("root by number", &["user-root"], |fixture| set(fixture, "User", json!("0"))),
    ("root by name", &["user-root"], |fixture| set(fixture, "User", json!("root"))),
    ("root with a group", &["user-root"], |fixture| set(fixture, "User", json!("00:65532"))),
    ("empty user", &["user-missing"], |fixture| set(fixture, "User", json!(""))),
    ("no user", &["user-missing"], |fixture| set(fixture, "User", json!(null))),
    ("user by name", &["user-not-numeric"], |fixture| set(fixture, "User", json!("nonroot"))),
    ("other user", &["user"], |fixture| set(fixture, "User", json!("1000"))),
    ("root's group", &["user"], |fixture| set(fixture, "User", json!("65532:0"))),
    ("no labels", &["label-missing"], |fixture| set(fixture, "Labels", json!(null))),
    ("empty label", &["label-missing"], |fixture| {
        let labels = json!({"org.opencontainers.image.title": "api", "org.opencontainers.image.source": " "});
        set(fixture, "Labels", labels);
    }),
    ("other label", &["label-value"], |fixture| {
        let labels = json!({"org.opencontainers.image.title": "web", "org.opencontainers.image.source": "x"});
        set(fixture, "Labels", labels);
    }),
    ("wall clock", &["created-not-epoch", "created-differs"], |fixture| {
        fixture.first().config["created"] = json!("2026-01-02T03:04:05Z");
    }),
    ("wall clock on a release", &["created-differs"], |fixture| {
        fixture.contract["stamped"] = json!(true);
        fixture.images[0].config["created"] = json!("2026-01-02T03:04:05Z");
        fixture.images[1].config["created"] = json!("2026-01-02T03:04:06Z");
    }),
    ("epoch on a release", &["created-not-stamped"], |fixture| fixture.contract["stamped"] = json!(true)),
    ("no time", &["created-missing", "created-differs"], |fixture| {
        fixture.first().config["created"] = json!(null);
    }),
    ("no such time", &["created-invalid", "platform-missing"], |fixture| created(fixture, "yesterday")),
    ("a blank for the T", &["created-invalid", "platform-missing"], |fixture| {
        created(fixture, "1970-01-01 00:00:00Z");
    }),
    ("small letters", &["created-invalid", "platform-missing"], |fixture| created(fixture, "1970-01-01t00:00:00z")),
    ("a leap second", &["created-invalid", "platform-missing"], |fixture| created(fixture, "2016-12-31T23:59:60Z")),
    ("the epoch elsewhere", &["created-not-epoch", "created-differs"], |fixture| {
        created(fixture, "1970-01-01T23:59:00+23:59");
    }),
    ("the epoch with a fraction", &["created-not-epoch", "created-differs"], |fixture| {
        created(fixture, "1970-01-01T00:00:00.0000000000000Z");
    }),
    ("the epoch on both elsewhere", &["created-not-epoch"], |fixture| {
        for image in &mut fixture.images {
            image.config["created"] = json!("1970-01-01T00:00:00+00:00");
        }
    }),
    ("a release with a fraction", &["document-form"], |fixture| {
        fixture.contract["stamped"] = json!(true);
        for image in &mut fixture.images {
            image.config["created"] = json!("2025-02-03T04:05:06.5Z");
        }
    }),
    ("a release with an offset", &["document-form"], |fixture| {
        fixture.contract["stamped"] = json!(true);
        for image in &mut fixture.images {
            image.config["created"] = json!("2025-02-03T05:05:06+01:00");
        }
    }),
];

fn created(fixture: &mut Fixture, time: &str) {
    fixture.first().config["created"] = json!(time);
}

/// Sets a field of the first image's `config.config`.
fn set(fixture: &mut Fixture, field: &str, value: Value) {
    fixture.first().config["config"][field] = value;
}

#[test]
fn a_wrong_base_is_found() {
    run_with_contract(BASE_CASES);
}

const BASE_CASES: &[Case] = &[
    ("another base", &["base-mismatch"], |fixture| {
        fixture.first().manifest = |manifest| {
            let layers = manifest["layers"].as_array_mut().unwrap();
            layers[0] = layers[1].clone();
        };
        let tar = crate::support::layout::tar(&fixture.first().entries);
        let diff_id = crate::support::layout::digest(&tar);
        fixture.first().config["rootfs"] = json!({"type": "layers", "diff_ids": [diff_id, diff_id]});
    }),
    ("no base for the platform", &["base-platform", "extra-entry", "layer-extra"], |fixture| {
        fixture.contract["base_layouts"] = json!(["BASE-0"]);
        fixture.after = |written| {
            let contract = fs::read_to_string(written.contract()).unwrap();
            let base = written.path("base-0").display().to_string();
            fs::write(written.contract(), contract.replace("BASE-0", &base)).unwrap();
        };
    }),
    ("nothing above it", &["layer-none", "document-form"], |fixture| {
        fixture.first().manifest = |manifest| drop(manifest["layers"].as_array_mut().unwrap().pop());
        let base = crate::support::layout::digest(fixture.first().base.as_ref().unwrap());
        fixture.first().config["rootfs"] = json!({"type": "layers", "diff_ids": [base]});
        fixture.first().config["history"] = json!([{"created_by": "base"}]);
    }),
];
