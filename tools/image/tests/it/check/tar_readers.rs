//! What the tool makes of layers, beside Go's reader and GNU tar: where it finds nothing wrong, all three see the same.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::check::tar_programs::{Go, Listing, gnu, ours};
use crate::support::layout::{EntryFixture, seal};

/// How many archives are made. Starting GNU tar for each is what takes time.
const ARCHIVES: usize = 1200;

/// A generator of numbers that are the same in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % u64::try_from(limit).unwrap()).unwrap()
    }

    fn of<'a, T: ?Sized>(&mut self, values: &[&'a T]) -> &'a T {
        values[self.below(values.len())]
    }
}

/// What is put over a header: a place, and what may come there.
const CHANGES: &[(usize, &[&[u8]])] = &[
    (0, &[b"api/\0", b"api/.\0", b"\0", b"./x\0", b"a b\0", b"/abs\0", b"..\0", b"d/\0", b"ev\0il", b".\0", b"./\0"]),
    (100, &[b"0000755\0", b"0004755\0", b"0120755\0", b"    755 ", b"755\0\0\0\0\0", b"-000755\0", b"0x00755\0"]),
    (100, &[b"\x80\0\0\0\0\0\x01\xed", b"\xff\xff\xff\xff\xff\xff\xff\xff", b"\0\0\0\0\0\0\0\0", b"00008755"]),
    (108, &[b"0000000\0", b"0001750\0", b"\x80\0\0\0\0\0\0\x05", b"\x80\0\0\x01\0\0\0\0", b"        ", b"zzzzzzz\0"]),
    (116, &[b"0000000\0", b"0001750\0", b"\xff\xff\xff\xff\xff\xff\xff\xff", b" 12 \0\0\0\0", b"\0\x0012345\0"]),
    (124, &[b"00000000000\0", b"00000001000\0", b"00000002000\0", b"00000000003\0", b"000000\x001000\0"]),
    (124, &[b"-0000001000\0", b"0000 001000\0", b"\x80\0\0\0\0\0\0\0\0\0\x02\0", b"            ", b"       1000 "]),
    (124, &[b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", b"777777777777", b"\0\0\0\0\0\0\0\0\0\0\0\0"]),
    (136, &[b"00000000000\0", b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xfe", b"            ", b"99999999999\0"]),
    (
        156,
        &[b"0", b"\0", b"1", b"2", b"3", b"4", b"5", b"6", b"7", b"S", b"V", b"Z", b"x", b"g", b"L", b"K", b"D", b"X"],
    ),
    (156, &[b"0", b"\0", b"1", b"2", b"5"]),
    (157, &[b"target\0", b"\0", b"../up\0"]),
    (
        257,
        &[b"ustar\x0000", b"ustar  \0", b"\0\0\0\0\0\0\0\0", b"ustar\0xx", b"ustar 00", b"ustar\0\0\0", b"Ustar\x0000"],
    ),
    (265, &[b"root\0", b"\0"]),
    (329, &[b"0000001\0", b"zzzzzzz\0", b"\0\0\0\0\0\0\0\0", b"        "]),
    (345, &[b"prefix\0", b"\0", b"14000000000\0", b"a/b/\0"]),
    (476, &[b"00000000001 00000000002 ", b"\0\0"]),
    (500, &[b"x\0", b"\0\0"]),
    (508, &[b"tar\0", b"\0\0\0\0"]),
];

/// pax records, each with its own length. Empty names and numbers are not among them: to Go and by the standard they
/// leave what the header says, and GNU tar refuses the numbers and takes the name.
const RECORDS: &[&[u8]] = &[
    b"path=other",
    b"path=a\nb",
    b"path=dir/",
    b"linkpath=there",
    b"size=512",
    b"size=3",
    b"size=0",
    b"size=0x200",
    b"size= 512",
    b"size=-1",
    b"uid=1000",
    b"uid=abc",
    b"uid=-1",
    b"uid=4294967296",
    b"gid=7",
    b"mtime=1.5",
    b"mtime=-5",
    b"mtime=abc",
    b"atime=1.",
    b"ctime=.5",
    b"comment=x=y\nz",
    b"hdrcharset=BINARY",
    b"SCHILY.xattr.user.x=a\nb",
    b"GNU.sparse.major=1",
    b"uname=root",
    b"path=nul\0name",
    b"=x",
    b"noequals",
];

fn record(text: &[u8]) -> Vec<u8> {
    let rest = text.len() + 2;
    let length = (1..9999).find(|length: &usize| length.to_string().len() + rest == *length).unwrap();
    [format!("{length} ").as_bytes(), text, b"\n"].concat()
}

fn header(entry: &EntryFixture) -> Vec<u8> {
    crate::support::layout::header(entry).as_bytes().to_vec()
}

fn padded(mut bytes: Vec<u8>) -> Vec<u8> {
    bytes.resize(bytes.len().next_multiple_of(512), 0);
    bytes
}

/// A header with some content, and before it now and then what belongs to it.
fn entry(random: &mut Random, number: usize) -> Vec<u8> {
    let name = ["one", "two", "three"][number];
    let content = vec![b'c'; random.below(3) * 300];
    let mut before = Vec::new();
    let meta = |kind: u8, content: Vec<u8>| {
        let entry = EntryFixture { path: "meta", kind, content: content.clone(), ..EntryFixture::file(Vec::new()) };
        [header(&entry), padded(content)].concat()
    };
    for _ in 0..random.below(4).saturating_sub(1) {
        before.extend(match random.below(6) {
            0..3 => {
                let records: Vec<_> = (0..=random.below(2)).flat_map(|_| record(random.of(RECORDS))).collect();
                meta(b'x', records)
            }
            3 => meta(b'L', random.of::<[u8]>(&[b"long\0", b"long/\0", b"lo\0ng\0", b"\0", b""]).to_vec()),
            4 => meta(b'K', random.of::<[u8]>(&[b"link\0", b"\0", b"li\0nk\0"]).to_vec()),
            _ => meta(b'g', record(random.of::<[u8]>(&[b"comment=x", b"path=evil", b"uid=5", b"size=512"]))),
        });
    }
    let mut header = header(&EntryFixture { path: name, content: content.clone(), ..EntryFixture::file(Vec::new()) });
    for _ in 0..random.below(4).saturating_sub(1) {
        let (place, values) = CHANGES[random.below(CHANGES.len())];
        let value = random.of(values);
        header[place..place + value.len()].copy_from_slice(value);
    }
    let mut header = tar::Header::from_byte_slice(&header).clone();
    seal(&mut header);
    [before, header.as_bytes().to_vec(), padded(content)].concat()
}

fn archive(random: &mut Random) -> Vec<u8> {
    let mut bytes: Vec<u8> = (0..=random.below(3)).flat_map(|number| entry(random, number)).collect();
    match random.below(12) {
        0 => {}
        1 => bytes.extend([0; 512]),
        2 => bytes.extend([0; 700]),
        3 => bytes.truncate(bytes.len() - 100),
        _ => bytes.extend([0; 1024]),
    }
    bytes
}

#[test]
fn where_nothing_is_found_all_readers_see_the_same() {
    let go = Go::compile();
    generated(&go);
    of_the_field(&go);
}

/// Headers and records bent in each way that readers are known to take differently, and in all of them together.
fn generated(go: &Go) {
    let folder = tempfile::tempdir().unwrap();
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let archives: Vec<PathBuf> = (0..ARCHIVES)
        .map(|number| {
            let path = folder.path().join(format!("{number}.tar"));
            fs::write(&path, archive(&mut random)).unwrap();
            path
        })
        .collect();
    let (mut agreed, mut wrong) = (0, Vec::new());
    for (path, go) in archives.iter().zip(go.list(&archives)) {
        let Some(ours) = ours(path) else { continue };
        agreed += 1;
        let gnu = gnu(path);
        if [&go, &gnu].into_iter().any(|other| other.as_ref() != Some(&ours)) {
            wrong.push(format!("{}: ours {ours:?}\n go {go:?}\n gnu {gnu:?}", keep(path)));
        }
    }
    assert!(wrong.is_empty(), "{} of {agreed}: {}", wrong.len(), wrong[..wrong.len().min(5)].join("\n"));
    // A reader that refuses everything agrees with all others.
    assert!(agreed > ARCHIVES / 8, "{agreed}");
}

/// Keeps an archive for whoever looks into a failure.
fn keep(path: &Path) -> String {
    let kept = std::env::temp_dir().join(format!("image-test-{}", path.file_name().unwrap().display()));
    fs::copy(path, &kept).unwrap();
    kept.display().to_string()
}

/// What real writers write is read without a finding, and as it was meant.
fn of_the_field(go: &Go) {
    let folder = tempfile::tempdir().unwrap();
    let files = folder.path().join("files");
    let long = "folder/".repeat(20) + &"n".repeat(90);
    fs::create_dir_all(files.join(&long).parent().unwrap()).unwrap();
    fs::write(files.join(&long), "content").unwrap();
    fs::write(files.join("short"), vec![1; 70_000]).unwrap();
    std::os::unix::fs::symlink(&long, files.join("link")).unwrap();
    fs::hard_link(files.join("short"), files.join("twin")).unwrap();
    let mut archives = Vec::new();
    for format in ["v7", "oldgnu", "gnu", "ustar", "posix"] {
        let path = folder.path().join(format!("{format}.tar"));
        let mut command = Command::new("tar");
        command.args(["--create", "--format", format, "--sort=name", "--file"]).arg(&path).current_dir(&files);
        // Old archives have no room for long names.
        if matches!(format, "v7" | "ustar") {
            command.args(["short", "twin"]);
        } else {
            command.arg(".");
        }
        assert!(command.status().unwrap().success(), "{format}");
        archives.push(path);
    }
    let python = "import sys, tarfile\n\
        for format in (tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT):\n\
        \x20   with tarfile.open(f'{sys.argv[1]}/python-{format}.tar', 'w', format=format) as archive:\n\
        \x20       archive.add('short')\n        archive.add('twin')\n        archive.add('folder') if format else None\n";
    let status = Command::new("python3").args(["-c", python]).arg(folder.path()).current_dir(&files).status();
    assert!(status.unwrap().success());
    archives.extend((0..3).map(|format| folder.path().join(format!("python-{format}.tar"))));
    for (path, go) in archives.iter().zip(go.list(&archives)) {
        let ours: Listing = ours(path);
        assert!(ours.as_ref().is_some_and(|ours| ours.len() >= 2), "{}", keep(path));
        assert_eq!(ours, go, "{}", keep(path));
        assert_eq!(ours, gnu(path), "{}", keep(path));
    }
}
