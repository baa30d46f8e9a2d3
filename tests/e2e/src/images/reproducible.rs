//! The same sources make the same image in another folder, from nothing; and in a third one without running anything, from
//! the remote cache that the second has filled.

use std::fs;

use parts::actions::{self, Actions};
use parts::cache::Cache;
use tempfile::TempDir;

use crate::command::{command, stdout};
use crate::environment;
use crate::images::remote_cache::TOKEN;
use crate::workspace::{self, IMAGE, Workspace};

/// What a release stamps beside the commit.
const STATUS: (&str, &str) = ("RELEASE_STATUS", "STABLE_VERSION_API v1.2.3");

/// A release of that version.
const RELEASE: &str = "--config=release";

/// A build without what was built before.
const NO_CACHE: &str = "--disk_cache=";

#[test]
fn another_folder_another_clock_and_no_cache_make_the_same_images() {
    let digest = Workspace::own().digest(&[]);
    // It compiles everything a second time. What it compares follows from what is in the image and from what stamps it, so as
    // long as both are the same there is nothing new to find out: a machine that has seen them reproduced does not do it again.
    let proof = environment::cache().join("reproduced").join(format!("{}-{}", digest.replace(':', "-"), stamper()));
    if proof.exists() {
        println!(
            "`{}` says that this machine has reproduced {digest} before; remove it to do it again",
            proof.display()
        );
        return;
    }
    let cache = Cache::start(TOKEN);
    let address = format!("--remote_cache={}", cache.url());
    let token = format!("--remote_header=authorization={TOKEN}");
    let shared = [NO_CACHE, "--config=remote-cache", &address, &token];
    let here = Copy::make(&[]);
    let elsewhere = Copy::make(&[
        ("TZ", "Pacific/Chatham"),
        // What Bazel takes for the time of the build.
        ("SOURCE_DATE_EPOCH", "1000000000"),
        ("LC_ALL", "C"),
    ]);
    assert_eq!(elsewhere.workspace.digest(&shared), digest);
    let release = elsewhere.workspace.digest(&[NO_CACHE, RELEASE]);
    assert_ne!(release, digest, "a release says what it is");
    assert_eq!(here.workspace.digest(&[RELEASE]), release);
    drop((here, elsewhere));
    assert_taken(&shared, &digest);
    fs::create_dir_all(proof.parent().expect("a folder")).expect("made");
    fs::write(&proof, "").expect("written");
}

/// What a stamp looks like is decided in this file.
fn stamper() -> String {
    let file = workspace::root().join("build/workspace_status.sh");
    stdout(command("git").arg("hash-object").arg(file))
}

/// A third folder, without what was built before, gets the image out of the remote cache that the second has filled.
fn assert_taken(options: &[&str], digest: &str) {
    let copy = Copy::make(&[]);
    let actions = actions::of_build(&copy.workspace, options, IMAGE);
    assert_eq!(actions, Actions { executed: 0, ..actions });
    assert!(actions.from_remote_cache > 100, "every crate is one: {actions:?}");
    assert_eq!(copy.workspace.digest(options), digest);
}

/// A copy of the repository's files with a Bazel of its own; both go when the test is over.
struct Copy {
    workspace: Workspace,
    folder: TempDir,
}

impl Copy {
    fn make(environment: &[(&str, &str)]) -> Self {
        // Not below the repository: Bazel would find the one workspace in the other.
        let folder = tempfile::Builder::new().prefix("unkey-copy-").tempdir().expect("a folder");
        let sources = folder.path().join("sources");
        workspace::copy_sources(&sources);
        let output_base = format!("--output_base={}", folder.path().join("output").display());
        let workspace = Workspace::at(sources, [output_base]).with_environment(environment).with_environment(&[STATUS]);
        let copy = Self { workspace, folder };
        copy.commit();
        copy
    }

    /// Makes one commit, with nothing in it, so that its name is the same whatever the files are.
    fn commit(&self) {
        let git = |arguments: &[&str]| {
            let mut git = command("git");
            git.current_dir(self.workspace.folder()).env(environment::HOME, self.folder.path()).args(arguments);
            for who in ["AUTHOR", "COMMITTER"] {
                git.env(format!("GIT_{who}_NAME"), "A Developer").env(format!("GIT_{who}_EMAIL"), "a@example.com");
                git.env(format!("GIT_{who}_DATE"), "2026-01-02T03:04:05Z");
            }
            stdout(&mut git)
        };
        git(&["init", "--quiet"]);
        fs::write(self.workspace.folder().join(".git/info/exclude"), "*\n").expect("written");
        git(&["commit", "--quiet", "--allow-empty", "--message", "Release"]);
    }
}

impl Drop for Copy {
    fn drop(&mut self) {
        self.workspace.run(&["shutdown"]);
        // Bazel makes what it has built read-only.
        workspace::make_writable(self.folder.path());
    }
}
