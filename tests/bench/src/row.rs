//! One thing that is measured: ours, the others', what `rules_oci`'s users were told, and what was aimed at.

use serde::Serialize;

use crate::figure::{Figure, duration};

/// A row of the table.
#[derive(Clone, Debug, Serialize)]
pub struct Row {
    /// What it is.
    pub what: String,
    /// Ours.
    pub ours: Figure,
    /// The others', in the same run.
    pub peers: Vec<Peer>,
    /// `rules_oci`'s, measured apart.
    pub published: Option<&'static str>,
    /// What was aimed at.
    pub goal: Option<Goal>,
}

/// Another tool that does the same work.
#[derive(Clone, Debug, Serialize)]
pub struct Peer {
    /// Its name and version.
    pub name: String,
    /// What it took.
    pub figure: Figure,
}

/// What was aimed at.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Goal {
    /// Fewer milliseconds than these.
    MillisecondsBelow(f64),
    /// This many.
    Exactly(u64),
    /// At most so many times what the first peer takes.
    TimesPeer(f64),
}

impl Row {
    /// A row with our own figure.
    pub fn new(what: impl Into<String>, ours: Figure) -> Self {
        Self { what: what.into(), ours, peers: Vec::new(), published: None, goal: None }
    }

    /// With another tool's figure.
    pub fn peer(mut self, name: impl Into<String>, figure: Figure) -> Self {
        self.peers.push(Peer { name: name.into(), figure });
        self
    }

    /// With what `rules_oci` was measured at.
    pub fn published(mut self, text: &'static str) -> Self {
        self.published = Some(text);
        self
    }

    /// With a goal.
    pub fn goal(mut self, goal: Goal) -> Self {
        self.goal = Some(goal);
        self
    }

    /// How many times better ours is than a peer's: smaller, or of a rate larger.
    pub fn ratio(&self, peer: &Peer) -> Option<f64> {
        let (ours, theirs) = (self.ours.middle()?, peer.figure.middle()?);
        let (better, worse) = if self.ours.is_rate() { (ours, theirs) } else { (theirs, ours) };
        (worse > 0.0).then(|| better / worse)
    }

    /// Whether the goal is met; none where there is no goal or no figure.
    pub fn is_goal_met(&self) -> Option<bool> {
        let middle = self.ours.middle()?;
        Some(match self.goal? {
            Goal::MillisecondsBelow(limit) => middle < limit,
            #[expect(clippy::cast_precision_loss, reason = "there are fewer than ten")]
            Goal::Exactly(number) => (middle - number as f64).abs() < 0.5,
            Goal::TimesPeer(limit) => middle <= limit * self.peers.first()?.figure.middle()?,
        })
    }
}

impl Goal {
    /// In words.
    pub fn text(self) -> String {
        match self {
            Self::MillisecondsBelow(limit) => format!("under {}", duration(limit)),
            Self::Exactly(number) => format!("{number}"),
            Self::TimesPeer(limit) => format!("at most {limit} times the peer"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_goal_is_met_by_the_median() {
        let row = |times: &[f64]| Row::new("x", Figure::times(times)).goal(Goal::MillisecondsBelow(10.0));
        assert_eq!(row(&[1.0, 9.0, 90.0]).is_goal_met(), Some(true));
        assert_eq!(row(&[1.0, 10.0, 90.0]).is_goal_met(), Some(false));
        assert_eq!(row(&[]).is_goal_met(), None);
        assert_eq!(Row::new("x", Figure::Count(2)).goal(Goal::Exactly(2)).is_goal_met(), Some(true));
    }

    #[test]
    fn a_goal_can_be_a_peer() {
        let row = |ours: u64| Row::new("x", Figure::Count(ours)).goal(Goal::TimesPeer(1.1));
        assert_eq!(row(110).peer("a", Figure::Count(100)).is_goal_met(), Some(true));
        assert_eq!(row(111).peer("a", Figure::Count(100)).is_goal_met(), Some(false));
        assert_eq!(row(1).peer("a", Figure::Missing("no".to_owned())).is_goal_met(), None);
        assert_eq!(row(1).is_goal_met(), None);
    }

    #[test]
    fn a_ratio_needs_two_figures() {
        let row =
            Row::new("x", Figure::Count(2)).peer("a", Figure::Count(9)).peer("b", Figure::Missing("no".to_owned()));
        assert_eq!(row.ratio(&row.peers[0]), Some(4.5));
        assert_eq!(row.ratio(&row.peers[1]), None);
        let rate = Row::new("x", Figure::rates(&[9.0])).peer("a", Figure::rates(&[3.0]));
        assert_eq!(rate.ratio(&rate.peers[0]), Some(3.0));
        let nothing = Row::new("x", Figure::Bytes(0)).peer("a", Figure::Bytes(9));
        assert_eq!(nothing.ratio(&nothing.peers[0]), None);
    }
}
