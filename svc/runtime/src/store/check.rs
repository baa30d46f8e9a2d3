//! Whether a database file is whole and the service's own, found out without changing it: redb repairs what it opens, so
//! it is given a view of the file whose writes stay in memory.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::panic::{self, AssertUnwindSafe};
use std::path::Path;
use std::sync::{Mutex, MutexGuard, Once, PoisonError};

use redb::{Builder, ReadableDatabase as _, StorageBackend, TableError};

use crate::store::error::StoreProblem;
use crate::store::{META, OWNER};

/// How much is kept in memory for one byte that is written.
const PAGE: u64 = 4096;

/// Reads and checks the whole file.
pub(super) fn check(path: &Path, service: &str) -> Result<(), StoreProblem> {
    let file = File::open(path).map_err(StoreProblem::files)?;
    let length = file.metadata().map_err(StoreProblem::files)?.len();
    if length == 0 {
        return Err(StoreProblem::Damaged { reason: "it is empty".to_owned() });
    }
    let view = View { file, state: Mutex::new(ViewState { length, of_file: length, written: BTreeMap::new() }) };
    // Some damage makes redb panic: pages that say impossible things of themselves.
    let checked = quietly(|| panic::catch_unwind(AssertUnwindSafe(|| owner(view))));
    match checked {
        Ok(Ok(Some(owner))) if owner != service => Err(StoreProblem::Foreign { owner }),
        Ok(Ok(_)) => Ok(()),
        Ok(Err(redb::Error::Io(error))) if error.raw_os_error().is_some() => Err(StoreProblem::files(error)),
        Ok(Err(error)) => Err(StoreProblem::Damaged { reason: error.to_string() }),
        Err(_) => Err(StoreProblem::Damaged { reason: "its pages contradict each other".to_owned() }),
    }
}

/// Does something whose panics are not said: they are turned into an error, which is.
fn quietly<T>(work: impl FnOnce() -> T) -> T {
    static HOOK: Once = Once::new();
    thread_local! {
        static IS_QUIET: Cell<bool> = const { Cell::new(false) };
    }
    HOOK.call_once(|| {
        let say = panic::take_hook();
        // Other threads' panics, and later ones, are nobody's to hide.
        panic::set_hook(Box::new(move |panicked| {
            if !IS_QUIET.get() {
                say(panicked);
            }
        }));
    });
    IS_QUIET.set(true);
    let done = work();
    IS_QUIET.set(false);
    done
}

/// The service that made the file; none where a kill came before its first commit. An error where it is not whole.
fn owner(view: View) -> Result<Option<String>, redb::Error> {
    let mut database = Builder::new().create_with_backend(view)?;
    if !database.check_integrity()? {
        return Err(redb::Error::Corrupted("its checksums are wrong".to_owned()));
    }
    match database.begin_read()?.open_table(META) {
        Ok(meta) => Ok(meta.get(OWNER)?.map(|owner| owner.value().to_owned())),
        Err(TableError::TableDoesNotExist(_)) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// A file, and what has been written over it.
#[derive(Debug)]
struct View {
    file: File,
    state: Mutex<ViewState>,
}

#[derive(Debug)]
struct ViewState {
    length: u64,
    /// How much of the file still shows: what was cut off does not come back.
    of_file: u64,
    written: BTreeMap<u64, Vec<u8>>,
}

impl View {
    fn state(&self) -> MutexGuard<'_, ViewState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The page with this number as the file has it, zeros behind its end.
    fn page(&self, of_file: u64, number: u64) -> io::Result<Vec<u8>> {
        let begin = number * PAGE;
        let length = of_file.saturating_sub(begin).min(PAGE);
        let mut page = vec![0; as_usize(PAGE)];
        self.file.read_exact_at(&mut page[..as_usize(length)], begin)?;
        Ok(page)
    }
}

/// All lengths here are of one page or of what redb has in memory.
fn as_usize(length: u64) -> usize {
    usize::try_from(length).unwrap_or(usize::MAX)
}

/// The parts of a range in pages: number, offset in the page, range in the buffer.
fn parts(offset: u64, length: usize) -> impl Iterator<Item = (u64, usize, std::ops::Range<usize>)> {
    let mut done = 0;
    std::iter::from_fn(move || {
        let position = offset + done as u64;
        let inside = as_usize(position % PAGE);
        let taken = (as_usize(PAGE) - inside).min(length - done);
        let range = done..done + taken;
        done += taken;
        (taken > 0).then_some((position / PAGE, inside, range))
    })
}

impl StorageBackend for View {
    fn len(&self) -> Result<u64, io::Error> {
        Ok(self.state().length)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> Result<(), io::Error> {
        let state = self.state();
        if offset.saturating_add(out.len() as u64) > state.length {
            return Err(io::Error::from(io::ErrorKind::UnexpectedEof));
        }
        for (number, inside, range) in parts(offset, out.len()) {
            let length = range.len();
            match state.written.get(&number) {
                Some(page) => out[range].copy_from_slice(&page[inside..inside + length]),
                None => out[range].copy_from_slice(&self.page(state.of_file, number)?[inside..inside + length]),
            }
        }
        Ok(())
    }

    fn set_len(&self, length: u64) -> Result<(), io::Error> {
        let mut state = self.state();
        state.length = length;
        state.of_file = state.of_file.min(length);
        state.written.retain(|number, _| number * PAGE < length);
        Ok(())
    }

    fn sync_data(&self) -> Result<(), io::Error> {
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> Result<(), io::Error> {
        let mut state = self.state();
        for (number, inside, range) in parts(offset, data.len()) {
            if !state.written.contains_key(&number) {
                let page = self.page(state.of_file, number)?;
                state.written.insert(number, page);
            }
            if let Some(page) = state.written.get_mut(&number) {
                page[inside..inside + range.len()].copy_from_slice(&data[range]);
            }
        }
        Ok(())
    }
}
