//! What a rule says of one line.

use std::fmt;

use crate::SourceFile;

/// A line that departs from a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The file, from the root of the repository.
    pub path: String,
    /// From 1 on.
    pub line: usize,
    /// The name of the rule.
    pub rule: &'static str,
    /// What is wrong, and what to do.
    pub message: String,
}

impl Finding {
    /// At the line with this index, from 0 on, as iterators count.
    pub(crate) fn at(file: &SourceFile, index: usize, message: impl Into<String>) -> Self {
        // The table of rules puts the name in.
        Self { path: file.path().to_owned(), line: index + 1, rule: "", message: message.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { path, line, rule, message } = self;
        write!(formatter, "{path}:{line}: {message} ({rule})")
    }
}
