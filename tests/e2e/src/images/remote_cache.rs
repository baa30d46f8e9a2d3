//! The remote cache: what one clone has built another takes from it, and who may write. In a workspace of a few bytes, with
//! the repository's own options; `reproducible` does it with an image.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use parts::actions::{self, Actions};
use parts::cache::Cache;
use parts::consumer;
use parts::files::write;

use crate::command::{Ended, command, ended};
use crate::environment::{CACHE, DEPOT_ORG_ID, DEPOT_TOKEN, HOME, MODE};
use crate::workspace::{self, Workspace};

/// What the cache lets in.
pub const TOKEN: &str = "token-of-tests";

/// Where the repository's `.bazelrc` speaks of the remote cache.
const SECTION: (&str, &str) = ("# --- The remote cache", "# --- airgap");

/// Two actions, one on the other.
const PACKAGE: &str = "genrule(name = \"upper\", srcs = [\"text\"], outs = [\"upper.txt\"], cmd = \"tr a-z A-Z <$< >$@\")\n\
                       genrule(name = \"twice\", srcs = [\"upper.txt\"], outs = [\"twice.txt\"], cmd = \"cat $< $< >$@\")\n";

#[test]
fn what_one_clone_has_built_another_takes_from_the_cache() {
    let cache = Cache::start(TOKEN);
    let [one, two] = [Clone::of("one"), Clone::of("one")];
    one.log_in("read-write", &cache);
    assert_eq!(one.build(&[]), Actions { executed: 2, from_remote_cache: 0 });
    assert!(cache.count("PUT") >= 4, "two actions and two files: {:?}", cache.requests());
    two.log_in("read-only", &cache);
    assert_eq!(two.build(&[]), Actions { executed: 0, from_remote_cache: 2 });
    assert_eq!(two.result(), "ONE\nONE\n");
}

#[test]
fn who_may_read_alone_writes_nothing() {
    let cache = Cache::start(TOKEN);
    let clone = Clone::of("pull request");
    clone.log_in("read-only", &cache);
    assert_eq!(clone.build(&[]), Actions { executed: 2, from_remote_cache: 0 });
    assert!(!cache.requests().is_empty());
    assert_eq!(cache.count("PUT"), 0, "{:?}", cache.requests());
}

#[test]
fn a_release_uses_the_cache_of_releases_or_none() {
    let [everybody, releases] = [Cache::start(TOKEN), Cache::start(TOKEN)];
    let clone = Clone::of("release");
    clone.log_in("read-write", &everybody);
    assert_eq!(clone.build(&["--config=release"]), Actions { executed: 2, from_remote_cache: 0 });
    assert_eq!(everybody.requests(), []);
    clone.log_in("release", &releases);
    for options in [&["--config=release"][..], &[]] {
        clone.forget();
        clone.build(options);
    }
    assert_eq!((everybody.requests(), releases.count("PUT") >= 4), (Vec::new(), true));
    clone.forget();
    assert_eq!(clone.build(&["--config=release"]), Actions { executed: 0, from_remote_cache: 2 });
}

#[test]
fn without_an_answer_or_with_another_token_a_build_goes_on() {
    let cache = Cache::start("another-token");
    let clone = Clone::of("stranger");
    clone.log_in("read-write", &cache);
    assert_eq!(clone.build(&[]), Actions { executed: 2, from_remote_cache: 0 });
    assert!(cache.requests().iter().all(|request| request.status == 401), "{:?}", cache.requests());
    drop(cache);
    clone.forget();
    assert_eq!(clone.build(&[]), Actions { executed: 2, from_remote_cache: 0 });
}

#[test]
fn logging_in_keeps_the_token_to_the_file_and_the_file_to_its_owner() {
    let clone = Clone::of("login");
    let own = "build --jobs=2\n";
    fs::write(clone.options(), own).expect("written");
    for (mode, config) in [
        ("read-write", "remote-cache"),
        ("read-only", "remote-cache-read-only"),
        ("release", "release-cache"),
        ("", "remote-cache"),
    ] {
        let said = ended(clone.login().env(MODE, mode)).succeeded();
        assert!(!said.stderr.contains(TOKEN) && said.stdout.is_empty(), "{}", said.report());
        let text = fs::read_to_string(clone.options()).expect("the options");
        assert!(text.starts_with(own), "{text}");
        let configs: Vec<_> = text.lines().filter_map(|line| line.strip_prefix("build --config=")).collect();
        assert_eq!(configs, [config], "{text}");
        assert_eq!(text.matches(TOKEN).count(), 1, "{text}");
        assert_eq!(mode_of(&clone.options()), 0o600);
    }
    ended(clone.login().arg("--out")).succeeded();
    assert_eq!(fs::read_to_string(clone.options()).expect("the options"), own);
}

#[test]
fn logging_in_is_refused_before_anything_is_written() {
    let clone = Clone::of("refused");
    let refused = |variables: &[(&str, &str)], parts: &[&str]| {
        let ended = ended(clone.login().envs(variables.iter().copied())).exited(2);
        assert!(!clone.options().exists(), "{}", ended.report());
        ended.complains(parts).complains(&["\n\nhint: "])
    };
    refused(&[(DEPOT_TOKEN, "")], &["error: there is no token"]);
    refused(&[(DEPOT_TOKEN, "hidden\nbuild --spy")], &["characters that no token has"]).lacks(&["hidden", "spy"]);
    refused(&[(MODE, "write")], &["error: MODE is `write`"]);
    refused(&[(CACHE, "cache.example")], &["error: CACHE is `cache.example`"]);
    refused(&[(CACHE, "http://cache.example")], &["the token would travel unencrypted"]);
    refused(&[(CACHE, "http://localhost.example")], &["the token would travel unencrypted"]);
    refused(&[(CACHE, "https://a@cache.example")], &["error: CACHE is "]);
    refused(&[(DEPOT_ORG_ID, "a b")], &["error: DEPOT_ORG_ID is `a b`"]);
}

#[test]
fn an_authorization_of_the_machine_is_not_joined_with_another_one() {
    let clone = Clone::of("machine");
    fs::write(clone.home().join(".bazelrc"), "build --remote_header=authorization=of-the-job\n").expect("written");
    ended(clone.login().env(MODE, "read-only")).succeeded().complains(&["is used, not DEPOT_TOKEN"]);
    let text = fs::read_to_string(clone.options()).expect("the options");
    assert!(text.contains("--config=remote-cache-read-only") && !text.contains(TOKEN), "{text}");
    // That one may have been used by a pull request.
    ended(clone.login().env(MODE, "release")).exited(2).complains(&["sends another authorization"]);
}

#[test]
fn half_of_what_it_has_written_is_not_taken_for_all_of_it() {
    let clone = Clone::of("half");
    ended(&mut clone.login()).succeeded();
    let text = fs::read_to_string(clone.options()).expect("the options");
    let half = text.lines().take(2).chain(["build --jobs=2\n"]).collect::<Vec<_>>().join("\n");
    fs::write(clone.options(), &half).expect("written");
    ended(&mut clone.login()).exited(2).complains(&["a beginning or an end of make cache-login without the other"]);
    assert_eq!(fs::read_to_string(clone.options()).expect("the options"), half);
}

/// A small workspace with the repository's scripts and its options for the remote cache, a home and a Bazel of its own.
struct Clone {
    workspace: Workspace,
    folder: TempDir,
}

impl Clone {
    fn of(text: &str) -> Self {
        let folder = tempfile::Builder::new().prefix("unkey-clone-").tempdir().expect("a folder");
        let sources = folder.path().join("sources");
        consumer::workspace(&sources, "small");
        write(&sources.join("BUILD.bazel"), PACKAGE);
        write(&sources.join("text"), format!("{text}\n"));
        let options = fs::read_to_string(sources.join(".bazelrc")).expect("the options");
        let options = format!("{options}{}try-import %workspace%/.bazelrc.user\n", section());
        write(&sources.join(".bazelrc"), options);
        fs::create_dir(folder.path().join("home")).expect("a home");
        ended(command("cp").args(["--recursive", "dev"]).arg(&sources)).succeeded();
        let output_base = format!("--output_base={}", folder.path().join("output").display());
        Self { workspace: Workspace::at(sources, [output_base]), folder }
    }

    fn home(&self) -> PathBuf {
        self.folder.path().join("home")
    }

    fn options(&self) -> PathBuf {
        self.folder.path().join("sources/.bazelrc.user")
    }

    /// The recipe of `make cache-login`, with a token.
    fn login(&self) -> Command {
        let mut login = command(self.folder.path().join("sources/dev/cache_login.sh"));
        login.env(DEPOT_TOKEN, TOKEN).env(HOME, self.home());
        login
    }

    fn log_in(&self, mode: &str, cache: &Cache) -> Ended {
        ended(self.login().env(MODE, mode).env(CACHE, cache.url())).succeeded()
    }

    fn build(&self, options: &[&str]) -> Actions {
        actions::of_build(&self.workspace, &[&["--disk_cache="], options].concat(), "//:twice")
    }

    /// Removes what was built here.
    fn forget(&self) {
        self.workspace.run(&["clean"]).succeeded();
    }

    fn result(&self) -> String {
        fs::read_to_string(self.folder.path().join("sources/bazel-bin/twice.txt")).expect("what was built")
    }
}

impl Drop for Clone {
    fn drop(&mut self) {
        self.workspace.run(&["shutdown"]);
        workspace::make_writable(self.folder.path());
    }
}

/// What the repository's `.bazelrc` says of the remote cache.
fn section() -> String {
    let options = fs::read_to_string(workspace::root().join(".bazelrc")).expect("the options");
    let start = options.find(SECTION.0).expect("where it begins");
    let end = options.find(SECTION.1).expect("where it ends");
    options[start..end].to_owned()
}

fn mode_of(path: &Path) -> u32 {
    fs::metadata(path).expect("the file").permissions().mode() & 0o777
}
