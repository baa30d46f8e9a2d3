//! Workflows and composite actions as their files say them, in the part of GitHub's syntax that this repository uses.
//!
//! Owns the parser. A key that it does not know is an error: what is passed over here would be done elsewhere. What the
//! texts in them mean is `expression`'s.

use std::fmt;

use indexmap::IndexMap;
use serde::Deserialize;
use serde::de::{Deserializer, Error as DeserializeError, IgnoredAny, SeqAccess, Visitor};

/// A file that is no workflow, or no action, that can be rehearsed.
#[derive(Debug, thiserror::Error)]
#[error("`{name}` cannot be read")]
pub struct SyntaxError {
    name: String,
    #[source]
    source: Box<serde_saphyr::Error>,
}

/// Variables, inputs or outputs by their names, in the order of the file.
pub type Texts = IndexMap<String, Text>;

/// A file below `.depot/workflows`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Workflow {
    /// What it is called.
    pub name: String,
    /// Which events start it, with what they are narrowed down to.
    pub on: IndexMap<String, Option<Filter>>,
    /// What the token of a job may do whose own `permissions` say nothing.
    pub permissions: Permissions,
    /// What does not run at the same time.
    pub concurrency: Concurrency,
    /// What holds for all steps that do not say it.
    pub defaults: Option<Defaults>,
    /// Variables of all steps.
    #[serde(default)]
    pub env: Texts,
    /// The jobs by their ids.
    pub jobs: IndexMap<String, Job>,
}

/// What an event has to look like.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Filter {
    /// Patterns of branches.
    #[serde(default)]
    pub branches: Vec<String>,
    /// Patterns of tags.
    #[serde(default)]
    pub tags: Vec<String>,
}

/// What a token may do, by the names of what it may do it to.
pub type Permissions = IndexMap<String, Right>;

/// What a token may do to one thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Right {
    /// Nothing, as if it were not named.
    None,
    /// Look.
    Read,
    /// Change.
    Write,
}

/// What does not run at the same time.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Concurrency {
    /// Runs of the same group wait for each other.
    pub group: String,
    /// Whether a new run ends the one that it would wait for.
    pub cancel_in_progress: Text,
}

/// What holds for all steps that do not say it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Defaults {
    /// Of scripts.
    pub run: RunDefaults,
}

/// What holds for all scripts that do not say it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunDefaults {
    /// What runs them. GitHub's default is bash without `pipefail`; `bash` is with it.
    pub shell: String,
}

/// One job.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Job {
    /// What people see.
    pub name: String,
    /// The label of the machines that it runs on.
    pub runs_on: String,
    /// How long it may take.
    pub timeout_minutes: u64,
    /// The environment whose secrets it gets.
    pub environment: Option<String>,
    /// What its token may do.
    pub permissions: Option<Permissions>,
    /// The jobs that have to succeed before it.
    #[serde(default, deserialize_with = "one_or_many")]
    pub needs: Vec<String>,
    /// The condition under which it runs.
    #[serde(rename = "if")]
    pub condition: Option<Text>,
    /// Its values of a matrix.
    pub strategy: Option<Strategy>,
    /// What other jobs can ask of it.
    #[serde(default)]
    pub outputs: Texts,
    /// Variables of its steps.
    #[serde(default)]
    pub env: Texts,
    /// What it does.
    pub steps: Vec<Step>,
}

/// A job that is run several times.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Strategy {
    /// Whether the first failure ends the others.
    pub fail_fast: bool,
    /// Each of these values in turn.
    pub matrix: IndexMap<String, Vec<Text>>,
}

/// One step of a job, or of a composite action.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Step {
    /// What people see.
    pub name: String,
    /// What other steps know it by.
    pub id: Option<String>,
    /// The condition under which it runs.
    #[serde(rename = "if")]
    pub condition: Option<Text>,
    /// The action that it is.
    pub uses: Option<String>,
    /// The action's inputs.
    #[serde(default)]
    pub with: Texts,
    /// The script that it is.
    pub run: Option<String>,
    /// What runs the script.
    pub shell: Option<String>,
    /// Variables of its own.
    #[serde(default)]
    pub env: Texts,
    /// How long it may take.
    pub timeout_minutes: Option<u64>,
}

/// An `action.yaml`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Action {
    /// What it is called.
    pub name: String,
    /// What it does.
    pub description: String,
    /// What `with` can say.
    #[serde(default)]
    pub inputs: IndexMap<String, Input>,
    /// What it does.
    pub runs: Runs,
}

/// One input of an action.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Input {
    /// What it means.
    pub description: String,
    /// Whether it has to be given.
    #[serde(default)]
    pub required: bool,
    /// What it is where it is not given.
    pub default: Option<Text>,
}

/// The steps of an action.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Runs {
    /// Its kind.
    pub using: Using,
    /// What it does.
    pub steps: Vec<Step>,
}

/// A kind of action. There are others, which are programs of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Using {
    /// Steps.
    Composite,
}

impl Workflow {
    /// Reads a workflow; `name` is for errors.
    ///
    /// # Errors
    /// When it is no workflow, or has something that is not known here.
    pub fn parse(name: &str, text: &str) -> Result<Self, SyntaxError> {
        parse(name, text)
    }
}

impl Action {
    /// Reads an action; `name` is for errors.
    ///
    /// # Errors
    /// When it is no composite action, or has something that is not known here.
    pub fn parse(name: &str, text: &str) -> Result<Self, SyntaxError> {
        parse(name, text)
    }
}

fn parse<T: for<'de> Deserialize<'de>>(name: &str, text: &str) -> Result<T, SyntaxError> {
    serde_saphyr::from_str(text).map_err(|source| SyntaxError { name: name.to_owned(), source: Box::new(source) })
}

/// A value as text: GitHub makes text of numbers and truth values before anybody sees them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Text(String);

impl Text {
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl fmt::Display for Text {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TextVisitor)
    }
}

struct TextVisitor;

impl Visitor<'_> for TextVisitor {
    type Value = Text;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a text, a whole number or a truth value")
    }

    fn visit_bool<E: DeserializeError>(self, value: bool) -> Result<Text, E> {
        Ok(Text(value.to_string()))
    }

    fn visit_i64<E: DeserializeError>(self, value: i64) -> Result<Text, E> {
        Ok(Text(value.to_string()))
    }

    fn visit_u64<E: DeserializeError>(self, value: u64) -> Result<Text, E> {
        Ok(Text(value.to_string()))
    }

    fn visit_str<E: DeserializeError>(self, value: &str) -> Result<Text, E> {
        Ok(Text(value.to_owned()))
    }
}

/// `needs: check` is short for `needs: [check]`.
fn one_or_many<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    struct OneOrMany;

    impl<'de> Visitor<'de> for OneOrMany {
        type Value = Vec<String>;

        fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
            formatter.write_str("a name or a list of names")
        }

        fn visit_str<E: DeserializeError>(self, name: &str) -> Result<Self::Value, E> {
            Ok(vec![name.to_owned()])
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut names: A) -> Result<Self::Value, A::Error> {
            let mut all = Vec::new();
            while let Some(name) = names.next_element()? {
                all.push(name);
            }
            names.next_element::<IgnoredAny>()?;
            Ok(all)
        }
    }

    deserializer.deserialize_any(OneOrMany)
}

#[cfg(test)]
mod tests {
    use std::error::Error as _;

    use super::*;

    const WORKFLOW: &str = "
name: Sample
on:
  push:
    tags: [\"api/v*\"]
  pull_request:
permissions: {}
concurrency:
  group: one
  cancel-in-progress: false
jobs:
  build:
    name: Build
    runs-on: depot-ubuntu-24.04
    timeout-minutes: 5
    needs: check
    steps:
      - name: Check out
        uses: actions/checkout@v1
        with: {fetch-depth: 0, persist-credentials: false, ref: main}
";

    #[test]
    fn what_is_written_is_what_is_read() {
        let workflow = Workflow::parse("sample.yaml", WORKFLOW).unwrap();
        assert_eq!(workflow.on.keys().collect::<Vec<_>>(), ["push", "pull_request"]);
        assert_eq!(workflow.on["push"].as_ref().unwrap().tags, ["api/v*"]);
        assert!(workflow.on["pull_request"].is_none() && workflow.permissions.is_empty());
        let job = &workflow.jobs["build"];
        assert_eq!((job.needs.as_slice(), job.timeout_minutes), (["check".to_owned()].as_slice(), 5));
        let with: Vec<_> = job.steps[0].with.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
        assert_eq!(with, [("fetch-depth", "0"), ("persist-credentials", "false"), ("ref", "main")]);
    }

    #[test]
    fn what_is_not_known_is_refused_by_its_name() {
        for (known, unknown) in [
            ("runs-on: ", "container: x\n    runs-on: "),
            ("permissions: {}", "permissions: {}\nrun-name: a"),
            ("uses: ", "continue-on-error: true\n        uses: "),
            ("permissions: {}", "permissions: write-all"),
            ("timeout-minutes: 5", "services: {}"),
        ] {
            let error = Workflow::parse("sample.yaml", &WORKFLOW.replacen(known, unknown, 1)).unwrap_err();
            assert_eq!(error.to_string(), "`sample.yaml` cannot be read");
            let cause = error.source().unwrap().to_string();
            let key = unknown.trim_start_matches(known).trim().split(':').next().unwrap();
            assert!(unknown.contains("write-all") || cause.contains(key), "{key}: {cause}");
        }
    }

    #[test]
    fn an_action_that_is_a_program_is_refused() {
        let text = "{name: a, description: b, runs: {using: node24, steps: []}}";
        assert!(Action::parse("action.yaml", text).is_err());
        assert!(Action::parse("action.yaml", &text.replace("node24", "composite")).is_ok());
    }
}
