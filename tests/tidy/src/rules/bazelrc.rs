//! Rules for files of Bazel's options.

use crate::{Finding, Language, SourceFile};

/// An option without a reason is not removed by anybody. One comment may stand above several options.
pub(super) fn reason(file: &SourceFile) -> Vec<Finding> {
    if file.language() != Language::Bazelrc {
        return Vec::new();
    }
    let mut is_said = false;
    let mut findings = Vec::new();
    for (index, line) in file.lines() {
        if line.starts_with('#') {
            is_said = true;
        } else if line.trim().is_empty() {
            is_said = false;
        } else if !is_said {
            findings.push(Finding::at(file, index, "the option has no reason: write it above"));
        }
    }
    findings
}
