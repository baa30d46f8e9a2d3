//! Rounds: everything that is compared is measured once in each, so that what disturbs the machine disturbs all of it.

use std::collections::BTreeMap;
use std::num::NonZero;
use std::time::Duration;

use crate::figure::Figure;

/// Times by name.
#[derive(Debug, Default)]
pub struct Series {
    times: BTreeMap<String, Vec<f64>>,
}

impl Series {
    /// Runs a round that does not count, and then as many as asked for.
    pub fn measure(what: &str, runs: NonZero<usize>, mut round: impl FnMut(&mut Self)) -> Self {
        eprintln!("bench: {what}: warming up");
        round(&mut Self::default());
        let mut series = Self::default();
        for number in 1..=runs.get() {
            eprintln!("bench: {what}: {number} of {runs}");
            round(&mut series);
        }
        series
    }

    /// Adds a time.
    pub fn add(&mut self, name: &str, took: Duration) {
        self.add_milliseconds(name, took.as_secs_f64() * 1e3);
    }

    /// Adds a time.
    pub fn add_milliseconds(&mut self, name: &str, milliseconds: f64) {
        self.times.entry(name.to_owned()).or_default().push(milliseconds);
    }

    /// All times of a name.
    pub fn figure(&self, name: &str) -> Figure {
        Figure::times(self.times.get(name).map_or(&[][..], Vec::as_slice))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_round_does_not_count() {
        let mut number = 0.0;
        let series = Series::measure("x", NonZero::new(2).unwrap(), |series| {
            number += 1.0;
            series.add_milliseconds("x", number);
        });
        assert_eq!(series.figure("x"), Figure::Milliseconds(vec![2.0, 3.0]));
    }
}
