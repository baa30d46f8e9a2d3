//! The repository whose history is long: 1,000,000 commits and 10,000 release tags of seven services, as a bare origin and
//! a clone of it.
//!
//! Made once by `git fast-import` and kept. Every twentieth commit merges a side branch of four; every tenth changes a
//! file, the others change nothing, which no question about history sees. References of origin are packed, and there is no
//! commit-graph: as after a fresh clone.

use std::fs;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use parts::command::{ended, stdout};
use parts::environment::{self, HOME, XDG_CONFIG_HOME};

/// How many commits there are.
pub const COMMITS: u64 = 1_000_000;

/// How many tags there are.
pub const TAGS: u64 = 10_000;

/// As many as there will be. Each has release tags of its own.
const SERVICES: [&str; 7] = ["api", "control-api", "control-worker", "frontline", "heimdall", "krane", "vault"];

/// The service that is asked about.
pub const SERVICE: &str = SERVICES[0];

/// How many commits there are from a tag to the next one.
const TAG_DISTANCE: u64 = COMMITS / TAGS;

/// A block of commits: fourteen in a row, four on a branch, one beside them, and a merge.
const BLOCK: u64 = 20;
const BRANCH: std::ops::RangeInclusive<u64> = 15..=18;
const BRANCH_BASE: u64 = 10;

/// One tag in so many is a pre-release.
const PRERELEASES: u64 = 10;

/// How many commits are written between two lines of progress.
const PROGRESS: u64 = 100_000;

/// When the first commit was made; the others follow a minute apart.
const BEGINNING: u64 = 1_500_000_000;

/// Is in the folder when everything is; another text means that this file made something else then.
const COMPLETE: &str = "complete";
const RECIPE: &str = "2";

/// Settings that neither side is measured with: cleaning up now and then.
const SETTINGS: [&str; 4] = ["-c", "gc.auto=0", "-c", "maintenance.auto=false"];

/// The origin and its clone.
#[derive(Debug)]
pub struct History {
    folder: PathBuf,
}

impl History {
    /// Takes the one that is kept, or makes it.
    pub fn prepare() -> Self {
        // Not in the folder of the images: that one is a workspace, and these would be packages of it.
        let history = Self { folder: environment::cache().join("bench-history") };
        if fs::read_to_string(history.folder.join(COMPLETE)).is_ok_and(|recipe| recipe == RECIPE) {
            return history;
        }
        eprintln!("bench: history: making {COMMITS} commits in {} (minutes, once)", history.folder.display());
        let _ = fs::remove_dir_all(&history.folder);
        fs::create_dir_all(history.home()).expect("made");
        history.make();
        fs::write(history.folder.join(COMPLETE), RECIPE).expect("written");
        history
    }

    /// The clone.
    pub fn clone_folder(&self) -> PathBuf {
        self.folder.join("clone")
    }

    /// A program in the clone, without the user's configuration of git.
    pub fn in_clone(&self, program: impl AsRef<Path>) -> Command {
        self.at(program, self.clone_folder())
    }

    /// Git in the clone.
    pub fn git(&self, arguments: &[&str]) -> Command {
        let mut git = self.in_clone("git");
        git.args(SETTINGS).args(arguments);
        git
    }

    fn make(&self) {
        fs::create_dir(self.origin()).expect("made");
        stdout(self.at("git", self.origin()).args(["init", "--quiet", "--bare", "--initial-branch=main"]));
        self.import().unwrap_or_else(|error| panic!("git fast-import: {error}"));
        stdout(self.at("git", self.origin()).args(["update-ref", "-d", "refs/heads/side"]));
        stdout(self.at("git", self.origin()).args(["pack-refs", "--all"]));
        eprintln!("bench: history: cloning");
        stdout(self.at("git", &self.folder).arg("clone").arg("--quiet").arg(self.origin()).arg("clone"));
    }

    fn import(&self) -> io::Result<()> {
        let mut import = self.at("git", self.origin());
        import.args(["fast-import", "--quiet", "--done"]).stdin(Stdio::piped());
        let mut process = import.spawn()?;
        let mut stream = BufWriter::new(process.stdin.take().expect("a pipe"));
        write(&mut stream, COMMITS)?;
        stream.flush()?;
        drop(stream);
        let status = process.wait()?;
        assert!(status.success(), "git fast-import: {status}");
        Ok(())
    }

    fn at(&self, program: impl AsRef<Path>, folder: impl AsRef<Path>) -> Command {
        let mut line = Command::new(program.as_ref());
        line.current_dir(folder).env(HOME, self.home()).env_remove(XDG_CONFIG_HOME);
        line
    }

    fn origin(&self) -> PathBuf {
        self.folder.join("origin.git")
    }

    fn home(&self) -> PathBuf {
        self.folder.join("home")
    }
}

/// The name of a stable release tag of the service, so many commits or a little more before the end.
pub fn tag_before_end(commits: u64) -> String {
    let newest = (COMMITS - commits) / TAG_DISTANCE;
    let is_meant = |number: &u64| service(*number) == SERVICE && !is_prerelease(*number);
    tag((1..=newest).rev().find(is_meant).expect("a tag"))
}

/// How many milliseconds programs take that are started one after the other; each has to succeed.
pub fn in_turn(lines: &mut [Command]) -> f64 {
    lines.iter_mut().map(|line| ended(line).succeeded().took.as_secs_f64() * 1e3).sum()
}

fn service(number: u64) -> &'static str {
    SERVICES[usize::try_from(number).expect("small") % SERVICES.len()]
}

fn is_prerelease(number: u64) -> bool {
    number.is_multiple_of(PRERELEASES)
}

fn tag(number: u64) -> String {
    let suffix = if is_prerelease(number) { "-rc.1" } else { "" };
    format!("{}/v1.{}.0{suffix}", service(number), number / SERVICES.len() as u64)
}

/// What `git fast-import` reads.
fn write(stream: &mut impl Write, commits: u64) -> io::Result<()> {
    writeln!(stream, "feature done")?;
    for number in 1..=commits {
        write_commit(stream, number)?;
        if number % TAG_DISTANCE == 0 {
            write!(stream, "reset refs/tags/{}\nfrom :{number}\n\n", tag(number / TAG_DISTANCE))?;
        }
        if number % PROGRESS == 0 {
            eprintln!("bench: history: {number} of {commits} commits");
        }
    }
    writeln!(stream, "done")
}

fn write_commit(stream: &mut impl Write, number: u64) -> io::Result<()> {
    // The last of a block is 0.
    let place = number % BLOCK;
    let branch = if BRANCH.contains(&place) { "side" } else { "main" };
    let time = BEGINNING + number * 60;
    let message = format!("Change {number}\n");
    write!(stream, "commit refs/heads/{branch}\nmark :{number}\n")?;
    writeln!(stream, "committer A Developer <developer@example.com> {time} +0000")?;
    write!(stream, "data {}\n{message}", message.len())?;
    match place {
        _ if number == 1 => {}
        place if place == *BRANCH.start() => writeln!(stream, "from :{}", number - place + BRANCH_BASE)?,
        place if place == BRANCH.end() + 1 => writeln!(stream, "from :{}", number - place + BRANCH.start() - 1)?,
        0 => write!(stream, "from :{}\nmerge :{}\n", number - 1, number - 2)?,
        _ => writeln!(stream, "from :{}", number - 1)?,
    }
    if number == 1 {
        for service in SERVICES {
            write_file(stream, &format!("build/{service}/BUILD.bazel"), "service_image(name = \"image\")\n")?;
        }
    }
    if place == 1 || place == 11 {
        let path = format!("svc/{}/src/file_{}.rs", service(number / 10), number % 50);
        write_file(stream, &path, &format!("{number}\n"))?;
    }
    writeln!(stream)
}

fn write_file(stream: &mut impl Write, path: &str, text: &str) -> io::Result<()> {
    writeln!(stream, "M 100644 inline {path}\ndata {}\n{text}", text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_counted_from_the_end() {
        assert_eq!(tag_before_end(0), "api/v1.1428.0");
        assert_eq!(tag_before_end(COMMITS / 2), "api/v1.714.0");
    }

    #[test]
    fn every_tag_is_another_one() {
        let tags: std::collections::BTreeSet<String> = (1..=TAGS).map(tag).collect();
        assert_eq!(tags.len() as u64, TAGS);
    }

    #[test]
    fn git_takes_the_history_as_it_was_meant() {
        let folder = tempfile::tempdir().unwrap();
        let history = History { folder: folder.path().to_owned() };
        let git = |arguments: &[&str]| stdout(history.at("git", folder.path()).args(arguments));
        git(&["init", "--quiet", "--bare", "--initial-branch=main"]);
        let stream = folder.path().join("stream");
        write(&mut fs::File::create(&stream).unwrap(), 200).unwrap();
        let mut import = history.at("git", folder.path());
        let status = import.args(["fast-import", "--quiet", "--done"]).stdin(fs::File::open(&stream).unwrap()).status();
        assert!(status.unwrap().success());
        assert_eq!(git(&["rev-list", "--count", "main"]), "200");
        assert_eq!(git(&["rev-list", "--count", "--merges", "main"]), "10");
        assert_eq!(git(&["tag", "--list"]), format!("{}\n{}", tag(1), tag(2)));
        assert_eq!(git(&["ls-tree", "--name-only", "main:build"]), SERVICES.join("\n"));
        assert_eq!(git(&["rev-parse", "main~1^1"]), git(&["rev-parse", "main~2"]));
    }
}
