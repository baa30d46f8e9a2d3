//! Questions about a long history: the release tool beside git, which is asked the same by one command after the other.
//!
//! Both sides have the same repository, settings and options, and start a program of git for each question. A peer asks
//! only what the verdict rests on; what the tool also tells (a clone that is not shallow, the commit's title, changes that
//! are not committed) is part of its time alone.

use std::process::Command;

use parts::workspace::Workspace;

use crate::history::{self, COMMITS, History, SERVICE};
use crate::peers;
use crate::row::{Goal, Row};
use crate::sections::Bench;
use crate::series::Series;

/// What was aimed at: no more than this many times what git takes.
const GOAL: Goal = Goal::TimesPeer(1.1);

const MAIN: &str = "refs/heads/main";
const TRACKED_MAIN: &str = "refs/remotes/origin/main";

pub(super) fn rows(bench: &Bench) -> Vec<Row> {
    let history = History::prepare();
    let release = Workspace::own().build(&[], "//tools/release");
    let tags = [("the newest tag", 0), ("a tag 500,000 commits back", COMMITS / 2)];
    let tags = tags.map(|(name, commits)| (name, history::tag_before_end(commits)));
    let ours = |arguments: &[&str]| {
        let mut line = history.in_clone(&release);
        line.args(arguments);
        [line]
    };
    let series = Series::measure("history", bench.runs, |series| {
        for (name, tag) in &tags {
            series.add_milliseconds(&format!("ours {name}"), history::in_turn(&mut ours(&["check", tag])));
            series.add_milliseconds(&format!("git {name}"), history::in_turn(&mut check(&history, tag)));
        }
        let plan = ["plan", SERVICE, "--no-log", "--force"];
        series.add_milliseconds("ours plan", history::in_turn(&mut ours(&plan)));
        series.add_milliseconds("git plan", history::in_turn(&mut planned(&history)));
    });
    let git = peers::named("git");
    let mut rows: Vec<Row> = Vec::new();
    for (name, _) in &tags {
        let peer = format!("{git} ls-remote, merge-base --is-ancestor");
        let row = Row::new(format!("`release check`, {name}"), series.figure(&format!("ours {name}")));
        rows.push(row.peer(peer, series.figure(&format!("git {name}"))).goal(GOAL));
    }
    let peer = format!("{git} fetch, for-each-ref, merge-base --is-ancestor");
    let row = Row::new(format!("`release plan {SERVICE} --no-log --force`"), series.figure("ours plan"));
    rows.push(row.peer(peer, series.figure("git plan")).goal(GOAL));
    rows
}

/// What origin has, and whether the tag is part of main.
fn check(history: &History, tag: &str) -> [Command; 2] {
    let tag = format!("refs/tags/{tag}");
    [
        history.git(&["ls-remote", "--quiet", "origin", MAIN, &tag]),
        history.git(&["merge-base", "--is-ancestor", &tag, TRACKED_MAIN]),
    ]
}

/// What is new on origin, which versions there are, and whether what is checked out is part of main.
fn planned(history: &History) -> [Command; 3] {
    let main = format!("+{MAIN}:{TRACKED_MAIN}");
    let tags = format!("refs/tags/{SERVICE}/*:refs/tags/{SERVICE}/*");
    let names = format!("refs/tags/{SERVICE}/");
    [
        history.git(&["fetch", "--no-progress", "--no-tags", "--no-write-fetch-head", "origin", &main, &tags]),
        history.git(&["for-each-ref", "--format=%(refname)", &names]),
        history.git(&["merge-base", "--is-ancestor", "HEAD", TRACKED_MAIN]),
    ]
}
