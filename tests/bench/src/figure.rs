//! What was measured of one thing: times of several runs, or a number that is the same in each.

use std::fmt;

use serde::Serialize;

/// A measurement.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Figure {
    /// Milliseconds of every run, the shortest first.
    Milliseconds(Vec<f64>),
    /// How many in a second, of every run, the fewest first.
    PerSecond(Vec<f64>),
    /// How many.
    Count(u64),
    /// How large.
    Bytes(u64),
    /// Why there is none.
    Missing(String),
}

impl Figure {
    /// Times of several runs.
    pub fn times(milliseconds: &[f64]) -> Self {
        Self::runs(milliseconds, Self::Milliseconds)
    }

    /// Rates of several runs.
    pub fn rates(per_second: &[f64]) -> Self {
        Self::runs(per_second, Self::PerSecond)
    }

    fn runs(numbers: &[f64], figure: fn(Vec<f64>) -> Self) -> Self {
        if numbers.is_empty() {
            return Self::Missing("not measured".to_owned());
        }
        let mut sorted = numbers.to_vec();
        sorted.sort_by(f64::total_cmp);
        figure(sorted)
    }

    /// Whether more of it is better.
    pub fn is_rate(&self) -> bool {
        matches!(self, Self::PerSecond(_))
    }

    /// The number that stands for it: of several runs, the median.
    pub fn middle(&self) -> Option<f64> {
        match self {
            Self::Milliseconds(sorted) | Self::PerSecond(sorted) => Some(median(sorted)),
            #[expect(clippy::cast_precision_loss, reason = "it is printed with three digits")]
            Self::Count(number) | Self::Bytes(number) => Some(*number as f64),
            Self::Missing(_) => None,
        }
    }
}

impl fmt::Display for Figure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Milliseconds(sorted) => spread(formatter, sorted, duration),
            Self::PerSecond(sorted) => spread(formatter, sorted, rate),
            Self::Count(number) => write!(formatter, "{number}"),
            Self::Bytes(number) => write!(formatter, "{}", bytes(*number)),
            Self::Missing(reason) => write!(formatter, "{reason}"),
        }
    }
}

/// The median, and where there are several runs the lowest and the highest.
fn spread(formatter: &mut fmt::Formatter<'_>, sorted: &[f64], text: fn(f64) -> String) -> fmt::Result {
    write!(formatter, "{}", text(median(sorted)))?;
    if sorted.len() == 1 {
        return Ok(());
    }
    write!(formatter, " ({} to {})", text(sorted[0]), text(sorted[sorted.len() - 1]))
}

fn rate(per_second: f64) -> String {
    format!("{per_second:.0}/s")
}

fn median(sorted: &[f64]) -> f64 {
    let half = sorted.len() / 2;
    if sorted.len() % 2 == 1 { sorted[half] } else { f64::midpoint(sorted[half - 1], sorted[half]) }
}

/// Milliseconds, with as many digits as can be told apart.
pub fn duration(milliseconds: f64) -> String {
    match milliseconds {
        below if below < 10.0 => format!("{milliseconds:.1} ms"),
        below if below < 1_000.0 => format!("{milliseconds:.0} ms"),
        _ => format!("{:.2} s", milliseconds / 1_000.0),
    }
}

fn bytes(number: u64) -> String {
    #[expect(clippy::cast_precision_loss, reason = "it is printed with three digits")]
    let megabytes = number as f64 / 1e6;
    match number {
        0..1_000 => format!("{number} B"),
        1_000..1_000_000 => format!("{:.1} kB", megabytes * 1e3),
        _ => format!("{megabytes:.2} MB"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_a_median_and_a_spread() {
        assert_eq!(Figure::times(&[3.0, 1.0, 250.0]).to_string(), "3.0 ms (1.0 ms to 250 ms)");
        assert_eq!(Figure::times(&[1_000.0, 2_000.0]).to_string(), "1.50 s (1.00 s to 2.00 s)");
        assert_eq!(Figure::times(&[7.0]).to_string(), "7.0 ms");
        assert_eq!(Figure::times(&[]).to_string(), "not measured");
    }

    #[test]
    fn rates_are_a_median_and_a_spread() {
        assert_eq!(Figure::rates(&[30_000.4, 10_000.0, 20_000.0]).to_string(), "20000/s (10000/s to 30000/s)");
        assert!(Figure::rates(&[1.0]).is_rate() && !Figure::times(&[1.0]).is_rate());
    }

    #[test]
    fn bytes_have_the_unit_that_fits() {
        let shown = [0, 999, 1_500, 4_178_439].map(|number| Figure::Bytes(number).to_string());
        assert_eq!(shown, ["0 B", "999 B", "1.5 kB", "4.18 MB"]);
    }
}
