//! The asynchronous runtime, for the verbs that talk to servers. The verbs that only work on files never start it.

use std::io;

use tokio::runtime::Builder;

/// Runs a future to its end.
///
/// # Errors
/// When the runtime cannot be started.
pub fn block_on<F: Future>(future: F) -> io::Result<F::Output> {
    let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let failed =
        |error: io::Error| io::Error::new(error.kind(), format!("cannot start the asynchronous runtime: {error}"));
    Ok(runtime.map_err(failed)?.block_on(future))
}
