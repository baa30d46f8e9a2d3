//! What can go wrong with a store, and what to do about it.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use axum::http::StatusCode;

use crate::refusal::Refusal;

/// A store cannot be opened.
#[derive(Debug, thiserror::Error)]
#[error("cannot open the store `{}`", folder.display())]
pub struct StoreError {
    /// The configured folder.
    pub folder: PathBuf,
    /// Why.
    #[source]
    pub problem: StoreProblem,
}

/// Why a store cannot be opened, read or written. A clone tells the others that share a transaction.
#[derive(Clone, Debug, thiserror::Error)]
pub enum StoreProblem {
    /// Another process has it.
    #[error("another process is using it")]
    InUse,
    /// There is no room for another write.
    #[error("the disk is full")]
    Full,
    /// The folder or the file cannot be used.
    #[error("the file system refuses it")]
    Files(#[source] Arc<io::Error>),
    /// The file is not what was written.
    #[error("its file is damaged: {reason}")]
    Damaged {
        /// What is wrong with it.
        reason: String,
    },
    /// The file is another service's.
    #[error("it holds the state of `{owner}`")]
    Foreign {
        /// The service that made it.
        owner: String,
    },
    /// redb could not do it.
    #[error("the database failed")]
    Database(#[source] Arc<redb::Error>),
    /// A value cannot be read or written as JSON.
    #[error("a value in it is not as expected")]
    Encoding(#[source] Arc<serde_json::Error>),
    /// It was closed after a failure of the disk, or is being closed.
    #[error("it is closed")]
    Closed,
}

impl StoreError {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> String {
        let folder = self.folder.display();
        match &self.problem {
            StoreProblem::InUse => {
                format!("stop the other process, or give each its own folder in place of `{folder}`")
            }
            StoreProblem::Full => format!("make room on the disk of `{folder}`"),
            StoreProblem::Damaged { .. } => {
                format!("restore `{folder}` from a backup, or move it away to start with nothing; it was not changed")
            }
            StoreProblem::Foreign { .. } => "set `store` to a folder of this service's own".to_owned(),
            _ => format!("make `{folder}` a folder that this process may write to"),
        }
    }
}

impl StoreProblem {
    pub(crate) fn files(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::Full,
            _ => Self::Files(Arc::new(error)),
        }
    }
}

impl<E: Into<redb::Error>> From<E> for StoreProblem {
    fn from(error: E) -> Self {
        match error.into() {
            redb::Error::DatabaseAlreadyOpen => Self::InUse,
            redb::Error::Io(error) => Self::files(error),
            redb::Error::Corrupted(reason) => Self::Damaged { reason },
            other => Self::Database(Arc::new(other)),
        }
    }
}

impl From<StoreProblem> for Refusal {
    fn from(problem: StoreProblem) -> Self {
        match problem {
            StoreProblem::Full => {
                Self::new(StatusCode::INSUFFICIENT_STORAGE, "the disk of this service is full, nothing was kept")
            }
            other => Self::internal("use the store", &other),
        }
    }
}
