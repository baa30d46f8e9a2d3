//! What is printed: Markdown for people, JSON for who wants every run.

use std::fmt::Write as _;

use serde_json::json;

use crate::row::Row;
use crate::sections::Measured;

const HEADER: &str = "| what | ours | peer in this run | ratio | rules_oci 2.3.2, measured apart | goal |\n\
                      |---|---|---|---|---|---|\n";

/// A table a section.
pub fn markdown(machine: &[String], sections: &[Measured]) -> String {
    let mut text = String::new();
    for line in machine {
        let _ = writeln!(text, "- {line}");
    }
    for section in sections {
        let _ = write!(text, "\n### {}\n\n", section.title);
        if let Some(failure) = &section.failure {
            let _ = writeln!(text, "Not measured: {failure}");
            continue;
        }
        text.push_str(HEADER);
        for row in &section.rows {
            write_row(&mut text, row);
        }
    }
    text
}

/// A peer a line: the first one beside ours, the others below it.
fn write_row(text: &mut String, row: &Row) {
    let (first, others) = row.peers.split_first().map_or((None, &[][..]), |(first, others)| (Some(first), others));
    let peer = |peer| match peer {
        Some(peer) => (describe(peer), row.ratio(peer).map_or_else(|| "-".to_owned(), ratio)),
        None => ("-".to_owned(), "-".to_owned()),
    };
    let (name, times) = peer(first);
    let published = row.published.unwrap_or("-");
    let _ = writeln!(text, "| {} | {} | {name} | {times} | {published} | {} |", row.what, row.ours, goal(row));
    for other in others {
        let (name, times) = peer(Some(other));
        let _ = writeln!(text, "| | | {name} | {times} | | |");
    }
}

fn describe(peer: &crate::row::Peer) -> String {
    format!("{}: {}", peer.name, peer.figure)
}

fn ratio(number: f64) -> String {
    if number < 10.0 { format!("{number:.1}x") } else { format!("{number:.0}x") }
}

fn goal(row: &Row) -> String {
    let Some(goal) = row.goal else { return "-".to_owned() };
    let verdict = match row.is_goal_met() {
        Some(true) => "met",
        Some(false) => "**missed**",
        None => "unknown",
    };
    format!("{}: {verdict}", goal.text())
}

/// Every measurement.
pub fn json(machine: &[String], sections: &[Measured]) -> String {
    let document = json!({ "machine": machine, "sections": sections });
    format!("{document:#}\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::figure::Figure;
    use crate::row::Goal;

    #[test]
    fn each_peer_has_a_line() {
        let row = Row::new("push", Figure::times(&[10.0]))
            .peer("crane 1", Figure::times(&[25.0]))
            .peer("skopeo 2", Figure::Missing("not there".to_owned()))
            .published("0.19 s")
            .goal(Goal::MillisecondsBelow(100.0));
        let mut text = String::new();
        write_row(&mut text, &row);
        assert_eq!(
            text,
            "| push | 10 ms | crane 1: 25 ms | 2.5x | 0.19 s | under 100 ms: met |\n\
             | | | skopeo 2: not there | - | | |\n"
        );
    }

    #[test]
    fn what_failed_says_why() {
        let section = Measured { title: "Push", rows: Vec::new(), failure: Some("no crane".to_owned()) };
        assert_eq!(markdown(&["2 cores".to_owned()], &[section]), "- 2 cores\n\n### Push\n\nNot measured: no crane\n");
    }
}
