//! `image check` and `image inspect` on layers made to hurt: bombs, claims, names, and ELF files. Every case goes through
//! `watched`: time, memory, nothing written.

use std::io::Write as _;

use serde_json::json;

use super::fixture::{EntryFixture, Fixture, LAYER, Written, gzip, header};
use super::fixture_elf::ElfFixture;
use super::image;
use super::watched::{MEMORY, codes, codes_within, found, set};

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

#[test]
fn a_gzip_bomb_in_the_binary_is_over_the_limit() {
    let codes = found(|fixture| fixture.first().compress = |_| gzip_bomb(&claim(b'0', BOMB as u64), 0));
    assert_eq!(codes, set(&["diff-id", "binary-too-large"]));
}

#[test]
fn a_zstd_bomb_in_a_long_name_is_not_kept() {
    let codes = found(|fixture| zstd_layer(fixture, |_| zstd_bomb(&claim(b'L', BOMB as u64))));
    assert_eq!(codes, set(&["diff-id", "layer-broken-tar", "document-form"]));
}

#[test]
fn long_pax_records_are_not_kept() {
    let codes = found(|fixture| fixture.first().compress = |_| gzip_bomb(&claim(b'x', BOMB as u64), b'a'));
    assert_eq!(codes, set(&["diff-id", "layer-broken-tar"]));
}

#[test]
fn a_zstd_window_beyond_the_limit_is_refused() {
    let codes = found(|fixture| {
        zstd_layer(fixture, |tar| {
            let mut encoder = zstd::Encoder::new(Vec::new(), 1).unwrap();
            encoder.window_log(28).unwrap();
            encoder.include_contentsize(false).unwrap();
            encoder.write_all(tar).unwrap();
            encoder.flush().unwrap();
            encoder.finish().unwrap()
        });
    });
    assert_eq!(codes, set(&["layer-compression", "document-form"]));
    // The largest window that a frame header can claim, 3.75 TiB (RFC 8878, section 3.1.1.1.2), and a last empty block.
    let codes = found(|fixture| zstd_layer(fixture, |_| b"\x28\xb5\x2f\xfd\x00\xff\x01\0\0".to_vec()));
    assert_eq!(codes, set(&["layer-compression", "document-form"]));
}

#[test]
fn skippable_frames_are_no_content() {
    let codes = found(|fixture| {
        zstd_layer(fixture, |tar| [b"\x50\x2a\x4d\x18\0\0\0\0".repeat(100_000), zstd(tar)].concat());
    });
    assert_eq!(codes, set(&["layer-form", "document-form"]));
    // 4 GiB are claimed, nothing is there.
    let codes = found(|fixture| zstd_layer(fixture, |_| b"\x50\x2a\x4d\x18\xff\xff\xff\xff".to_vec()));
    assert_eq!(codes, set(&["layer-compression", "document-form"]));
}

#[test]
fn gzip_headers_and_trailers_are_not_believed() {
    // A name that does not end (RFC 1952, FNAME).
    let codes = found(|fixture| {
        fixture.first().compress = |_| [&b"\x1f\x8b\x08\x08\0\0\0\0\0\0"[..], &vec![b'a'; MIB]].concat();
    });
    assert_eq!(codes, set(&["layer-compression"]));
    // ISIZE, the last four bytes, claims 4 GiB.
    let codes = found(|fixture| {
        fixture.first().compress = |tar| {
            let mut layer = gzip(tar);
            let length = layer.len();
            layer[length - 4..].fill(0xff);
            layer
        };
    });
    assert_eq!(codes, set(&["layer-compression"]));
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
    for pax in [("GNU.sparse.major", "1"), ("GNU.sparse.realsize", "1099511627776"), ("GNU.sparse.map", "0,1,9,1")] {
        let mut fixture = Fixture::new();
        fixture.service().pax = vec![pax];
        let codes = codes_of(fixture);
        assert!(codes.contains("layer-sparse"), "{codes:?}");
    }
}

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
    super::fixture::tar(&[EntryFixture::file(elf)])
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
    zstd_layer(&mut fixture, |tar| {
        let mut encoder = zstd::Encoder::new(Vec::new(), 1).unwrap();
        encoder.window_log(27).unwrap();
        encoder.include_contentsize(false).unwrap();
        encoder.write_all(tar).unwrap();
        encoder.finish().unwrap()
    });
    assert_eq!(codes_within(&fixture.write(), MEMORY), set(&["layer-form", "document-form"]));
}

#[test]
fn an_elf_file_of_headers_only_is_not_searched_for_ever() {
    let codes = found(|fixture| {
        fixture.first().tar = |_| {
            let mut elf = ElfFixture { section: Some((".text", 1)), ..ElfFixture::new("amd64") }.build();
            // As many program headers and sections as there can be, all over the whole file.
            elf[56..58].copy_from_slice(&0xfffe_u16.to_le_bytes());
            elf[60..62].copy_from_slice(&0xfeff_u16.to_le_bytes());
            elf.resize(16 * MIB, 2);
            super::fixture::tar(&[EntryFixture::file(elf)])
        };
    });
    assert_eq!(codes, set(&["elf-invalid"]));
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
