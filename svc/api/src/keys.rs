//! The API keys: how they are kept, and when one is valid. Times are milliseconds since 1970-01-01T00:00:00Z.

use std::ops::Bound;
use std::path::Path;

use runtime::store::redb::{ReadableTable, TableDefinition, WriteTransaction};
use runtime::store::{decode, encode};
use runtime::{Health, Store, StoreError, StoreProblem};
use serde::{Deserialize, Serialize};

use crate::key_text::Digest;

/// Each key by its digest: to verify takes one look.
const KEYS: TableDefinition<'static, &Digest, &[u8]> = TableDefinition::new("keys");

/// The digest of each key by its id, in the order in which they were issued.
const DIGESTS: TableDefinition<'static, &str, &Digest> = TableDefinition::new("digests");

/// How many keys one page of the list holds.
const PAGE: usize = 1000;

/// What is known about a key, which does not include the key.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub(crate) struct Key {
    /// A UUID that begins with the time of issue.
    pub(crate) id: String,
    /// For people.
    pub(crate) name: String,
    pub(crate) created_at: u64,
    /// From when on it is not valid; never where there is none.
    pub(crate) expires_at: Option<u64>,
    /// How many uses are left; any number where there is none.
    pub(crate) remaining: Option<u64>,
    pub(crate) revoked_at: Option<u64>,
}

/// What a verification found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Code {
    Valid,
    /// The text cannot be a key.
    Malformed,
    /// It is not one of ours.
    Unknown,
    Revoked,
    Expired,
    /// No use was left.
    Exhausted,
}

impl Code {
    /// The name in answers and metrics.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Valid => "valid",
            Self::Malformed => "malformed",
            Self::Unknown => "unknown",
            Self::Revoked => "revoked",
            Self::Expired => "expired",
            Self::Exhausted => "exhausted",
        }
    }
}

/// The answer to a verification.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Verification {
    pub(crate) valid: bool,
    pub(crate) code: Code,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) id: Option<String>,
    /// How many uses are left after this one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) remaining: Option<u64>,
}

impl Verification {
    /// Of a text that names no key.
    pub(crate) fn without_key(code: Code) -> Self {
        Self { valid: false, code, id: None, remaining: None }
    }

    fn of(key: Key, code: Code) -> Self {
        Self { valid: code == Code::Valid, code, id: Some(key.id), remaining: key.remaining }
    }
}

/// A part of the list.
#[derive(Debug, Serialize)]
pub(crate) struct Page {
    pub(crate) keys: Vec<Key>,
    /// The id after which the next page begins; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) next: Option<String>,
}

impl Key {
    fn code(&self, now: u64) -> Code {
        if self.revoked_at.is_some() {
            Code::Revoked
        } else if self.expires_at.is_some_and(|expires_at| expires_at <= now) {
            Code::Expired
        } else if self.remaining == Some(0) {
            Code::Exhausted
        } else {
            Code::Valid
        }
    }
}

/// All keys. A clone is the same.
#[derive(Clone, Debug)]
pub(crate) struct Keys {
    store: Store,
}

fn tables(transaction: &WriteTransaction) -> Result<(), StoreProblem> {
    transaction.open_table(KEYS)?;
    transaction.open_table(DIGESTS)?;
    Ok(())
}

impl Keys {
    pub(crate) fn open(folder: &Path, health: &Health) -> Result<Self, StoreError> {
        Ok(Self { store: Store::open(folder, "api", tables, health)? })
    }

    /// Keeps a new key.
    pub(crate) async fn add(&self, digest: Digest, key: Key) -> Result<(), StoreProblem> {
        let add = move |transaction: &WriteTransaction| {
            transaction.open_table(DIGESTS)?.insert(key.id.as_str(), &digest)?;
            transaction.open_table(KEYS)?.insert(&digest, encode(&key)?.as_slice())?;
            Ok(())
        };
        self.store.write(add).await
    }

    /// The keys that were issued after the one with the id `after`, the oldest first; without one from the first on.
    pub(crate) fn page(&self, after: Option<&str>) -> Result<Page, StoreProblem> {
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        self.store.read(|transaction| {
            let known = transaction.open_table(KEYS)?;
            let digests = transaction.open_table(DIGESTS)?;
            let mut keys = Vec::new();
            for entry in digests.range::<&str>((from, Bound::Unbounded))?.take(PAGE + 1) {
                keys.extend(find(&known, entry?.1.value())?);
            }
            let has_more = keys.len() > PAGE;
            keys.truncate(PAGE);
            let next = keys.last().filter(|_| has_more).map(|key| key.id.clone());
            Ok(Page { keys, next })
        })
    }

    /// Ends a key for good; a second time it changes nothing. Returns whether there is such a key.
    pub(crate) async fn revoke(&self, id: String, now: u64) -> Result<bool, StoreProblem> {
        let revoke = move |transaction: &WriteTransaction| {
            let digests = transaction.open_table(DIGESTS)?;
            let Some(digest) = digests.get(id.as_str())?.map(|digest| *digest.value()) else { return Ok(false) };
            let mut keys = transaction.open_table(KEYS)?;
            let Some(key) = find(&keys, &digest)? else { return Ok(false) };
            let revoked = Key { revoked_at: key.revoked_at.or(Some(now)), ..key };
            keys.insert(&digest, encode(&revoked)?.as_slice())?;
            Ok(true)
        };
        self.store.write(revoke).await
    }

    /// Whether a key is valid now, and one use less of those that are left.
    pub(crate) async fn verify(&self, digest: Digest, now: u64) -> Result<Verification, StoreProblem> {
        let found = self.store.read(|transaction| find(&transaction.open_table(KEYS)?, &digest))?;
        let Some(key) = found else { return Ok(Verification::without_key(Code::Unknown)) };
        let code = key.code(now);
        // What is written never becomes valid again, and without a number of uses there is nothing to write: most
        // verifications do not wait for the disk.
        if code != Code::Valid || key.remaining.is_none() {
            return Ok(Verification::of(key, code));
        }
        self.store.write(move |transaction| take_use(transaction, &digest, now)).await
    }
}

/// Looks again: between the read and this write another caller may have had the last use.
fn take_use(transaction: &WriteTransaction, digest: &Digest, now: u64) -> Result<Verification, StoreProblem> {
    let mut keys = transaction.open_table(KEYS)?;
    let Some(mut key) = find(&keys, digest)? else { return Ok(Verification::without_key(Code::Unknown)) };
    let code = key.code(now);
    if code == Code::Valid {
        key.remaining = key.remaining.map(|remaining| remaining.saturating_sub(1));
        keys.insert(digest, encode(&key)?.as_slice())?;
    }
    Ok(Verification::of(key, code))
}

fn find(
    keys: &impl ReadableTable<&'static Digest, &'static [u8]>,
    digest: &Digest,
) -> Result<Option<Key>, StoreProblem> {
    keys.get(digest)?.map(|key| decode(key.value())).transpose()
}
