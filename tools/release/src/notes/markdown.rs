//! Notes as Markdown, for the page of a release.
//!
//! Owns their form and their length. What a title may say is `inert`'s.

use std::fmt::Write as _;

use services::CLI;

use super::inert::inert;
use super::{ImageReport, Notes};
use crate::plan::Change;
use terminal::printable;

/// The most that GitHub takes as the text of a release: "body is too long (maximum is 125000 characters)". Whether those are
/// code points or UTF-16's units is not documented, so the larger number is what counts here.
const LIMIT: usize = 125_000;

/// All of it; of more changes than the page of a release can hold, the newest, and where the others are.
#[must_use]
pub fn markdown(notes: &Notes) -> String {
    let mut text = match (&notes.previous, notes.identical) {
        (None, _) => "First release.\n".to_owned(),
        (Some(previous), Some(true)) => format!("Nothing changed since {previous} that can change it.\n"),
        (Some(previous), _) => format!("## Changes since {previous}\n\n"),
    };
    let thing = match &notes.image {
        Some(image) => self::image(image, notes.report.as_ref()),
        None if notes.tag.service().as_str() == CLI => client(notes),
        None => String::new(),
    };
    let changes: Vec<String> = notes.changes.iter().map(change).collect();
    let room = LIMIT.saturating_sub(length(&text) + length(&thing));
    text.push_str(&fitting(&changes, room, notes.comparison.as_deref()));
    text + &thing
}

/// As many lines as there is room for, and if it is not for all, one that says how many more there are.
fn fitting(lines: &[String], room: usize, comparison: Option<&str>) -> String {
    if lines.iter().map(|line| length(line)).sum::<usize>() <= room {
        return lines.concat();
    }
    let rest = |shown: usize| {
        let place = comparison.map(|url| format!(": [all of them]({url})")).unwrap_or_default();
        format!("- and {} more{place}\n", lines.len() - shown)
    };
    // The longest that it can become.
    let mut left = room.saturating_sub(length(&rest(0)));
    let fits = |line: &&String| {
        let taken = left.checked_sub(length(line));
        left = taken.unwrap_or(left);
        taken.is_some()
    };
    let shown: Vec<&str> = lines.iter().take_while(fits).map(String::as_str).collect();
    shown.concat() + &rest(shown.len())
}

/// In UTF-16's units, of which a text has at least as many as code points.
fn length(text: &str) -> usize {
    text.encode_utf16().count()
}

fn change(change: &Change) -> String {
    let mut line = format!("- {}", inert(&printable::line(&change.title)));
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

/// How the client is installed, its files, and how one of them is held against its checksum.
fn client(notes: &Notes) -> String {
    let version = notes.tag.version().to_string();
    let version = version.trim_start_matches('v');
    let mut text = format!("\n## Install\n\n```\nnpm install --global unkey@{version}\n```\n");
    if notes.files.is_empty() {
        return text;
    }
    text.push_str("\n## Files\n\n| file | sha256 |\n|---|---|\n");
    for file in &notes.files {
        let _ = writeln!(text, "| {} | `{}` |", inert(&file.name), file.digest.trim_start_matches("sha256:"));
    }
    if let Some(sums) = notes.files.iter().find(|file| file.name.ends_with("checksums.txt")) {
        let _ =
            write!(text, "\nBeside downloaded files:\n\n```\nsha256sum --check --ignore-missing {}\n```\n", sums.name);
    }
    text
}

/// In megabytes with one digit behind the point, rounded to the nearest.
fn megabytes(bytes: u64) -> String {
    let tenths = bytes.saturating_add(50_000) / 100_000;
    format!("{}.{} MB", tenths / 10, tenths % 10)
}

#[cfg(test)]
mod tests {
    use release_tag::Tag;

    use super::*;
    use crate::git::ObjectId;
    use crate::notes::{FileReport, PlatformReport};

    fn notes() -> Notes {
        let commit = ObjectId::parse(&"a".repeat(40)).unwrap();
        let tag = Tag::parse("api/v1.2.3".as_ref()).unwrap();
        Notes {
            image: Some("ghcr.io/unkeyed/api:v1.2.3".to_owned()),
            tag,
            commit,
            previous: None,
            identical: None,
            changes: Vec::new(),
            comparison: None,
            report: None,
            files: Vec::new(),
            broken: Vec::new(),
        }
    }

    fn change_of(title: &str) -> Change {
        Change {
            commit: ObjectId::parse(&"b".repeat(40)).unwrap(),
            title: title.to_owned(),
            pull_request: Some(7),
            url: Some("https://github.com/unkeyed/unkey/pull/7".to_owned()),
            services: vec!["api".to_owned()],
        }
    }

    /// Notes with as many changes.
    fn long(title: &str, number: usize) -> Notes {
        Notes {
            previous: Some("v1.2.2".parse().unwrap()),
            identical: Some(false),
            changes: vec![change_of(title); number],
            comparison: Some("https://github.com/o/r/compare/api/v1.2.2...api/v1.2.3".to_owned()),
            ..notes()
        }
    }

    #[test]
    fn what_is_too_long_for_github_ends_at_a_line_with_how_much_is_left_out() {
        for title in ["Fix it", "\u{434}\u{43e}\u{43c}", "\u{1f600}\u{1f600}\u{1f600}"] {
            let text = markdown(&long(title, 2000));
            let length = text.encode_utf16().count();
            let line = change(&change_of(title));
            assert!(length <= LIMIT && length + line.encode_utf16().count() + 10 > LIMIT, "{length}");
            let shown = text.lines().filter(|shown| *shown == line.trim_end()).count();
            let rest = format!(
                "\n- and {} more: [all of them](https://github.com/o/r/compare/api/v1.2.2...api/v1.2.3)\n\n## Image\n",
                2000 - shown
            );
            assert!(text.contains(&rest), "{}", &text[text.len() - 400..]);
            assert!(text.ends_with("\n```\nghcr.io/unkeyed/api:v1.2.3\n```\n"));
        }
        let text = markdown(&Notes { comparison: None, ..long("Fix it", 2000) });
        assert!(text.contains(" more\n\n## Image\n") && text.len() <= LIMIT);
    }

    #[test]
    fn what_fits_is_not_cut() {
        let line = change(&change_of("")).len();
        let rest = markdown(&long("", 0)).len();
        let number = (LIMIT - rest) / line;
        let fill = "x".repeat(LIMIT - rest - number * line);
        let mut notes = long("", number);
        notes.changes[0].title = fill.clone();
        assert_eq!(markdown(&notes).len(), LIMIT);
        assert!(!markdown(&notes).contains("more"));
        notes.changes[0].title = fill + "x";
        assert!(markdown(&notes).contains("- and 1 more") || markdown(&notes).contains("- and 2 more"));
    }

    #[test]
    fn one_endless_title_is_left_out() {
        let text = markdown(&long(&"x".repeat(LIMIT), 1));
        assert!(text.starts_with("## Changes since v1.2.2\n\n- and 1 more: "), "{text}");
    }

    #[test]
    fn a_first_release_has_an_image_and_no_changes() {
        let expected = "First release.\n\n## Image\n\n```\nghcr.io/unkeyed/api:v1.2.3\n```\n";
        assert_eq!(markdown(&notes()), expected);
    }

    #[test]
    fn changes_are_a_list_that_titles_cannot_break() {
        let change = change_of("Fix <script> [x](http://evil) `a|b`\u{202e}");
        let previous = Some("v1.2.2".parse().unwrap());
        let notes = Notes { previous, identical: Some(false), changes: vec![change], image: None, ..notes() };
        let expected = format!(
            "## Changes since v1.2.2\n\n- Fix \\<script\\> \\[x\\]\\(http:<!-- -->//evil\\) \\`a\\|b\\`\\\\u\\{{202e\\}} \
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

    #[test]
    fn the_client_is_installed_and_its_files_can_be_checked() {
        let tag = Tag::parse("cli/v1.2.3".as_ref()).unwrap();
        let client = Notes { tag, image: None, ..notes() };
        let install = "First release.\n\n## Install\n\n```\nnpm install --global unkey@1.2.3\n```\n";
        assert_eq!(markdown(&client), install);
        let file = |name: &str, digest: &str| FileReport { name: name.to_owned(), digest: digest.to_owned() };
        let files = vec![file("checksums.txt", "sha256:aa"), file("unkey_1.2.3_linux_amd64.tar.gz", "sha256:bb")];
        let expected = "\n## Files\n\n| file | sha256 |\n|---|---|\n| checksums.txt | `aa` |\n\
                        | unkey\\_1.2.3\\_linux\\_amd64.tar.gz | `bb` |\n\n\
                        Beside downloaded files:\n\n```\nsha256sum --check --ignore-missing checksums.txt\n```\n";
        assert_eq!(markdown(&Notes { files, ..client }), format!("{install}{expected}"));
    }
}
