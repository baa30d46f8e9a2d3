//! A plan for people to read.

use std::fmt::Write as _;

use release::plan::{Change, Plan, Release};
use terminal::printable;

/// How many changes are listed.
const CHANGES: usize = 20;

/// All of it.
pub fn text(plan: &Plan) -> String {
    let mut text = format!("commit {} {}\n\n", plan.commit.short(), printable::line(&plan.title));
    let width = plan.releases.iter().map(|release| release.service.as_str().len()).max().unwrap_or_default();
    for release in &plan.releases {
        let _ = writeln!(text, "  {:width$}  {}", release.service.as_str(), step(release));
    }
    if !plan.changes.is_empty() {
        text.push_str("\nchanges\n");
        text.push_str(&changes(&plan.changes));
    }
    text
}

/// Changes, a line each, up to a limit.
pub fn changes(changes: &[Change]) -> String {
    let mut text: String = changes.iter().take(CHANGES).map(line).collect();
    if changes.len() > CHANGES {
        let _ = writeln!(text, "  ... and {} more", changes.len() - CHANGES);
    }
    text
}

fn step(release: &Release) -> String {
    let Some(previous) = &release.previous else {
        return format!("{}  no stable release before", release.version);
    };
    let note = match release.identical {
        Some(true) => "  nothing changed that can change it",
        Some(false) | None => "",
    };
    format!("{previous} -> {}{note}", release.version)
}

fn line(change: &Change) -> String {
    let mut line = format!("  {} {}", change.commit.short(), printable::line(&change.title));
    match (&change.url, change.pull_request) {
        (Some(url), _) => {
            let _ = write!(line, " {url}");
        }
        (None, Some(number)) => {
            let _ = write!(line, " (#{number})");
        }
        (None, None) => {}
    }
    let _ = writeln!(line, " [{}]", change.services.join(", "));
    line
}

#[cfg(test)]
mod tests {
    use release::git::ObjectId;

    use super::*;

    fn change(title: &str) -> Change {
        let commit = ObjectId::parse(&"a".repeat(40)).unwrap();
        Change {
            commit,
            title: title.to_owned(),
            pull_request: Some(7),
            url: None,
            services: vec!["api".to_owned(), "worker".to_owned()],
        }
    }

    #[test]
    fn changes_are_lines_with_their_services() {
        assert_eq!(changes(&[change("Fix\u{1b}[2J it")]), "  aaaaaaaaa Fix\\u{1b}[2J it (#7) [api, worker]\n");
    }

    #[test]
    fn long_lists_end_with_how_much_is_left_out() {
        let many: Vec<Change> = (0..CHANGES + 3).map(|_| change("One")).collect();
        let text = changes(&many);
        assert_eq!(text.lines().count(), CHANGES + 1);
        assert!(text.ends_with("  ... and 3 more\n"));
    }
}
