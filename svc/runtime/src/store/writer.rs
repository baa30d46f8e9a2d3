//! The one thread that writes: it takes what waits, does all of it in one transaction, and answers after the commit.

use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use redb::WriteTransaction;
use tokio::sync::mpsc::{self, Receiver, Sender};
use tracing::{error, info};

use crate::health::Dependency;
use crate::store::File;
use crate::store::error::StoreProblem;

/// How many writes one transaction holds at most, and how many wait for the next before callers have to.
const BATCH: usize = 256;

/// One write. It runs inside a transaction that others share.
pub(super) type Job = Box<dyn FnOnce(&WriteTransaction) -> Ran + Send>;

/// Tells a caller how the transaction ended.
pub(super) type Finish = Box<dyn FnOnce(Result<(), StoreProblem>) + Send>;

/// A write that has run and is not committed yet.
pub(super) struct Ran {
    /// Why the transaction must not be committed.
    pub(super) problem: Option<StoreProblem>,
    /// Tells the caller how it ended.
    pub(super) finish: Finish,
}

#[derive(Debug)]
pub(super) struct Writer {
    jobs: Option<Sender<Job>>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Writer {
    pub(super) fn start(file: Arc<File>, dependency: Dependency) -> Self {
        let (jobs, received) = mpsc::channel(BATCH);
        let thread = thread::spawn(move || work(&file, &dependency, received));
        Self { jobs: Some(jobs), thread: Mutex::new(Some(thread)) }
    }

    pub(super) async fn send(&self, job: Job) -> Result<(), StoreProblem> {
        let jobs = self.jobs.as_ref().ok_or(StoreProblem::Closed)?;
        jobs.send(job).await.map_err(|_| StoreProblem::Closed)
    }
}

impl Drop for Writer {
    /// Waits until what was sent is written and the file is closed.
    fn drop(&mut self) {
        self.jobs = None;
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread {
            // A panic of the thread has been said already.
            let _ = thread.join();
        }
    }
}

fn work(file: &File, dependency: &Dependency, mut jobs: Receiver<Job>) {
    while let Some(first) = jobs.blocking_recv() {
        let mut batch = vec![first];
        while batch.len() < BATCH
            && let Ok(job) = jobs.try_recv()
        {
            batch.push(job);
        }
        let mut finishes = Vec::with_capacity(batch.len());
        let written = write(file, batch, &mut finishes);
        report(file, dependency, &written);
        for finish in finishes {
            finish(written.clone());
        }
    }
    file.close();
}

/// Callers whose job never ran are told by the end of their channel.
fn write(file: &File, batch: Vec<Job>, finishes: &mut Vec<Finish>) -> Result<(), StoreProblem> {
    if file.get().is_err() {
        file.open()?;
    }
    let transaction = file.get()?.begin_write()?;
    let mut problem = None;
    for job in batch {
        let ran = job(&transaction);
        problem = problem.or(ran.problem);
        finishes.push(ran.finish);
    }
    match problem {
        Some(problem) => {
            transaction.abort()?;
            Err(problem)
        }
        None => Ok(transaction.commit()?),
    }
}

/// A value that cannot be read is the caller's matter; everything else is the disk's.
fn report(file: &File, dependency: &Dependency, written: &Result<(), StoreProblem>) {
    let is_fine = matches!(written, Ok(()) | Err(StoreProblem::Encoding(_)));
    let is_news = dependency.answers(is_fine);
    match written {
        Err(problem) if !is_fine => {
            file.close();
            if is_news {
                error!(%problem, "the store cannot be written");
            }
        }
        _ if is_news => info!("the store can be written again"),
        _ => {}
    }
}
