//! A terminal for a program of the test.

use std::fs::File;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

/// A terminal, and the side that a program reads and writes.
pub fn open() -> (File, File) {
    let terminal = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).expect("a terminal");
    grantpt(&terminal).expect("a terminal");
    unlockpt(&terminal).expect("a terminal");
    let name = ptsname(&terminal, Vec::new()).expect("a terminal");
    let side = Path::new(std::ffi::OsStr::from_bytes(name.as_bytes()));
    let side = File::options().read(true).write(true).open(side).expect("a terminal");
    (terminal.into(), side)
}
