//! What a service keeps: one redb file in a folder of its own. Owns how it is opened, checked and written; which tables
//! there are is the service's.
//!
//! A write is on the disk when it is acknowledged. Writes that wait at the same time share one commit, so that many
//! callers pay for one `fsync`. Reads see what was committed when they began and wait for nobody.

mod check;
mod error;
mod files;
mod writer;

use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use redb::{Database, ReadTransaction, ReadableDatabase as _, TableDefinition, WriteTransaction};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::sync::oneshot;

pub use error::{StoreError, StoreProblem};
pub use redb;

use crate::health::Health;
use crate::store::files::Files;
use crate::store::writer::{Ran, Writer};

/// What every file says of itself.
const META: TableDefinition<'static, &str, &str> = TableDefinition::new("meta");

/// The key of [`META`] that names the service whose state it is.
const OWNER: &str = "service";

/// Makes the tables of a service that are not there yet: a read cannot, and finds no table an error.
pub type Tables = fn(&WriteTransaction) -> Result<(), StoreProblem>;

/// A shared handle on the store.
#[derive(Clone, Debug)]
pub struct Store {
    writer: Arc<Writer>,
    file: Arc<File>,
}

/// The database file. It is closed after a failure of the disk, because redb takes nothing more then, and opened again
/// for the next write.
#[derive(Debug)]
pub(crate) struct File {
    path: PathBuf,
    service: &'static str,
    tables: Tables,
    database: RwLock<Option<Arc<Database>>>,
    /// Held as long as the store is open.
    _lock: std::fs::File,
}

impl Store {
    /// Opens the store of `service` in `folder`, which is created with mode 0700 where it is missing. A file that is
    /// there is checked as a whole before it is touched. Takes the time of one read of the file.
    ///
    /// # Errors
    ///
    /// A [`StoreError`] with the folder in it, when it is in use by another process, full, read-only, damaged or another
    /// service's. The file is then as it was.
    pub fn open(folder: &Path, service: &'static str, tables: Tables, health: &Health) -> Result<Self, StoreError> {
        let failed = |problem| StoreError { folder: folder.to_owned(), problem };
        let files = Files::prepare(folder).map_err(failed)?;
        if files.database.exists() {
            check::check(&files.database, service).map_err(failed)?;
        }
        let file = File { path: files.database, service, tables, database: RwLock::new(None), _lock: files.lock };
        file.open().map_err(failed)?;
        let file = Arc::new(file);
        let dependency = health.dependency("store");
        dependency.answers(true);
        Ok(Self { writer: Arc::new(Writer::start(file.clone(), dependency)), file })
    }

    /// Reads in one transaction.
    ///
    /// # Errors
    ///
    /// What `read` returns, or that the disk failed.
    pub fn read<T>(&self, read: impl FnOnce(&ReadTransaction) -> Result<T, StoreProblem>) -> Result<T, StoreProblem> {
        read(&self.file.get()?.begin_read()?)
    }

    /// Writes in one transaction, which may also hold the writes of others, and returns when all of it is on the disk.
    ///
    /// A failure undoes the whole transaction. What is no failure, such as a key that is taken, belongs into `T`.
    ///
    /// # Errors
    ///
    /// What `write` returns, or that the disk failed. Nothing was kept then.
    pub async fn write<T, F>(&self, write: F) -> Result<T, StoreProblem>
    where
        T: Send + 'static,
        F: FnOnce(&WriteTransaction) -> Result<T, StoreProblem> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let job = Box::new(move |transaction: &WriteTransaction| {
            let result = write(transaction);
            let problem = result.as_ref().err().cloned();
            // A caller that is gone has no use for the answer.
            let finish = Box::new(move |committed: Result<(), StoreProblem>| drop(reply.send(committed.and(result))));
            Ran { problem, finish }
        });
        self.writer.send(job).await?;
        answer.await.map_err(|_| StoreProblem::Closed)?
    }
}

impl File {
    /// The open database.
    pub(crate) fn get(&self) -> Result<Arc<Database>, StoreProblem> {
        self.database.read().unwrap_or_else(PoisonError::into_inner).clone().ok_or(StoreProblem::Closed)
    }

    /// Opens it, and writes to it once: a disk that takes nothing shows it now.
    pub(crate) fn open(&self) -> Result<(), StoreProblem> {
        let database = Database::create(&self.path)?;
        let transaction = database.begin_write()?;
        transaction.open_table(META)?.insert(OWNER, self.service)?;
        (self.tables)(&transaction)?;
        transaction.commit()?;
        *self.database.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(database));
        Ok(())
    }

    /// Closes it once the last reader is done.
    pub(crate) fn close(&self) {
        *self.database.write().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

/// A value as it is stored.
///
/// # Errors
///
/// [`StoreProblem::Encoding`].
pub fn encode<T: Serialize>(value: &T) -> Result<Vec<u8>, StoreProblem> {
    serde_json::to_vec(value).map_err(|error| StoreProblem::Encoding(Arc::new(error)))
}

/// A value as it was stored.
///
/// # Errors
///
/// [`StoreProblem::Encoding`].
pub fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, StoreProblem> {
    serde_json::from_slice(bytes).map_err(|error| StoreProblem::Encoding(Arc::new(error)))
}

#[cfg(test)]
mod tests {
    use super::*;

    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;

    use redb::ReadableTableMetadata as _;
    use tempfile::TempDir;

    use crate::health::State;

    const NUMBERS: TableDefinition<'static, u64, u64> = TableDefinition::new("numbers");

    fn tables(transaction: &WriteTransaction) -> Result<(), StoreProblem> {
        transaction.open_table(NUMBERS)?;
        Ok(())
    }

    fn open(folder: &TempDir, service: &'static str) -> Result<Store, StoreError> {
        Store::open(&folder.path().join("state"), service, tables, &Health::default())
    }

    async fn add(store: &Store, number: u64) -> Result<bool, StoreProblem> {
        let write = move |transaction: &WriteTransaction| {
            let mut numbers = transaction.open_table(NUMBERS)?;
            let is_new = numbers.insert(number, number)?.is_none();
            Ok(is_new)
        };
        store.write(write).await
    }

    fn count(store: &Store) -> u64 {
        store.read(|transaction| Ok(transaction.open_table(NUMBERS)?.len()?)).expect("read")
    }

    #[tokio::test]
    async fn what_was_acknowledged_is_there_after_another_start() {
        let folder = tempfile::tempdir().expect("a folder");
        let store = open(&folder, "test").expect("opened");
        let mode = fs::metadata(folder.path().join("state")).expect("there").permissions().mode();
        assert_eq!(mode & 0o777, 0o700);
        let writes = (0..100).map(|number| {
            let store = store.clone();
            tokio::spawn(async move { add(&store, number / 2).await.expect("written") })
        });
        let mut new = 0;
        for write in writes.collect::<Vec<_>>() {
            new += usize::from(write.await.expect("no panic"));
        }
        assert_eq!((new, count(&store)), (50, 50));
        drop(store);
        assert_eq!(count(&open(&folder, "test").expect("opened again")), 50);
    }

    #[tokio::test]
    async fn a_failure_undoes_all_of_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let store = open(&folder, "test").expect("opened");
        add(&store, 1).await.expect("written");
        let failed = store.write(|transaction| {
            transaction.open_table(NUMBERS)?.insert(2, 2)?;
            decode::<u64>(b"no number")
        });
        assert!(matches!(failed.await, Err(StoreProblem::Encoding(_))));
        assert_eq!(count(&store), 1);
        add(&store, 3).await.expect("the store goes on");
        assert_eq!(count(&store), 2);
    }

    #[tokio::test]
    async fn a_second_process_another_service_and_damage_are_refused_with_the_file_untouched() {
        let folder = tempfile::tempdir().expect("a folder");
        let store = open(&folder, "test").expect("opened");
        for number in 0..1000 {
            add(&store, number).await.expect("written");
        }
        assert!(matches!(open(&folder, "test").expect_err("in use").problem, StoreProblem::InUse));
        drop(store);
        let path = folder.path().join("state/state.redb");
        let whole = fs::read(&path).expect("read");
        let other = open(&folder, "other").expect_err("another service's").problem;
        assert!(matches!(other, StoreProblem::Foreign { owner } if owner == "test"));
        assert_eq!(fs::read(&path).expect("read"), whole);

        let whole_length = whole.len();
        let damage: [fn(&mut Vec<u8>); 4] = [
            |bytes| bytes.truncate(bytes.len() / 2),
            |bytes| bytes[..512].fill(0),
            |bytes| bytes[4096..].fill(0x55),
            |bytes| bytes.clear(),
        ];
        for (case, damage) in damage.iter().enumerate() {
            let mut bytes = whole.clone();
            damage(&mut bytes);
            fs::write(&path, &bytes).expect("written");
            let problem = open(&folder, "test").expect_err("damaged").problem;
            assert!(matches!(problem, StoreProblem::Damaged { .. }), "{case} of {whole_length}: {problem:?}");
            assert_eq!(fs::read(&path).expect("read"), bytes, "{case}: changed");
        }
    }

    #[test]
    fn readiness_depends_on_the_store() {
        let folder = tempfile::tempdir().expect("a folder");
        let health = Health::default();
        health.hold().release();
        let store = Store::open(folder.path(), "test", tables, &health).expect("opened");
        assert_eq!(health.state(), State::Ready);
        drop(store);
    }
}
