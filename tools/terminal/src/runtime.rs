//! The asynchronous runtime, for the verbs that talk to others. The verbs that only work on files never start it.

use anyhow::Context as _;

/// Runs a future to its end.
///
/// # Errors
/// When the runtime cannot be started.
pub fn block_on<F: Future>(future: F) -> anyhow::Result<F::Output> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .context("cannot start the asynchronous runtime")?;
    Ok(runtime.block_on(future))
}
