//! What is wrong with a configuration: all of it at once, each with its place. Not the reading of the file.

use std::fmt;

/// One thing that is wrong with a configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The line in the file, from 1; absent where no line can be blamed, as for a missing key.
    pub line: Option<usize>,
    /// What is wrong, with the key or the value in it.
    pub message: String,
    /// What to write instead.
    pub hint: Option<String>,
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)
    }
}

/// Collects what a service finds wrong with its own keys, so that one run names everything.
#[derive(Debug, Default)]
pub struct Problems {
    found: Vec<(String, String)>,
}

impl Problems {
    /// Refuses the value of `key`, dotted below a table as in `logging.level`; `message` continues the key, as in
    /// "must not be empty".
    pub fn refuse(&mut self, key: &str, message: impl fmt::Display) {
        self.found.push((key.to_owned(), message.to_string()));
    }

    /// The value, or nothing after a note that `key` is refused.
    pub fn check<T, E: fmt::Display>(&mut self, key: &str, value: Result<T, E>) -> Option<T> {
        value.map_err(|error| self.refuse(key, error)).ok()
    }

    /// Every refusal as a key and a message, in the order in which they were found.
    pub(crate) fn into_found(self) -> Vec<(String, String)> {
        self.found
    }
}
