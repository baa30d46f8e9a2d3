//! Bazel's profile: how long each action took, from its own clock.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use flate2::bufread::GzDecoder;
use serde::Deserialize;

/// An action as the profile has it.
#[derive(Debug, PartialEq)]
pub struct Action {
    /// What kind it is.
    pub mnemonic: String,
    /// Its progress message.
    pub name: String,
    /// From its inputs being ready to its outputs being known, sandbox and hashing included.
    pub milliseconds: f64,
}

#[derive(Deserialize)]
struct Profile {
    #[serde(rename = "traceEvents")]
    events: Vec<Event>,
}

#[derive(Deserialize)]
struct Event {
    #[serde(default)]
    cat: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    dur: f64,
    #[serde(default)]
    args: Arguments,
}

#[derive(Default, Deserialize)]
struct Arguments {
    #[serde(default)]
    mnemonic: String,
}

/// The actions in a profile that Bazel wrote compressed.
pub fn actions(path: &Path) -> Vec<Action> {
    let file = File::open(path).unwrap_or_else(|error| panic!("`{}`: {error}", path.display()));
    let text = BufReader::new(GzDecoder::new(BufReader::new(file)));
    let profile: Profile =
        serde_json::from_reader(text).unwrap_or_else(|error| panic!("`{}`: {error}", path.display()));
    profile.events.into_iter().filter_map(action).collect()
}

fn action(event: Event) -> Option<Action> {
    (event.cat == "action processing").then(|| Action {
        mnemonic: event.args.mnemonic,
        name: event.name,
        milliseconds: event.dur / 1e3,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_actions_are_actions() {
        let text = r#"{"otherData": {}, "traceEvents": [
            {"name": "thread_name", "ph": "M", "pid": 1, "tid": 0, "args": {"name": "Critical Path"}},
            {"cat": "general information", "name": "Action.execute", "ph": "X", "ts": 5, "dur": 9, "pid": 1, "tid": 7},
            {"cat": "action processing", "name": "OCI Index //one:image", "ph": "X", "ts": 5, "dur": 12500, "pid": 1,
             "args": {"mnemonic": "OCIIndex"}, "tid": 7}]}"#;
        let profile: Profile = serde_json::from_str(text).unwrap();
        let actions: Vec<_> = profile.events.into_iter().filter_map(action).collect();
        let expected =
            Action { mnemonic: "OCIIndex".to_owned(), name: "OCI Index //one:image".to_owned(), milliseconds: 12.5 };
        assert_eq!(actions, [expected]);
    }
}
