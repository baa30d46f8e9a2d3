//! What expressions can name, at one place of a workflow.

use std::collections::BTreeMap;

use indexmap::IndexMap;

/// An expression names what is not there.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no `{name}`")]
pub struct UnknownName {
    name: String,
}

/// The outputs of a step or a job by their names.
pub type Outputs = IndexMap<String, String>;

/// The values by their contexts.
#[derive(Debug, Clone, Default)]
pub struct Context {
    /// About the event, the same for all jobs.
    pub github: BTreeMap<&'static str, String>,
    /// Of the job. One that is not there is empty, as on GitHub: secrets are set outside of the repository.
    pub secrets: BTreeMap<String, String>,
    /// Of the jobs that this one needs.
    pub needs: BTreeMap<String, Outputs>,
    /// Of the steps before this one that have an id.
    pub steps: BTreeMap<String, Outputs>,
    /// Of the action that the step is part of.
    pub inputs: BTreeMap<String, String>,
}

impl Context {
    /// The value of a name, in its parts.
    ///
    /// # Errors
    /// When there is none.
    pub fn look_up(&self, path: &[&str]) -> Result<String, UnknownName> {
        let value = match path {
            ["github", name] => self.github.get(*name).cloned(),
            ["secrets", name] => Some(self.secrets.get(*name).cloned().unwrap_or_default()),
            ["inputs", name] => self.inputs.get(*name).cloned(),
            ["needs", job, "outputs", name] => self.needs.get(*job).and_then(|outputs| outputs.get(*name)).cloned(),
            ["steps", step, "outputs", name] => self.steps.get(*step).and_then(|outputs| outputs.get(*name)).cloned(),
            _ => None,
        };
        value.ok_or_else(|| UnknownName { name: path.join(".") })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_there_has_a_value() {
        let mut context = Context::default();
        context.needs.insert("check".to_owned(), Outputs::from([("image".to_owned(), "a".to_owned())]));
        context.steps.insert("check".to_owned(), Outputs::from([("image".to_owned(), "b".to_owned())]));
        assert_eq!(context.look_up(&["needs", "check", "outputs", "image"]).unwrap(), "a");
        assert_eq!(context.look_up(&["steps", "check", "outputs", "image"]).unwrap(), "b");
        assert_eq!(context.look_up(&["secrets", "NOT_SET"]).unwrap(), "");
        for path in [
            ["needs", "check", "outputs", "version"],
            ["needs", "other", "outputs", "image"],
            ["needs", "check", "results", "image"],
            ["steps", "", "outputs", "image"],
        ] {
            let error = context.look_up(&path).unwrap_err();
            assert_eq!(error.to_string(), format!("there is no `{}`", path.join(".")));
        }
    }
}
