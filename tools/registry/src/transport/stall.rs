//! Timeouts for requests: an attempt ends when nothing was transferred for a while. Its total length is not bounded, so that
//! a slow upload is not interrupted.

use std::time::Duration;

use reqwest::Response;
use tokio::sync::watch;
use tokio::time::timeout;

/// The slowest connection that is waited for, in bytes per second.
const SLOWEST: u64 = 20_000;

/// How much of a body the operating system may hold after it was handed over, in bytes.
const BUFFERED: u64 = 1024 * 1024;

/// Nothing moved for too long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stalled;

/// Says that something moved; dropped when the last byte was handed over.
pub(crate) type Mover = watch::Sender<u64>;

/// Notices whether something moves.
pub(crate) struct Watch {
    movements: Option<watch::Receiver<u64>>,
    limit: Duration,
}

impl Watch {
    /// For a wait in which nothing moves before its end: an answer.
    pub(crate) fn answer(limit: Duration) -> Self {
        Self { movements: None, limit }
    }

    /// For a body that is sent while the answer is waited for.
    pub(crate) fn body(limit: Duration) -> (Mover, Self) {
        let (mover, movements) = watch::channel(0);
        (mover, Self { movements: Some(movements), limit })
    }

    /// Waits for `future` as long as something moves.
    pub(crate) async fn wait<T>(self, future: impl Future<Output = T>) -> Result<T, Stalled> {
        let Self { movements, limit } = self;
        let mut future = std::pin::pin!(future);
        let mut last = limit;
        if let Some(mut movements) = movements {
            loop {
                let change = tokio::select! {
                    value = &mut future => return Ok(value),
                    change = timeout(limit, movements.changed()) => change.map_err(|_| Stalled)?,
                };
                if change.is_err() {
                    break;
                }
            }
            last += drain_time(*movements.borrow());
        }
        timeout(last, future).await.map_err(|_| Stalled)
    }
}

/// How long a slow connection takes for what the operating system still holds of `sent` bytes.
fn drain_time(sent: u64) -> Duration {
    Duration::from_secs(sent.min(BUFFERED) / SLOWEST)
}

/// Why a body could not be read.
#[derive(Debug)]
pub(crate) enum BodyError {
    Stalled,
    TooLong,
    Transport(reqwest::Error),
}

/// The whole body of an answer that has up to `most` bytes.
pub(crate) async fn read_body(mut response: Response, most: u64, limit: Duration) -> Result<Vec<u8>, BodyError> {
    let mut bytes = Vec::new();
    loop {
        let chunk = timeout(limit, response.chunk()).await.map_err(|_| BodyError::Stalled)?;
        let Some(chunk) = chunk.map_err(BodyError::Transport)? else { return Ok(bytes) };
        if (bytes.len() + chunk.len()) as u64 > most {
            return Err(BodyError::TooLong);
        }
        bytes.extend_from_slice(&chunk);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn runtime() -> tokio::runtime::Runtime {
        tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap()
    }

    #[test]
    fn what_moves_is_waited_for_longer_than_the_limit() {
        runtime().block_on(async {
            // Far enough apart for a machine that has other things to do.
            let (limit, step) = (Duration::from_secs(2), Duration::from_millis(250));
            let (mover, watch) = Watch::body(limit);
            let sending = async {
                for _ in 0..10 {
                    tokio::time::sleep(step).await;
                    mover.send_modify(|sent| *sent += 1);
                }
                drop(mover);
                tokio::time::sleep(step).await;
                "answer"
            };
            assert_eq!(watch.wait(sending).await, Ok("answer"));
        });
    }

    #[test]
    fn what_stands_still_is_not() {
        runtime().block_on(async {
            let limit = Duration::from_millis(20);
            let never = std::future::pending::<()>;
            assert_eq!(Watch::answer(limit).wait(never()).await, Err(Stalled));
            let (mover, watch) = Watch::body(limit);
            assert_eq!(watch.wait(never()).await, Err(Stalled));
            drop(mover);
            let (mover, watch) = Watch::body(limit);
            drop(mover);
            assert_eq!(watch.wait(never()).await, Err(Stalled));
        });
    }

    #[test]
    fn what_the_system_still_holds_of_a_body_has_its_time() {
        assert_eq!(drain_time(0), Duration::ZERO);
        assert_eq!(drain_time(200_000), Duration::from_secs(10));
        assert_eq!(drain_time(u64::MAX), drain_time(BUFFERED));
    }
}
