//! `image check` and `image inspect` on layers made to hurt: bombs, claims, names, and ELF files. Every case goes through
//! `watched`: time, memory, nothing written.

use std::io::Write as _;

use serde_json::json;

use super::Case;
use crate::image;
use crate::support::elf::ElfFixture;
use crate::support::layout::{EntryFixture, Fixture, LAYER, Written, gzip, header};
use crate::support::watched::{MEMORY, codes, codes_within, found, set};

const MIB: usize = 1024 * 1024;

/// More than the tool may use for it, and no more than that: unoptimised builds take seconds to hash it.
const BOMB: usize = 72 * MIB;

/// How the stream of a bomb is put together.
const PIECE: usize = 8 * MIB;

/// A header of `kind` that claims `size` bytes of content.
fn claim(kind: u8, size: u64) -> Vec<u8> {
    let mut header = header(&EntryFixture::other("api", kind, ""));
    header.set_size(size);
    header.set_cksum();
    header.as_bytes().to_vec()
}

/// A gzip stream of `head` and as many of the byte as no process may keep; made of members, so that making it is quick.
fn gzip_bomb(head: &[u8], filling: u8) -> Vec<u8> {
    [gzip(head), gzip(&vec![filling; PIECE]).repeat(BOMB / PIECE)].concat()
}

/// The same of zstd frames.
fn zstd_bomb(head: &[u8]) -> Vec<u8> {
    [zstd(head), zstd(&vec![0; PIECE]).repeat(BOMB / PIECE)].concat()
}

fn zstd(bytes: &[u8]) -> Vec<u8> {
    zstd::encode_all(bytes, 1).unwrap()
}

/// The service's layer of the first image is this zstd blob.
fn zstd_layer(fixture: &mut Fixture, compress: fn(&[u8]) -> Vec<u8>) {
    fixture.first().manifest = |manifest| manifest["layers"][1]["mediaType"] = json!(LAYER.replace("gzip", "zstd"));
    fixture.first().compress = compress;
}

/// With a window of 2 to the power of this.
fn zstd_window(tar: &[u8], window: u32) -> Vec<u8> {
    let mut encoder = zstd::Encoder::new(Vec::new(), 1).unwrap();
    encoder.window_log(window).unwrap();
    encoder.include_contentsize(false).unwrap();
    encoder.write_all(tar).unwrap();
    encoder.flush().unwrap();
    encoder.finish().unwrap()
}

/// One block of no bytes at the end of 1 EiB.
fn sparse_entry() -> Vec<u8> {
    let mut header = header(&EntryFixture::other("api", b'S', ""));
    let gnu = header.as_gnu_mut().unwrap();
    gnu.realsize = *b"\x80\0\0\0\x10\0\0\0\0\0\0\0";
    gnu.sparse[0].offset = *b"\x80\0\0\0\x10\0\0\0\0\0\0\0";
    gnu.sparse[0].numbytes = *b"00000000000\0";
    header.set_cksum();
    [header.as_bytes().to_vec(), vec![0; 1024]].concat()
}

/// As many program headers and sections as there can be, all over the whole file.
fn headers_only() -> Vec<u8> {
    let mut elf = ElfFixture { section: Some((".text", 1)), ..ElfFixture::new("amd64") }.build();
    elf[56..58].copy_from_slice(&0xfffe_u16.to_le_bytes());
    elf[60..62].copy_from_slice(&0xfeff_u16.to_le_bytes());
    elf.resize(16 * MIB, 2);
    elf
}

#[test]
fn what_a_layer_claims_is_not_believed() {
    for (name, expected, bend) in CASES {
        assert_eq!(found(*bend), set(expected), "{name}");
    }
}

const CASES: &[Case] = &[
    ("a gzip bomb in the binary", &["diff-id", "binary-too-large"], |fixture| {
        fixture.first().compress = |_| gzip_bomb(&claim(b'0', BOMB as u64), 0);
    }),
    ("a zstd bomb in a long name", &["diff-id", "layer-broken-tar", "document-form"], |fixture| {
        zstd_layer(fixture, |_| zstd_bomb(&claim(b'L', BOMB as u64)));
    }),
    ("long pax records", &["diff-id", "layer-broken-tar"], |fixture| {
        fixture.first().compress = |_| gzip_bomb(&claim(b'x', BOMB as u64), b'a');
    }),
    ("a zstd window beyond the limit", &["layer-compression", "document-form"], |fixture| {
        zstd_layer(fixture, |tar| zstd_window(tar, 28));
    }),
    // The largest that a frame header can claim, 3.75 TiB (RFC 8878, section 3.1.1.1.2), and a last empty block.
    ("the largest zstd window", &["layer-compression", "document-form"], |fixture| {
        zstd_layer(fixture, |_| b"\x28\xb5\x2f\xfd\x00\xff\x01\0\0".to_vec());
    }),
    ("skippable frames, which are no content", &["layer-form", "document-form"], |fixture| {
        zstd_layer(fixture, |tar| [b"\x50\x2a\x4d\x18\0\0\0\0".repeat(100_000), zstd(tar)].concat());
    }),
    ("a skippable frame of 4 GiB that is not there", &["layer-compression", "document-form"], |fixture| {
        zstd_layer(fixture, |_| b"\x50\x2a\x4d\x18\xff\xff\xff\xff".to_vec());
    }),
    ("a gzip name that does not end (RFC 1952, FNAME)", &["layer-compression"], |fixture| {
        fixture.first().compress = |_| [&b"\x1f\x8b\x08\x08\0\0\0\0\0\0"[..], &vec![b'a'; MIB]].concat();
    }),
    ("a gzip trailer (RFC 1952, ISIZE) of 4 GiB", &["layer-compression"], |fixture| {
        fixture.first().compress = |tar| {
            let mut layer = gzip(tar);
            let length = layer.len();
            layer[length - 4..].fill(0xff);
            layer
        };
    }),
    ("an entry of 10 GiB", &["layer-broken-tar", "binary-too-large"], |fixture| {
        fixture.first().tar = |_| claim(b'0', 10 << 30);
    }),
    ("an entry of half of all bytes", &["layer-broken-tar", "binary-too-large"], |fixture| {
        fixture.first().tar = |_| claim(b'0', u64::MAX / 2);
    }),
    ("a small binary that is not there", &["layer-broken-tar", "elf-invalid"], |fixture| {
        fixture.first().tar = |_| claim(b'0', 60 << 20);
    }),
    ("a sparse file", &["layer-sparse"], |fixture| fixture.first().tar = |_| sparse_entry()),
    ("a sparse file of pax", &["layer-sparse"], |fixture| {
        fixture.service().pax = vec![("GNU.sparse.realsize", "1099511627776")];
    }),
    ("an ELF file of headers only", &["elf-invalid"], |fixture| {
        fixture.first().tar = |_| crate::support::layout::tar(&[EntryFixture::file(headers_only())]);
    }),
];

fn codes_of(fixture: Fixture) -> std::collections::BTreeSet<String> {
    codes(&fixture.write())
}

#[test]
fn names_that_lead_out_lead_nowhere() {
    let mut fixture = Fixture::new();
    fixture.images[0].entries.extend([
        EntryFixture { path: "../../outside", ..EntryFixture::file(b"x".to_vec()) },
        EntryFixture { path: "/tmp/absolute", ..EntryFixture::file(b"x".to_vec()) },
        EntryFixture::other("root", b'2', "/"),
        EntryFixture { path: "root/tmp/through-a-link", ..EntryFixture::file(b"x".to_vec()) },
        EntryFixture::other("up", b'2', "../../.."),
        EntryFixture::other("hard", b'1', "../../etc/passwd"),
        EntryFixture::other("device", b'3', ""),
        EntryFixture::other("fifo", b'6', ""),
    ]);
    assert_eq!(codes_of(fixture), set(&["layer-path", "extra-entry"]));
}

#[test]
fn names_are_not_kept_at_any_length() {
    let long = |letter: u8| [b"../".to_vec(), vec![letter; MIB - 4096]].concat();
    let entries = (b'a'..b'q').map(|letter| {
        let name = long(letter);
        let mut entry = header(&EntryFixture { mode: 0o4755, ..EntryFixture::other("x", b'0', "") });
        entry.set_size(0);
        entry.set_cksum();
        let padding = vec![0; name.len().next_multiple_of(512) - name.len()];
        [claim(b'L', name.len() as u64), name, padding, entry.as_bytes().to_vec()].concat()
    });
    let tar: Vec<u8> = entries.flatten().collect();
    // Another one each time: equal ones are read once.
    let layers: Vec<_> = (0..4).map(|number| zstd(&[&tar[..], &vec![0; 1024 + 512 * number]].concat())).collect();
    let written = Fixture::new().write();
    written.replace_layers(&LAYER.replace("gzip", "zstd"), &layers);
    assert!(codes(&written).contains("layer-broken-tar"));
}

#[test]
fn entries_beyond_counting_take_no_memory() {
    let entries = zstd(&claim(b'5', 0).repeat(10_000));
    let written = Fixture::new().write();
    written.replace_layers(&LAYER.replace("gzip", "zstd"), &[entries.repeat(5)]);
    assert!(codes(&written).contains("extra-entry"));
}

#[test]
fn thousands_of_layers_take_little_memory() {
    let entry = |mtime| header(&EntryFixture { mtime, ..EntryFixture::other("a", b'5', "") });
    let layer = |number| gzip(&[entry(number).as_bytes().to_vec(), vec![0; 1024]].concat());
    let layers: Vec<_> = (0..1000).map(layer).collect();
    let written = Fixture::new().write();
    written.replace_layers(LAYER, &layers);
    assert_eq!(codes(&written), set(&["diff-id"]));
}

/// An executable as large as it may be.
fn at_the_limit() -> Vec<u8> {
    let mut elf = ElfFixture::new("arm64").build();
    elf.resize(64 * MIB, 0);
    crate::support::layout::tar(&[EntryFixture::file(elf)])
}

#[test]
fn a_binary_at_the_limit_fits_into_memory() {
    let mut fixture = Fixture::new();
    fixture.first().tar = |_| at_the_limit();
    assert_eq!(codes_within(&fixture.write(), MEMORY), set(&["elf-architecture"]));
}

#[test]
fn a_window_at_the_limit_fits_into_memory() {
    let mut fixture = Fixture::new();
    fixture.first().tar = |_| at_the_limit();
    zstd_layer(&mut fixture, |tar| zstd_window(tar, 27));
    assert_eq!(codes_within(&fixture.write(), MEMORY), set(&["layer-form", "document-form"]));
}

#[test]
fn names_cannot_steer_the_terminal() {
    let mut fixture = Fixture::new();
    fixture.service().path = "a\x1b[2Jb\nc";
    let written: Written = fixture.write();
    let mut command = image();
    let output = command.arg("check").arg(written.layout()).arg("--contract").arg(written.contract()).output().unwrap();
    let stdout = String::from_utf8(output.stdout).unwrap();
    assert!(stdout.contains("a\\u{1b}[2Jb\\nc"), "{stdout}");
    assert!(!stdout.contains('\x1b'));
}
