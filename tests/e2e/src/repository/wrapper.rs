//! Getting Bazel: `bazelw` outside of the airgap root, and a root that cannot be made. Never makes or drops a real one.

use std::env;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use parts::{consumer, files};
use rustix::process::geteuid;
use tempfile::TempDir;

use crate::command::{Ended, command, ended, stdout, unshare};
use crate::environment::{HOME, PATH, UNKEY_BAZEL, XDG_CACHE_HOME};
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
    let mut unshare = unshare();
    unshare.arg(format!("--mount-proc={}", roots.display())).arg(host.script()).arg("make");
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
    let mut unshare = unshare();
    unshare.arg("--net").arg(host.script()).arg("make");
    let failed = ended(host.root_script(&mut unshare)).exited(2).complains(&["error: ", "hint: "]);
    assert!(failed.took < PATIENCE, "{}", failed.report());
    assert!(host.roots().is_empty(), "{:?}", host.roots());
}

#[test]
fn a_cache_that_cannot_be_written_is_an_error() {
    for verb in [&["airgap/root.sh", "info"][..], &["dev/registry.sh", "start"], &["dev/cargo.sh", "--version"]] {
        // A folder that not even root makes another in.
        let mut line = command(verb[0]);
        ended(line.args(&verb[1..]).env(XDG_CACHE_HOME, "/proc"))
            .exited(2)
            .complains(&["error: `/proc/unkey` cannot be written", "hint: set XDG_CACHE_HOME"]);
    }
}

#[test]
fn without_a_home_it_is_the_user_database_s() {
    let home = env::var_os(HOME).expect("a home");
    let info = |line: &mut Command| ended(line.arg("info").env_remove(XDG_CACHE_HOME)).succeeded().stdout;
    let expected =
        format!("root:     {}/.cache/unkey/airgap/", stdout(command("bash").args(["-c", "unset HOME; echo ~"])));
    let found = info(command("airgap/root.sh").env_remove(HOME));
    assert!(found.starts_with(&expected), "{found}");
    // A relative folder is none (XDG Base Directory Specification).
    let found = ended(command("airgap/root.sh").arg("info").env(XDG_CACHE_HOME, "relative")).succeeded().stdout;
    assert!(found.starts_with(&format!("root:     {}/", PathBuf::from(home).display())), "{found}");
}

#[test]
fn moved_caches_take_what_bazel_has_built_with_them() {
    let host = Host::new();
    let folder = host.folder.path().join("workspace");
    let workspace = consumer::workspace(&folder, "moved");
    let rule = "genrule(name = \"one\", outs = [\"one.txt\"], cmd = \"echo 1 > $@\")\n";
    files::write(&folder.join("BUILD.bazel"), rule);
    let cache = host.cache().display().to_string();
    let workspace = workspace.with_environment(&[(XDG_CACHE_HOME, &cache)]);
    workspace.build(&[], "//:one");
    let stored = fs::read_dir(host.cache().join("unkey/bazel/cas")).expect("a disk cache").count();
    assert!(stored > 0);
    workspace.run(&["shutdown"]).succeeded();
    workspace::make_writable(host.folder.path());
}

/// What Bazel's server makes of other letters is not what they are, so in the root such folders have other names as well.
#[test]
fn folders_with_letters_beyond_ascii_have_names_without_in_the_root() {
    let host = Host::named("Zürich");
    let root = host.complete_root();
    // Entering takes a program that is not in the root, where these tests may run: this one says how it was called.
    let bwrap = host.folder.path().join("bwrap");
    files::write_program(&bwrap, "#!/bin/sh\nprintf '%s\\n' \"$@\"\n");
    let path = format!("{}:{}", host.folder.path().display(), env::var(PATH).expect("a path"));
    let mut run = command(host.script());
    host.root_script(&mut run).current_dir(host.folder.path().join("airgap")).args(["run", "true"]).env(PATH, path);
    let arguments = ended(&mut run).succeeded().stdout;
    let arguments: Vec<_> = arguments.lines().collect();
    let value = |option: &str| arguments.iter().position(|argument| *argument == option).map(|at| arguments[at + 1]);
    let bound = |folder: &Path| {
        let folder = folder.to_str().expect("UTF-8");
        let to = arguments.windows(3).filter(|window| window[0] == "--bind" && window[1] == folder);
        to.map(|window| window[2]).find(|to| to.is_ascii()).unwrap_or_else(|| panic!("{folder} in {arguments:?}"))
    };
    assert_eq!(value("--bind"), root.to_str());
    assert_eq!(value("--chdir"), Some(&*format!("{}/airgap", bound(host.folder.path()))));
    let caches = arguments.windows(3).find(|window| window[1] == XDG_CACHE_HOME).map(|window| window[2]);
    assert_eq!(caches, Some(bound(&host.cache())));
}

/// Runs the wrapper where `/opt/airgap` is hidden, below which the airgap root says what it is.
fn outside_of_the_root(run: impl FnOnce(&mut Command) -> Ended) -> Ended {
    let wrapper = workspace::root().join("bazelw");
    if !workspace::is_airgap_root() {
        return run(&mut command(wrapper));
    }
    // Nothing of the kernel's proc has that name, and mounting it takes no program but unshare.
    let mut unshare = unshare();
    run(unshare.arg("--mount-proc=/opt/airgap").arg(wrapper))
}

/// The script with a cache of its own, and a copy of what it reads that another user may read as well.
struct Host {
    folder: TempDir,
}

impl Host {
    fn new() -> Self {
        Self::named("unkey")
    }

    fn named(name: &str) -> Self {
        let folder = tempfile::Builder::new().prefix(name).tempdir().expect("a folder");
        ended(command("mkdir").arg(folder.path().join("cache"))).succeeded();
        ended(command("cp").args(["--recursive", "--parents", "airgap", "dev/cache.sh"]).arg(folder.path()))
            .succeeded();
        ended(command("chmod").args(["--recursive", "a+rX"]).arg(folder.path())).succeeded();
        Self { folder }
    }

    fn script(&self) -> PathBuf {
        self.folder.path().join("airgap/root.sh")
    }

    fn cache(&self) -> PathBuf {
        self.folder.path().join("cache")
    }

    /// Makes what counts as a root.
    fn complete_root(&self) -> PathBuf {
        let info = ended(self.root_script(&mut command(self.script())).arg("info")).succeeded().stdout;
        let root = PathBuf::from(info.lines().next().expect("a line").trim_start_matches("root:").trim());
        let inside = root.join("opt/airgap");
        fs::create_dir_all(&inside).expect("made");
        for file in ["complete", "cargo-index"] {
            fs::write(inside.join(file), "index").expect("written");
        }
        root
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
