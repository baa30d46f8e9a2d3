//! The rules of this repository's style that a machine can check and that no other linter knows: what is left to them is
//! not here (rustfmt, clippy, shellcheck, buildifier, actionlint, zizmor).
//!
//! Owns what a rule is, which ones there are and what they find in the text of a file. Which files there are is the
//! binary's business. A new rule is a line in `rules`, and samples that it catches and lets pass in `samples`.

mod finding;
mod rules;
#[cfg(test)]
mod samples;
mod source_file;

pub use finding::Finding;
pub use rules::{RULES, Rule, check};
pub use source_file::{Language, SourceFile};
