//! Says now and then what happens all the time, so that a log is not filled by what ails the service.

use std::time::Duration;

use tokio::time::Instant;

/// How long what happens again is only counted.
const PAUSE: Duration = Duration::from_secs(10);

/// How often something happened since it was last said.
#[derive(Debug, Default)]
pub(super) struct Seldom {
    said: Option<Instant>,
    times: u64,
}

impl Seldom {
    /// It has happened: how often since it was last said, if it is to be said now.
    pub(super) fn note(&mut self) -> Option<u64> {
        self.times += 1;
        if self.said.is_some_and(|said| said.elapsed() < PAUSE) {
            return None;
        }
        self.said = Some(Instant::now());
        Some(std::mem::take(&mut self.times))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn the_first_time_is_said_and_the_others_are_counted() {
        let mut seldom = Seldom::default();
        assert_eq!((seldom.note(), seldom.note(), seldom.note()), (Some(1), None, None));
        tokio::time::advance(PAUSE).await;
        assert_eq!((seldom.note(), seldom.note()), (Some(3), None));
    }
}
