//! Notes as Markdown, for the page of a release.

use std::fmt::Write as _;

use super::{ImageReport, Notes};
use crate::plan::Change;
use crate::printable;

/// What Markdown or HTML would take for its own.
const SPECIAL: &str = "\\`*_{}[]<>()#|~&!";

/// All of it.
#[must_use]
pub fn markdown(notes: &Notes) -> String {
    let mut text = match (&notes.previous, notes.identical) {
        (None, _) => "First release.\n".to_owned(),
        (Some(previous), Some(true)) => format!("Nothing changed since {previous} that can change it.\n"),
        (Some(previous), _) => format!("## Changes since {previous}\n\n"),
    };
    text.extend(notes.changes.iter().map(change));
    if let Some(image) = &notes.image {
        text.push_str(&self::image(image, notes.report.as_ref()));
    }
    text
}

fn change(change: &Change) -> String {
    let mut line = format!("- {}", escaped(&printable::line(&change.title)));
    match (change.pull_request, &change.url) {
        (Some(number), Some(url)) => {
            let _ = write!(line, " ([#{number}]({url}))");
        }
        (Some(number), None) => {
            let _ = write!(line, " (#{number})");
        }
        (None, _) => {}
    }
    let _ = writeln!(line, " {}", change.commit);
    line
}

fn image(reference: &str, report: Option<&ImageReport>) -> String {
    let Some(report) = report else { return format!("\n## Image\n\n```\n{reference}\n```\n") };
    let version = reference.rsplit_once(':').map_or("", |(_, version)| version);
    let mut text = format!("\n## Image\n\n```\n{}:{version}@{}\n```\n\n", report.repository, report.digest);
    text.push_str("| platform | size | digest |\n|---|---|---|\n");
    for platform in &report.platforms {
        let _ = writeln!(text, "| {} | {} | `{}` |", platform.platform, megabytes(platform.bytes), platform.digest);
    }
    text
}

fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for character in text.chars() {
        if SPECIAL.contains(character) {
            escaped.push('\\');
        }
        escaped.push(character);
    }
    escaped
}

/// In megabytes with one digit behind the point, rounded to the nearest.
fn megabytes(bytes: u64) -> String {
    let tenths = bytes.saturating_add(50_000) / 100_000;
    format!("{}.{} MB", tenths / 10, tenths % 10)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::git::ObjectId;
    use crate::notes::PlatformReport;
    use crate::tag::Tag;

    fn notes() -> Notes {
        let commit = ObjectId::parse(&"a".repeat(40)).unwrap();
        let tag = Tag::parse("api/v1.2.3".as_ref()).unwrap();
        Notes {
            image: crate::image_name::of(&tag),
            tag,
            commit,
            previous: None,
            identical: None,
            changes: Vec::new(),
            report: None,
            checked_out: true,
        }
    }

    #[test]
    fn a_first_release_has_an_image_and_no_changes() {
        let expected = "First release.\n\n## Image\n\n```\nghcr.io/unkeyed/api:v1.2.3\n```\n";
        assert_eq!(markdown(&notes()), expected);
    }

    #[test]
    fn changes_are_a_list_that_titles_cannot_break() {
        let change = Change {
            commit: ObjectId::parse(&"b".repeat(40)).unwrap(),
            title: "Fix <script> [x](http://evil) `a|b`\u{202e}".to_owned(),
            pull_request: Some(7),
            url: Some("https://github.com/unkeyed/unkey/pull/7".to_owned()),
            services: vec!["api".to_owned()],
        };
        let previous = Some("v1.2.2".parse().unwrap());
        let notes = Notes { previous, identical: Some(false), changes: vec![change], image: None, ..notes() };
        let expected = format!(
            "## Changes since v1.2.2\n\n- Fix \\<script\\> \\[x\\]\\(http://evil\\) \\`a\\|b\\`\\\\u\\{{202e\\}} \
             ([#7](https://github.com/unkeyed/unkey/pull/7)) {}\n",
            "b".repeat(40)
        );
        assert_eq!(markdown(&notes), expected);
    }

    #[test]
    fn what_is_known_of_the_image_is_told() {
        let platform =
            PlatformReport { platform: "linux/amd64".to_owned(), digest: "sha256:bb".to_owned(), bytes: 3_450_000 };
        let report = ImageReport {
            repository: "registry.example/team/api".to_owned(),
            digest: "sha256:aa".to_owned(),
            platforms: vec![platform],
        };
        let text = markdown(&Notes { report: Some(report), ..notes() });
        let expected = "```\nregistry.example/team/api:v1.2.3@sha256:aa\n```\n\n| platform | size | digest |\n|---|---|---|\n\
                        | linux/amd64 | 3.5 MB | `sha256:bb` |\n";
        assert!(text.ends_with(expected), "{text}");
    }
}
