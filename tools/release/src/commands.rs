//! The verbs: one file each, with one `run`.

mod check;
mod closure;
mod cut;
mod doctor;
mod notes;
mod plan;
mod plan_text;
mod publish;
mod status;
mod verify;

use std::env;
use std::future::pending;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context as _;
use release::environment;
use terminal::{Exit, stderr};
use tokio::signal::unix::{SignalKind, signal};

use crate::cli::{Cli, Command};

/// Runs the verb that was typed.
pub fn run(cli: Cli) -> anyhow::Result<Exit> {
    let folder = folder(cli.repository)?;
    match cli.command {
        Command::Check(arguments) => check::run(&folder, &arguments),
        Command::Plan(arguments) => plan::run(&folder, arguments),
        Command::Cut(arguments) => cut::run(&folder, arguments),
        Command::Publish(arguments) => publish::run(&folder, &arguments),
        Command::Notes(arguments) => notes::run(&folder, &arguments),
        Command::Status(arguments) => status::run(&folder, &arguments),
        Command::Verify(arguments) => verify::run(&folder, &arguments),
        Command::Doctor(arguments) => doctor::run(&folder, &arguments),
        Command::Closure(arguments) => closure::run(&folder, &arguments),
    }
}

/// Runs something until it is done or interrupted. What is dropped cleans up after itself, so there is nothing to undo.
async fn interruptible<F: Future>(work: F) -> Option<F::Output> {
    tokio::select! {
        // In this order: the work may wait for Bazel before it is asked a second time, and a signal that nobody has asked for
        // by then ends this program before it can clean up. Bazel gets the signal too.
        biased;
        () = interruption() => {
            stderr::print_line("interrupted; the same command may be run again");
            None
        }
        finished = work => Some(finished),
    }
}

/// The same for work that can fail: git gets the signal too, and may have failed of it before this program has heard of it.
async fn interruptible_or_failed<T, E>(work: impl Future<Output = Result<T, E>>) -> Option<Result<T, E>> {
    interruptible(async {
        let finished = work.await;
        if finished.is_err() {
            tokio::time::sleep(SIGNAL_DELAY).await;
        }
        finished
    })
    .await
}

/// How long a signal to a whole group of processes may take from the first to the last.
const SIGNAL_DELAY: Duration = Duration::from_millis(50);

/// Waits for Ctrl-C, or for what a runner sends when Ctrl-C was not enough.
async fn interruption() {
    let Ok(mut terminate) = signal(SignalKind::terminate()) else { return pending().await };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminate.recv() => {}
    }
}

/// Where the command was typed, also under `bazel run`, and what `-C` makes of it.
fn folder(named: Option<PathBuf>) -> anyhow::Result<PathBuf> {
    let typed_in = match environment::read(environment::BUILD_WORKING_DIRECTORY) {
        Some(folder) => PathBuf::from(folder),
        None => env::current_dir().context("the current folder is gone")?,
    };
    Ok(match named {
        Some(named) => typed_in.join(named),
        None => typed_in,
    })
}
