//! The folder of a store: made, locked, and looked at before anything in it is touched.

use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use crate::small_file::refuse_other_than_file;
use crate::store::error::StoreProblem;

/// With less than this the first transactions would fail, in bytes.
const LEAST_ROOM: u64 = 1 << 20;

/// The files of a store that nobody else has.
#[derive(Debug)]
pub(super) struct Files {
    pub(super) database: PathBuf,
    /// Locked until it is dropped. A file of its own, because the database is only opened once it was checked.
    pub(super) lock: File,
}

impl Files {
    pub(super) fn prepare(folder: &Path) -> Result<Self, StoreProblem> {
        DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(StoreProblem::files)?;
        let room = rustix::fs::statvfs(folder).map_err(|error| StoreProblem::files(error.into()))?;
        if room.f_bavail.saturating_mul(room.f_frsize) < LEAST_ROOM {
            return Err(StoreProblem::Full);
        }
        let [lock, database] = ["lock", "state.redb"].map(|name| folder.join(name));
        // To open a pipe would wait for its other end.
        for path in [&lock, &database] {
            refuse_other_than_file(path).map_err(StoreProblem::files)?;
        }
        let lock = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(lock);
        let lock = lock.map_err(StoreProblem::files)?;
        lock.try_lock().map_err(|error| match error {
            TryLockError::WouldBlock => StoreProblem::InUse,
            TryLockError::Error(error) => StoreProblem::files(error),
        })?;
        require_writable(&database).map_err(StoreProblem::files)?;
        Ok(Self { database, lock })
    }
}

/// A file that cannot be written to is refused by this and not half-way through a transaction.
fn require_writable(database: &Path) -> io::Result<()> {
    match OpenOptions::new().write(true).open(database) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        opened => opened.map(drop),
    }
}
