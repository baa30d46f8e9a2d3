//! `on-disk KIND SIZE FOLDER PROGRAM ...`: runs a program whose folder is on a disk of its own, which goes with it.
//!
//! The files that are in the folder are on the disk too. KIND is `empty`: there is room; `full`: there is none;
//! `read-only`: nothing can be written. With the last two the program ends of itself, and the exit status is 91 if it
//! has changed a file.
//! Has to be run in a mount namespace of its own, as by `unshare --map-root-user --mount`.

use std::env;
use std::ffi::{CString, OsString};
use std::fs;
use std::io::{self, Write as _};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use rustix::mount::{MountFlags, mount, mount_remount};

/// The exit status for a file that was changed.
const CHANGED: u8 = 91;

fn main() -> io::Result<ExitCode> {
    let mut arguments = env::args_os().skip(1);
    let mut next = || arguments.next().ok_or_else(|| io::Error::other("KIND SIZE FOLDER PROGRAM ..."));
    let (kind, size, folder, program) = (next()?, next()?, PathBuf::from(next()?), next()?);
    let mut program = Command::new(program);
    program.args(arguments);
    let files = read(&folder)?;
    let options = CString::new(format!("size={}", size.display()))?;
    mount("none", &folder, "tmpfs", MountFlags::empty(), &*options)?;
    for (name, bytes) in &files {
        fs::write(folder.join(name), bytes)?;
    }
    match kind.to_str() {
        // In place of this process: signals are the program's.
        Some("empty") => return Err(program.exec()),
        Some("full") => fill(&folder.join("ballast"))?,
        Some("read-only") => mount_remount(&folder, MountFlags::RDONLY, c"")?,
        _ => return Err(io::Error::other(format!("`{}` is no kind of disk", kind.display()))),
    }
    let status = program.status()?;
    let is_same = |(name, bytes): &(OsString, Vec<u8>)| fs::read(folder.join(name)).is_ok_and(|now| now == *bytes);
    if !files.iter().all(is_same) {
        return Ok(CHANGED.into());
    }
    Ok(u8::try_from(status.code().unwrap_or_default()).unwrap_or(u8::MAX).into())
}

/// The files of a folder, not those below it.
fn read(folder: &Path) -> io::Result<Vec<(OsString, Vec<u8>)>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_file() {
            files.push((entry.file_name(), fs::read(entry.path())?));
        }
    }
    Ok(files)
}

/// Writes until there is no room.
fn fill(path: &Path) -> io::Result<()> {
    let mut file = fs::File::create(path)?;
    loop {
        match file.write_all(&[0; 4096]) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::StorageFull => return Ok(()),
            Err(error) => return Err(error),
        }
    }
}
