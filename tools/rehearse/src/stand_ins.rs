//! The table of what stands in for what: all that a rehearsal does in another way than CI, and nothing else.
//!
//! What is neither here nor a script is an error, so that a new action, or a new download, is decided about.

/// What stands in for an action.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ActionStandIn {
    /// A clone of the bare repository.
    Clone,
}

/// What stands in for the value of one of the workflow's own variables.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VariableStandIn {
    /// The registry on this machine, with the same path behind it.
    Registry,
    /// What the user has it set to; nothing where it is not set.
    OfTheUser,
}

/// Actions by their names, without the commit.
const ACTIONS: [(&str, ActionStandIn); 1] = [("actions/checkout", ActionStandIn::Clone)];

/// Variables by their names.
const VARIABLES: [(&str, VariableStandIn); 2] =
    [("RELEASE_REGISTRY", VariableStandIn::Registry), ("UNKEY_BAZEL", VariableStandIn::OfTheUser)];

/// Steps of the repository's own actions, by the action and the step's id, with what is there instead.
const STEPS: [(&str, &str, &str); 1] =
    [("./.depot/actions/setup-bazel", "bazelisk", "the wrapper gets Bazel in this machine's way")];

/// What stands in for an action that is somebody else's.
#[must_use]
pub fn action(uses: &str) -> Option<ActionStandIn> {
    let name = uses.split('@').next().unwrap_or(uses);
    ACTIONS.iter().find(|(known, _)| *known == name).map(|(_, stand_in)| *stand_in)
}

/// What stands in for the value of a variable.
#[must_use]
pub fn variable(name: &str) -> Option<VariableStandIn> {
    VARIABLES.iter().find(|(known, _)| *known == name).map(|(_, stand_in)| *stand_in)
}

/// What is there in place of a step of the repository's own action, in words.
#[must_use]
pub fn step(action: &str, id: Option<&str>) -> Option<&'static str> {
    STEPS.iter().find(|(known, step, _)| *known == action && Some(*step) == id).map(|(_, _, words)| *words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_in_the_table_has_a_stand_in() {
        assert_eq!(action("actions/checkout@3d3c42e5"), Some(ActionStandIn::Clone));
        assert_eq!(action("actions/checkout-more@3d3c42e5"), None);
        assert_eq!(variable("RELEASE_REGISTRY"), Some(VariableStandIn::Registry));
        assert_eq!(variable("RELEASE_TAG"), None);
        assert!(step("./.depot/actions/setup-bazel", Some("bazelisk")).is_some());
        for (action, id) in
            [("./.depot/actions/setup-bazel", Some("cache")), ("./other", Some("bazelisk")), ("./other", None)]
        {
            assert_eq!(step(action, id), None);
        }
    }
}
