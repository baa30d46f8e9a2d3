//! Reads the files that a configuration consists of and those that it names: whole, small, and never waiting for anybody.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Error, ErrorKind, Read as _};
use std::os::unix::fs::{FileTypeExt as _, OpenOptionsExt as _};
use std::path::Path;

use rustix::fs::OFlags;

/// The largest file that is read, in bytes: many times what a chain of certificates or a configuration needs.
const LARGEST: u64 = 1 << 20;

/// The bytes of a file of at most 1 MiB.
///
/// A path that names anything but a file is refused: a device may have no end, and a pipe waits for who writes to it.
///
/// # Errors
///
/// What the system said, or what is wrong with the file.
pub fn read_small(path: &Path) -> io::Result<Vec<u8>> {
    let file = open(path)?;
    refuse_other_kinds(file.metadata()?.file_type())?;
    let mut bytes = Vec::new();
    // What the size says is not asked: that of a file of the kernel is 0.
    file.take(LARGEST + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LARGEST {
        return Err(Error::new(ErrorKind::FileTooLarge, format!("it is larger than `{LARGEST}` bytes")));
    }
    Ok(bytes)
}

/// The text of a file of at most 1 MiB.
///
/// # Errors
///
/// As [`read_small`], and when the file is not UTF-8.
pub fn read_small_text(path: &Path) -> io::Result<String> {
    String::from_utf8(read_small(path)?).map_err(|error| {
        let valid = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = valid.split(|byte| *byte == b'\n').count();
        Error::new(ErrorKind::InvalidData, format!("it is not UTF-8 in line `{line}`"))
    })
}

/// Refuses a path that names anything but a file, before it is opened; one that is not there is fine.
pub(crate) fn refuse_other_than_file(path: &Path) -> io::Result<()> {
    match fs::metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        found => refuse_other_kinds(found?.file_type()),
    }
}

/// Opens without waiting for the other end of a pipe, and without taking a terminal for the process's own.
fn open(path: &Path) -> io::Result<File> {
    let flags = OFlags::NONBLOCK | OFlags::NOCTTY;
    OpenOptions::new().read(true).custom_flags(flags.bits().cast_signed()).open(path)
}

fn refuse_other_kinds(kind: fs::FileType) -> io::Result<()> {
    let name = match kind {
        kind if kind.is_file() => return Ok(()),
        kind if kind.is_dir() => "a folder",
        kind if kind.is_fifo() => "a pipe",
        kind if kind.is_socket() => "a socket",
        _ => "a device",
    };
    Err(Error::new(ErrorKind::InvalidInput, format!("it is {name}, not a file")))
}

#[cfg(test)]
mod tests {
    use super::*;

    use std::os::unix::fs::symlink;
    use std::os::unix::net::UnixListener;
    use std::path::PathBuf;
    use std::process::Command;

    #[test]
    fn what_is_no_small_file_is_refused_at_once() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = |name: &str| folder.path().join(name);
        let pipe = path("pipe");
        assert!(Command::new("mkfifo").arg(&pipe).status().expect("mkfifo").success());
        let _listener = UnixListener::bind(path("socket")).expect("a socket");
        fs::write(path("large"), vec![b'a'; (1 << 20) + 1]).expect("written");
        symlink("/dev/zero", path("link")).expect("linked");
        let cases: [(PathBuf, &str); 8] = [
            (path("nosuch"), "No such file or directory (os error 2)"),
            (folder.path().to_owned(), "it is a folder, not a file"),
            (pipe, "it is a pipe, not a file"),
            (path("socket"), "No such device or address (os error 6)"),
            (path("link"), "it is a device, not a file"),
            ("/dev/zero".into(), "it is a device, not a file"),
            ("/dev/null".into(), "it is a device, not a file"),
            (path("large"), "it is larger than `1048576` bytes"),
        ];
        for (path, expected) in cases {
            assert_eq!(read_small(&path).expect_err("refused").to_string(), expected, "{}", path.display());
        }
    }

    #[test]
    fn the_largest_file_and_one_of_the_kernel_are_read() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("largest");
        fs::write(&path, vec![b'a'; 1 << 20]).expect("written");
        assert_eq!(read_small(&path).expect("read").len(), 1 << 20);
        // As secrets are mounted: by a link.
        let link = folder.path().join("link");
        symlink(&path, &link).expect("linked");
        assert_eq!(read_small_text(&link).expect("read").len(), 1 << 20);
    }

    #[test]
    fn what_is_no_text_says_where() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("latin1");
        fs::write(&path, b"a\nb\n\xe9\n").expect("written");
        assert_eq!(read_small_text(&path).expect_err("refused").to_string(), "it is not UTF-8 in line `3`");
    }
}
