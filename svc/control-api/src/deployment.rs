//! One deployment: what was asked for, and how far it has come.

use std::collections::HashSet;
use std::ops::RangeInclusive;

use runtime::{Domain, HostPort};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// How many upstreams one host may have.
const MOST_UPSTREAMS: usize = 64;

/// Zero would be the end of the host, which is no deployment.
const REPLICAS: RangeInclusive<u32> = 1..=64;

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wanted {
    /// The name that callers use.
    pub(crate) host: Domain,
    /// Where it is served, in the order of preference.
    pub(crate) upstreams: Vec<HostPort>,
    /// How many copies are to run.
    pub(crate) replicas: u32,
}

impl Wanted {
    /// Says what is wrong with the request as a whole; each value has been checked by its type.
    pub(crate) fn check(&self) -> Result<(), String> {
        let count = self.upstreams.len();
        if !(1..=MOST_UPSTREAMS).contains(&count) {
            return Err(format!("`upstreams` must hold `1` to `{MOST_UPSTREAMS}` addresses, not `{count}`"));
        }
        let mut seen = HashSet::new();
        if let Some(twice) = self.upstreams.iter().find(|upstream| !seen.insert(*upstream)) {
            return Err(format!("`upstreams` must not repeat `{twice}`"));
        }
        if !REPLICAS.contains(&self.replicas) {
            let (least, most) = (REPLICAS.start(), REPLICAS.end());
            return Err(format!("`replicas` must be `{least}` to `{most}`, not `{}`", self.replicas));
        }
        Ok(())
    }
}

/// How far a deployment has come. The last two are final.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum State {
    /// It waits for a worker.
    Queued,
    /// A worker has it.
    Leased,
    /// It was carried out.
    Succeeded,
    /// It cannot be carried out, or was tried too often.
    Failed,
}

/// A deployment as callers see it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub(crate) struct Deployment {
    pub(crate) id: String,
    #[serde(flatten)]
    pub(crate) wanted: Wanted,
    pub(crate) state: State,
    /// How often a worker has begun with it.
    pub(crate) attempts: u32,
    /// What the last attempt, once it has ended, had to say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) detail: Option<String>,
}

impl Deployment {
    /// One that nobody has begun with.
    pub(crate) fn new(wanted: Wanted) -> Self {
        Self { id: Uuid::new_v4().to_string(), wanted, state: State::Queued, attempts: 0, detail: None }
    }
}

/// How an attempt ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Outcome {
    /// The deployment is carried out.
    Succeeded,
    /// Another attempt may succeed.
    Retry,
    /// No attempt can succeed.
    Failed,
}

#[cfg(test)]
mod tests {
    use super::*;

    use serde_json::json;

    #[test]
    fn what_is_wrong_with_a_request_is_named() {
        let upstreams = |count: usize| (0..count).map(|number| format!("app-{number}:80")).collect::<Vec<_>>();
        let cases = [
            (upstreams(1), 1, None),
            (upstreams(64), 64, None),
            (upstreams(0), 1, Some("`upstreams` must hold `1` to `64` addresses, not `0`")),
            (upstreams(65), 1, Some("`upstreams` must hold `1` to `64` addresses, not `65`")),
            (vec!["a:80".to_owned(), "A:080".to_owned()], 1, Some("`upstreams` must not repeat `a:80`")),
            (upstreams(1), 0, Some("`replicas` must be `1` to `64`, not `0`")),
            (upstreams(1), 65, Some("`replicas` must be `1` to `64`, not `65`")),
        ];
        for (upstreams, replicas, expected) in cases {
            let document = json!({"host": "App.Example", "upstreams": upstreams, "replicas": replicas});
            let wanted: Wanted = serde_json::from_value(document).expect("right types");
            assert_eq!(wanted.host.as_str(), "app.example");
            assert_eq!(wanted.check().err().as_deref(), expected);
        }
    }

    #[test]
    fn a_deployment_is_one_flat_document() {
        let wanted = json!({"host": "app.example", "upstreams": ["a:80"], "replicas": 2});
        let deployment = Deployment::new(serde_json::from_value(wanted).expect("right types"));
        let shown = serde_json::to_value(&deployment).expect("JSON");
        let expected = json!({
            "id": deployment.id, "host": "app.example", "upstreams": ["a:80"], "replicas": 2, "state": "queued", "attempts": 0,
        });
        assert_eq!(shown, expected);
        assert_eq!(serde_json::from_value::<Deployment>(shown).expect("read again"), deployment);
    }
}
