//! Other readers of tar archives, asked what they see: Go's `archive/tar`, with which Docker, containerd and podman unpack,
//! and GNU tar.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use image::layer_reader::{self, EntryKind, Limits};
use tempfile::TempDir;

/// One entry as a reader sees it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Seen {
    /// Without the slash at its end.
    pub name: String,
    /// `-` for a file, as `ls` has it; `h` for a hard link.
    pub kind: char,
    pub mode: u32,
    pub uid: i64,
    pub gid: i64,
    /// Of a file.
    pub size: u64,
    /// Of a link.
    pub link: String,
}

/// What a reader makes of an archive; nothing where it gives up.
pub type Listing = Option<Vec<Seen>>;

/// Prints of each archive that is named `ok` or `error` and then its entries, a line each, fields separated by tabs.
const PROGRAM: &str = r#"package main

import (
	"archive/tar"
	"io"
	"os"
	"strconv"
	"strings"
)

func list(path string) (lines []string, err error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	reader := tar.NewReader(file)
	for {
		header, err := reader.Next()
		if err == io.EOF {
			return lines, nil
		}
		if err != nil {
			return nil, err
		}
		if _, err := io.Copy(io.Discard, reader); err != nil {
			return nil, err
		}
		if header.Typeflag == tar.TypeXGlobalHeader {
			continue
		}
		lines = append(lines, strings.Join([]string{
			string(rune(header.Typeflag)), strconv.FormatInt(header.Mode, 10), strconv.Itoa(header.Uid), strconv.Itoa(header.Gid),
			strconv.FormatInt(header.Size, 10), strconv.Quote(header.Name), strconv.Quote(header.Linkname),
		}, "\t"))
	}
}

func main() {
	for _, path := range os.Args[1:] {
		lines, err := list(path)
		if err != nil {
			os.Stdout.WriteString("error\n")
			continue
		}
		os.Stdout.WriteString("ok " + strconv.Itoa(len(lines)) + "\n")
		for _, line := range lines {
			os.Stdout.WriteString(line + "\n")
		}
	}
}
"#;

/// Go's reader, compiled for one test: that takes some ten seconds, since all of what it stands on is compiled too.
pub struct Go {
    folder: TempDir,
}

impl Go {
    pub fn compile() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("main.go"), PROGRAM).unwrap();
        let mut command = Command::new("go");
        command.args(["build", "-o", "list", "main.go"]).current_dir(folder.path());
        // Nothing of the user's, nothing from the network, and no compiler of C.
        command.env("HOME", folder.path()).env("GOCACHE", folder.path().join("cache")).env("GOPATH", folder.path());
        command.env("GOTOOLCHAIN", "local").env("GOFLAGS", "").env("GOPROXY", "off").env("CGO_ENABLED", "0");
        let status = command.status().unwrap_or_else(|error| panic!("cannot start `go`: {error}; install Go"));
        assert!(status.success(), "`go build` fails");
        Self { folder }
    }

    /// What it makes of these archives.
    pub fn list(&self, archives: &[PathBuf]) -> Vec<Listing> {
        let output = Command::new(self.folder.path().join("list")).args(archives).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let text = String::from_utf8(output.stdout).unwrap();
        let mut lines = text.lines();
        let mut listings = Vec::new();
        while let Some(verdict) = lines.next() {
            let count = verdict.strip_prefix("ok ").map(|count| count.parse().unwrap());
            listings.push(count.map(|count| lines.by_ref().take(count).map(of_go).collect()));
        }
        listings
    }
}

fn of_go(line: &str) -> Seen {
    let fields: Vec<_> = line.split('\t').collect();
    let [kind, mode, uid, gid, size, name, target] = fields.as_slice() else { panic!("{line}") };
    let kind = match *kind {
        "0" => '-',
        "1" => 'h',
        "2" => 'l',
        "3" => 'c',
        "4" => 'b',
        "5" => 'd',
        "6" => 'p',
        // What no daemon unpacks.
        _ => '?',
    };
    let text = |quoted: &str| quoted.trim_matches('"').to_owned();
    Seen {
        name: text(name).trim_end_matches('/').to_owned(),
        kind,
        mode: u32::try_from(mode.parse::<i64>().unwrap() & 0o7777).unwrap(),
        uid: uid.parse().unwrap(),
        gid: gid.parse().unwrap(),
        size: if kind == '-' { size.parse().unwrap() } else { 0 },
        link: if matches!(kind, 'h' | 'l') { text(target) } else { String::new() },
    }
}

/// What GNU tar makes of an archive.
pub fn gnu(archive: &Path) -> Listing {
    let mut command = Command::new("tar");
    command.args(["--list", "--verbose", "--numeric-owner", "--quoting-style=escape", "--absolute-names", "--file"]);
    let output =
        command.arg(archive).env("LC_ALL", "C.UTF-8").env("TZ", "UTC").stderr(Stdio::piped()).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    output.status.success().then(|| text.lines().map(of_gnu).collect())
}

fn of_gnu(line: &str) -> Seen {
    let mut rest = line;
    let mut word = || {
        let (word, after) = rest.trim_start().split_once(' ').unwrap_or((rest.trim_start(), ""));
        rest = after;
        word
    };
    let (permissions, owner, size, _, _) = (word(), word(), word(), word(), word());
    let (uid, gid) = owner.split_once('/').unwrap();
    let kind = permissions.chars().next().unwrap();
    let separator = if kind == 'h' { " link to " } else { " -> " };
    let (name, target) = if matches!(kind, 'h' | 'l') { rest.split_once(separator).unwrap() } else { (rest, "") };
    Seen {
        name: name.trim_end_matches('/').to_owned(),
        kind,
        mode: mode(&permissions[1..]),
        uid: uid.parse().unwrap(),
        gid: gid.parse().unwrap(),
        size: if kind == '-' { size.parse().unwrap() } else { 0 },
        link: target.to_owned(),
    }
}

/// `rwxr-xr-x` as a number, with setuid, setgid and sticky.
fn mode(text: &str) -> u32 {
    let letters: Vec<_> = text.chars().take(9).collect();
    let bits = letters.iter().enumerate().filter(|(_, letter)| !matches!(letter, '-' | 'S' | 'T'));
    let plain: u32 = bits.map(|(place, _)| 0o400 >> place).sum();
    let special = [(2, 0o4000), (5, 0o2000), (8, 0o1000)];
    let special = special.into_iter().filter(|(place, _)| matches!(letters[*place], 's' | 'S' | 't' | 'T'));
    plain + special.map(|(_, bit)| bit).sum::<u32>()
}

/// What the tool makes of an archive; nothing where it finds anything wrong.
pub fn ours(archive: &Path) -> Listing {
    let mut seen = Vec::new();
    let facts = layer_reader::read_layer(fs::File::open(archive).unwrap(), Limits::default(), &mut |entry, _| {
        // As the others quote it.
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).replace('\n', "\\n");
        let kind = match entry.kind {
            EntryKind::File => '-',
            EntryKind::HardLink => 'h',
            EntryKind::Symlink => 'l',
            EntryKind::Directory => 'd',
            EntryKind::Other(b'3') => 'c',
            EntryKind::Other(b'4') => 'b',
            EntryKind::Other(b'6') => 'p',
            EntryKind::Other(_) => return Ok(()),
        };
        seen.push(Seen {
            name: text(&entry.path).trim_end_matches('/').to_owned(),
            kind,
            mode: entry.mode & 0o7777,
            uid: entry.uid.into(),
            gid: entry.gid.into(),
            size: entry.size,
            link: entry.link.as_deref().map(text).unwrap_or_default(),
        });
        Ok(())
    });
    facts.unwrap().problems.is_empty().then_some(seen)
}
