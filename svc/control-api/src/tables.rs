//! How deployments are stored and found again. What may happen to one is the queue's business.

use std::collections::HashSet;

use runtime::StoreProblem;
use runtime::store::redb::{
    ReadTransaction, ReadableTable, ReadableTableMetadata as _, Table, TableDefinition, WriteTransaction,
};
use runtime::store::{decode, encode};
use serde::{Deserialize, Serialize};

use crate::deployment::{Deployment, Outcome};

/// Every deployment, in the order of the requests.
const RECORDS: TableDefinition<'static, u64, &[u8]> = TableDefinition::new("deployments");

/// Deployments by their id.
const IDS: TableDefinition<'static, &str, u64> = TableDefinition::new("ids");

/// Deployments by the idempotency key of their request.
const KEYS: TableDefinition<'static, &str, u64> = TableDefinition::new("idempotency_keys");

/// Those that are not finished: the host, and from when on a worker may begin with it.
const OPEN: TableDefinition<'static, u64, (&str, u64)> = TableDefinition::new("open");

/// Those that are finished, by the time of their end.
const FINISHED: TableDefinition<'static, (u64, u64), ()> = TableDefinition::new("finished");

/// How many old deployments one write removes at most, so that no write takes long.
const PRUNED_AT_ONCE: usize = 100;

/// A deployment as it is stored.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Record {
    pub(crate) deployment: Deployment,
    pub(crate) idempotency_key: String,
    /// How the last attempt ended; absent while it has not, and after one that nobody ended.
    pub(crate) outcome: Option<Outcome>,
}

/// Makes the tables that are not there yet.
pub(crate) fn create(transaction: &WriteTransaction) -> Result<(), StoreProblem> {
    Tables::open(transaction).map(drop)
}

/// The tables within one write. Times are in milliseconds since 1970-01-01T00:00:00Z.
pub(crate) struct Tables<'transaction> {
    records: Table<'transaction, u64, &'static [u8]>,
    ids: Table<'transaction, &'static str, u64>,
    keys: Table<'transaction, &'static str, u64>,
    open: Table<'transaction, u64, (&'static str, u64)>,
    finished: Table<'transaction, (u64, u64), ()>,
}

impl<'transaction> Tables<'transaction> {
    pub(crate) fn open(transaction: &'transaction WriteTransaction) -> Result<Self, StoreProblem> {
        Ok(Self {
            records: transaction.open_table(RECORDS)?,
            ids: transaction.open_table(IDS)?,
            keys: transaction.open_table(KEYS)?,
            open: transaction.open_table(OPEN)?,
            finished: transaction.open_table(FINISHED)?,
        })
    }

    /// The deployment whose request had this key.
    pub(crate) fn with_key(&self, key: &str) -> Result<Option<Record>, StoreProblem> {
        Ok(find(&self.keys, &self.records, key)?.map(|(_, record)| record))
    }

    /// The deployment with this id, and its place in the order of the requests.
    pub(crate) fn with_id(&self, id: &str) -> Result<Option<(u64, Record)>, StoreProblem> {
        find(&self.ids, &self.records, id)
    }

    /// The oldest deployment that a worker may begin with.
    pub(crate) fn next(&self, now: u64) -> Result<Option<(u64, Record)>, StoreProblem> {
        let Some(sequence) = next_due(&self.open, now)? else { return Ok(None) };
        let record = get(&self.records, sequence)?;
        Ok(record.map(|record| (sequence, record)))
    }

    /// From when on a worker may begin with an unfinished deployment.
    pub(crate) fn due(&self, sequence: u64) -> Result<Option<u64>, StoreProblem> {
        Ok(self.open.get(sequence)?.map(|entry| entry.value().1))
    }

    /// How many are not finished.
    pub(crate) fn open_count(&self) -> Result<u64, StoreProblem> {
        Ok(self.open.len()?)
    }

    /// Puts a new deployment behind all others.
    pub(crate) fn add(&mut self, record: &Record) -> Result<(), StoreProblem> {
        let sequence = self.records.last()?.map_or(0, |(last, _)| last.value() + 1);
        self.ids.insert(record.deployment.id.as_str(), sequence)?;
        self.keys.insert(record.idempotency_key.as_str(), sequence)?;
        self.keep_open(sequence, record, 0)
    }

    /// Stores an unfinished deployment, with which a worker may begin from `due` on.
    pub(crate) fn keep_open(&mut self, sequence: u64, record: &Record, due: u64) -> Result<(), StoreProblem> {
        self.open.insert(sequence, (record.deployment.wanted.host.as_str(), due))?;
        self.put(sequence, record)
    }

    /// Stores a deployment that is finished.
    pub(crate) fn finish(&mut self, sequence: u64, record: &Record, now: u64) -> Result<(), StoreProblem> {
        self.open.remove(sequence)?;
        self.finished.insert((now, sequence), ())?;
        self.put(sequence, record)
    }

    fn put(&mut self, sequence: u64, record: &Record) -> Result<(), StoreProblem> {
        self.records.insert(sequence, encode(record)?.as_slice())?;
        Ok(())
    }

    /// Removes deployments that were finished before a time.
    pub(crate) fn prune(&mut self, before: u64) -> Result<(), StoreProblem> {
        for _ in 0..PRUNED_AT_ONCE {
            let first = self.finished.first()?.map(|(key, _)| key.value());
            let Some((ended, sequence)) = first.filter(|(ended, _)| *ended < before) else { break };
            self.finished.remove((ended, sequence))?;
            if let Some(record) = get(&self.records, sequence)? {
                self.ids.remove(record.deployment.id.as_str())?;
                self.keys.remove(record.idempotency_key.as_str())?;
                self.records.remove(sequence)?;
            }
        }
        Ok(())
    }
}

/// Whether there is a deployment that a worker may begin with.
pub(crate) fn is_any_due(transaction: &ReadTransaction, now: u64) -> Result<bool, StoreProblem> {
    Ok(next_due(&transaction.open_table(OPEN)?, now)?.is_some())
}

/// How many are not finished.
pub(crate) fn open_count(transaction: &ReadTransaction) -> Result<u64, StoreProblem> {
    Ok(transaction.open_table(OPEN)?.len()?)
}

/// The deployment with this id.
pub(crate) fn read(transaction: &ReadTransaction, id: &str) -> Result<Option<Deployment>, StoreProblem> {
    let (ids, records) = (transaction.open_table(IDS)?, transaction.open_table(RECORDS)?);
    Ok(find(&ids, &records, id)?.map(|(_, record)| record.deployment))
}

/// At most `limit` deployments in the order of the requests, behind the one with the id `after`; nothing when that is not
/// there.
pub(crate) fn list(
    transaction: &ReadTransaction,
    after: Option<&str>,
    limit: usize,
) -> Result<Option<Vec<Deployment>>, StoreProblem> {
    let first = match after {
        None => 0,
        Some(id) => match transaction.open_table(IDS)?.get(id)? {
            None => return Ok(None),
            Some(sequence) => sequence.value() + 1,
        },
    };
    let records = transaction.open_table(RECORDS)?;
    let page = records.range(first..)?.take(limit).map(|entry| Ok(decode::<Record>(entry?.1.value())?.deployment));
    page.collect::<Result<_, StoreProblem>>().map(Some)
}

/// The oldest unfinished deployment that is due, among those that are the oldest of their host.
///
/// A younger one of the same host waits until the older is finished: what is told last about a host stays, so that two
/// at once, or in the other order, could leave the older request's state behind.
fn next_due(open: &impl ReadableTable<u64, (&'static str, u64)>, now: u64) -> Result<Option<u64>, StoreProblem> {
    let mut hosts = HashSet::new();
    for entry in open.iter()? {
        let (sequence, entry) = entry?;
        let (host, due) = entry.value();
        if hosts.insert(host.to_owned()) && due <= now {
            return Ok(Some(sequence.value()));
        }
    }
    Ok(None)
}

fn find(
    index: &impl ReadableTable<&'static str, u64>,
    records: &impl ReadableTable<u64, &'static [u8]>,
    name: &str,
) -> Result<Option<(u64, Record)>, StoreProblem> {
    let Some(sequence) = index.get(name)?.map(|sequence| sequence.value()) else { return Ok(None) };
    Ok(get(records, sequence)?.map(|record| (sequence, record)))
}

fn get(records: &impl ReadableTable<u64, &'static [u8]>, sequence: u64) -> Result<Option<Record>, StoreProblem> {
    records.get(sequence)?.map(|bytes| decode(bytes.value())).transpose()
}
