//! The order of a workflow's jobs: each after those that it needs, else as in the file.

use crate::workflow::Workflow;

/// Jobs that cannot be put in an order.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum ScheduleError {
    /// A job needs one that is not there.
    #[error("job `{job}` needs `{needed}`, which is no job")]
    Unknown {
        /// The job.
        job: String,
        /// What it needs.
        needed: String,
    },
    /// Jobs wait for each other.
    #[error("jobs wait for each other: {jobs}")]
    Circle {
        /// Those that never start.
        jobs: String,
    },
}

/// The ids of the jobs in their order.
///
/// # Errors
/// When there is none.
pub fn order(workflow: &Workflow) -> Result<Vec<&str>, ScheduleError> {
    for (id, job) in &workflow.jobs {
        if let Some(needed) = job.needs.iter().find(|needed| !workflow.jobs.contains_key(*needed)) {
            return Err(ScheduleError::Unknown { job: id.clone(), needed: needed.clone() });
        }
    }
    let mut waiting: Vec<&str> = workflow.jobs.keys().map(String::as_str).collect();
    let mut order: Vec<&str> = Vec::new();
    while !waiting.is_empty() {
        let is_ready = |id: &&str| workflow.jobs[*id].needs.iter().all(|needed| order.contains(&needed.as_str()));
        let Some(place) = waiting.iter().position(is_ready) else {
            return Err(ScheduleError::Circle { jobs: format!("`{}`", waiting.join("`, `")) });
        };
        order.push(waiting.remove(place));
    }
    Ok(order)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn workflow(jobs: &[(&str, &str)]) -> Workflow {
        let job = |(id, needs): &(&str, &str)| {
            format!("  {id}: {{name: x, runs-on: x, timeout-minutes: 1, needs: [{needs}], steps: []}}\n")
        };
        let head =
            "name: x\non: {push: }\npermissions: {}\nconcurrency: {group: x, cancel-in-progress: false}\njobs:\n";
        let text = head.to_owned() + &jobs.iter().map(job).collect::<String>();
        Workflow::parse("test.yaml", &text).unwrap()
    }

    #[test]
    fn a_job_comes_after_what_it_needs() {
        assert_eq!(order(&workflow(&[("c", "a, b"), ("b", "a"), ("a", ""), ("d", "")])).unwrap(), ["a", "b", "c", "d"]);
    }

    #[test]
    fn what_cannot_be_ordered_is_named() {
        let error = order(&workflow(&[("a", "b")])).unwrap_err();
        assert_eq!(error.to_string(), "job `a` needs `b`, which is no job");
        let error = order(&workflow(&[("a", ""), ("b", "c"), ("c", "b")])).unwrap_err();
        assert_eq!(error.to_string(), "jobs wait for each other: `b`, `c`");
    }
}
