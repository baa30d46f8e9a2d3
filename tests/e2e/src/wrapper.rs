//! Getting Bazel: `bazelw` outside of the airgap root, and a root that cannot be made. Never makes or drops a real one.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use rustix::process::geteuid;
use tempfile::TempDir;

use crate::command::{Ended, command, ended, stdout};
use crate::environment::{PATH, UNKEY_BAZEL, XDG_CACHE_HOME};
use crate::workspace;

/// Nobody in particular.
const ORDINARY_USER: &str = "65534";

/// The longest that a user should wait for bad news.
const PATIENCE: Duration = Duration::from_mins(1);

#[test]
fn a_way_that_does_not_exist_is_refused() {
    outside_of_the_root(|bazelw| ended(bazelw.arg("version").env(UNKEY_BAZEL, "nonsense")))
        .exited(2)
        .complains(&["error: UNKEY_BAZEL is `nonsense`", "hint: set it to `online` or `airgap`"]);
}

#[test]
fn online_without_bazel_says_what_to_install() {
    let programs = Programs::without(&["bazel", "bazelisk"]);
    outside_of_the_root(|bazelw| {
        ended(bazelw.arg("version").env(UNKEY_BAZEL, "online").env(PATH, programs.folder.path()))
    })
    .exited(2)
    .complains(&["neither bazelisk nor bazel is on the PATH", "hint: install bazelisk, or unset UNKEY_BAZEL"]);
}

#[test]
fn help_and_wrong_verbs_show_the_usage() {
    let help = ended(command("airgap/root.sh").arg("help")).succeeded();
    assert!(help.stdout.contains("usage: airgap/root.sh run COMMAND..."), "{}", help.report());
    for arguments in [&["nope"][..], &[]] {
        let refused = ended(command("airgap/root.sh").args(arguments)).exited(2);
        assert_eq!(refused.stdout, "");
        refused.complains(&["usage: airgap/root.sh run COMMAND..."]);
    }
    ended(command("airgap/root.sh").arg("run")).exited(2).complains(&["error: `run` needs a command", "hint: "]);
    ended(command("airgap/root.sh").args(["drop", "--everything"]))
        .exited(2)
        .complains(&["error: `drop` does not know `--everything`", "hint: "]);
}

#[test]
fn info_tells_how_a_root_is_made_where_there_is_none() {
    let host = Host::new();
    let info = ended(host.root_script(&mut command(host.script())).arg("info")).succeeded();
    assert!(info.stdout.contains("not made yet (airgap/root.sh make)"), "{}", info.report());
    assert!(host.roots().is_empty(), "{:?}", host.roots());
}

#[test]
fn too_little_disk_is_an_error_before_anything_is_done() {
    let host = Host::new();
    let roots = host.cache().join("unkey/airgap");
    fs::create_dir_all(&roots).expect("made");
    // A file system without a byte to give, by the one means that needs no other program: the kernel's proc.
    let mut unshare = command("unshare");
    unshare.args(rights()).arg(format!("--mount-proc={}", roots.display())).arg(host.script()).arg("make");
    ended(host.root_script(&mut unshare)).exited(2).complains(&[
        &format!("error: `{}` has 0 GB free", roots.display()),
        "hint: free some space, or set XDG_CACHE_HOME",
    ]);
}

#[test]
fn missing_programs_are_named_to_who_may_not_install_them() {
    let host = Host::new();
    let programs = Programs::without(&["mmdebstrap", "bwrap"]);
    let mut line = if geteuid().is_root() {
        let owner = format!("{ORDINARY_USER}:{ORDINARY_USER}");
        ended(command("chown").args(["--recursive", &owner]).arg(host.folder.path())).succeeded();
        let mut line = command("setpriv");
        line.args(["--reuid", ORDINARY_USER, "--regid", ORDINARY_USER, "--clear-groups"]).arg(host.script());
        line
    } else {
        command(host.script())
    };
    ended(host.root_script(&mut line).arg("make").env(PATH, programs.folder.path()))
        .exited(2)
        .complains(&["error: the airgap root needs packages that are not installed: mmdebstrap bubblewrap"])
        .complains(&["hint: sudo apt-get install --no-install-recommends mmdebstrap bubblewrap"]);
    assert!(host.roots().is_empty(), "{:?}", host.roots());
}

#[test]
fn without_a_network_it_gives_up_soon_and_leaves_nothing_behind() {
    let host = Host::new();
    let mut unshare = command("unshare");
    unshare.args(rights()).arg("--net").arg(host.script()).arg("make");
    let failed = ended(host.root_script(&mut unshare)).exited(2).complains(&["error: ", "hint: "]);
    assert!(failed.took < PATIENCE, "{}", failed.report());
    assert!(host.roots().is_empty(), "{:?}", host.roots());
}

/// Runs the wrapper where `/opt/airgap` is hidden, below which the airgap root says what it is.
fn outside_of_the_root(run: impl FnOnce(&mut Command) -> Ended) -> Ended {
    let wrapper = workspace::root().join("bazelw");
    if !workspace::is_airgap_root() {
        return run(&mut command(wrapper));
    }
    // Nothing of the kernel's proc has that name, and mounting it takes no program but unshare.
    let mut unshare = command("unshare");
    run(unshare.args(rights()).arg("--mount-proc=/opt/airgap").arg(wrapper))
}

/// What an ordinary user needs to make namespaces.
fn rights() -> &'static [&'static str] {
    if geteuid().is_root() { &[] } else { &["--map-root-user"] }
}

/// The script with a cache of its own, and a copy of what it reads that another user may read as well.
struct Host {
    folder: TempDir,
}

impl Host {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        ended(command("mkdir").arg(folder.path().join("cache"))).succeeded();
        ended(command("cp").args(["--recursive", "--parents", "airgap", "dev/cache.sh"]).arg(folder.path())).succeeded();
        ended(command("chmod").args(["--recursive", "a+rX"]).arg(folder.path())).succeeded();
        Self { folder }
    }

    fn script(&self) -> PathBuf {
        self.folder.path().join("airgap/root.sh")
    }

    fn cache(&self) -> PathBuf {
        self.folder.path().join("cache")
    }

    /// A command line with this cache.
    fn root_script<'a>(&self, line: &'a mut Command) -> &'a mut Command {
        line.current_dir("/").env(XDG_CACHE_HOME, self.cache())
    }

    /// The folders of roots, complete or not. Logs and locks are files.
    fn roots(&self) -> Vec<PathBuf> {
        let entries = fs::read_dir(self.cache().join("unkey/airgap")).into_iter().flatten().flatten();
        let folders = entries.map(|entry| entry.path()).filter(|path| path.is_dir());
        folders.filter(|path| path.file_name().is_some_and(|name| name != "stage")).collect()
    }
}

/// A folder for PATH with all programs of this machine but some.
struct Programs {
    folder: TempDir,
}

impl Programs {
    fn without(names: &[&str]) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        ended(command("chmod").arg("755").arg(folder.path())).succeeded();
        for source in ["/usr/bin", "/bin", "/usr/sbin", "/sbin"] {
            for file in fs::read_dir(source).into_iter().flatten().flatten() {
                link(&file.path(), folder.path(), names);
            }
        }
        assert!(!stdout(command("ls").arg(folder.path())).is_empty());
        Self { folder }
    }
}

fn link(program: &Path, folder: &Path, without: &[&str]) {
    let name = program.file_name().expect("a name");
    if !without.iter().any(|excluded| name == *excluded) && !folder.join(name).exists() {
        // Where it fails there is one by this name, which leads nowhere.
        let _ = symlink(program, folder.join(name));
    }
}
