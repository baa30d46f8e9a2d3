//! What became of the jobs and their steps.

use std::fmt;
use std::time::Duration;

/// One job.
#[derive(Debug, Clone)]
pub struct JobReport {
    /// Its id.
    pub id: String,
    /// Its steps in their order, those of actions in the place of the action.
    pub steps: Vec<StepReport>,
}

/// One step.
#[derive(Debug, Clone)]
pub struct StepReport {
    /// What people see.
    pub name: String,
    /// What became of it.
    pub outcome: Outcome,
    /// How long it took.
    pub took: Duration,
}

/// What became of a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It was done.
    Done,
    /// Something else was done in its place.
    StandIn(&'static str),
    /// Its condition does not hold.
    NotWanted {
        /// The condition.
        condition: String,
    },
    /// An earlier step or job has failed.
    NotReached,
    /// It failed.
    Failed(String),
}

impl fmt::Display for Outcome {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Done => formatter.write_str("done"),
            Self::StandIn(words) => write!(formatter, "instead: {words}"),
            Self::NotWanted { condition } => write!(formatter, "not wanted, it is not so that {condition}"),
            Self::NotReached => formatter.write_str("not reached"),
            Self::Failed(why) => write!(formatter, "FAILED: {why}"),
        }
    }
}

impl JobReport {
    /// Whether nothing failed and all was reached.
    #[must_use]
    pub fn is_success(&self) -> bool {
        let is_bad = |step: &StepReport| matches!(step.outcome, Outcome::Failed(_) | Outcome::NotReached);
        !self.steps.iter().any(is_bad)
    }
}
