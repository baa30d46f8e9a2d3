//! A release of the client, rehearsed: every job of its workflow, and then what people get, by the programs that they get it with.
//!
//! All tests look at one rehearsal. What it has published stays in the cache until the next run.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use serde_json::Value;
use tempfile::TempDir;

use crate::command::{Ended, command, ended, make, stdout, unshare};
use crate::environment;
use crate::workspace::{self, Workspace};

const TAG: &str = "cli/v0.1.0";

/// What the program says that it is.
pub(super) const VERSION: &str = "v0.1.0";

/// The packages of npm, each with its tarball: those of platforms, and the one that people install.
const PACKAGES: [(&str, &str); 6] = [
    ("@unkey/cli-darwin-arm64", "cli-darwin-arm64-0.1.0.tgz"),
    ("@unkey/cli-darwin-x64", "cli-darwin-x64-0.1.0.tgz"),
    ("@unkey/cli-linux-arm64", "cli-linux-arm64-0.1.0.tgz"),
    ("@unkey/cli-linux-x64", "cli-linux-x64-0.1.0.tgz"),
    ("@unkey/cli-win32-x64", "cli-win32-x64-0.1.0.tgz"),
    ("unkey", "unkey-0.1.0.tgz"),
];

/// How many files of each kind a release has, by the ends of their names.
const FILES: [(&str, usize); 7] =
    [(".apk", 2), (".deb", 2), (".rb", 1), (".rpm", 2), (".tar.gz", 4), (".zip", 1), ("checksums.txt", 1)];

/// What each archive has beside the program.
const DOCUMENTS: [&str; 6] = ["/LICENSE", "/unkey.bash", "/_unkey", "/unkey.fish", "/unkey.ps1", "/unkey.nu"];

/// Where a package puts what shells and `man` look for; the man page may be compressed.
const INSTALLED: [&str; 4] = [
    "usr/share/bash-completion/completions/unkey",
    "usr/share/fish/vendor_completions.d/unkey.fish",
    "usr/share/man/man1/unkey.1",
    "usr/share/zsh/",
];

#[test]
fn a_tag_becomes_packages_of_npm_and_a_release_with_files() {
    let (_, ended) = rehearsal();
    let ended = ended.clone().succeeded().lacks(&["ghs-rehearsal", "_authToken"]);
    for (job, step) in [
        ("check", "Check out"),
        ("", "Check the tag"),
        ("build", "Check out"),
        ("", "Build and check archives, packages and checksums"),
        ("", "Hand them on"),
        ("npm", "Check out"),
        ("", "Take what was built"),
        ("", "Publish the packages of npm"),
        ("github-release", "Check out"),
        ("", "Take what was built"),
        ("", "Make the release on GitHub"),
    ] {
        let row = format!("\n{job:14}  {step} ");
        assert!(ended.stdout.contains(&row), "no `{row}` in {}", ended.report());
    }
    let is_package = |rest: &&str| !rest.starts_with(' ');
    let packages = ended.stdout.lines().filter_map(|line| line.strip_prefix("npm      ")).filter(is_package);
    let packages: Vec<_> = packages.collect();
    assert_eq!(packages, PACKAGES.map(|(name, _)| format!("{name}@0.1.0 (latest)")), "{}", ended.report());
    assert!(ended.stdout.contains("\nrelease  cli/v0.1.0 (published)\n"), "{}", ended.report());
    assert!(ended.stdout.ends_with("\ncli/v0.1.0: every job was done\n"), "{}", ended.report());
    let files = ended.stdout.lines().filter(|line| line.starts_with("file     cli/v0.1.0: ")).count();
    assert_eq!(files, FILES.iter().map(|(_, number)| number).sum::<usize>(), "{}", ended.report());
}

#[test]
fn a_release_has_all_its_files_and_their_checksums() {
    let files = files(&published("release"));
    for (end, number) in FILES {
        assert_eq!(files.keys().filter(|name| name.ends_with(end)).count(), number, "{end}: {files:?}");
    }
    let checksums = one(&files, &["checksums.txt"]);
    // Fails where a file is missing or another one.
    let mut check = command("sha256sum");
    check.args(["--check", "--strict"]).arg(&checksums).current_dir(published("release"));
    let checked = ended(&mut check).succeeded().stdout;
    for (end, _) in FILES.iter().filter(|(end, _)| !matches!(*end, ".rb" | "checksums.txt")) {
        for name in files.keys().filter(|name| name.ends_with(end)) {
            assert!(checked.contains(&format!("{name}: OK\n")), "no `{name}` in {checked}");
        }
    }
}

#[test]
fn an_archive_has_the_program_its_licence_completions_and_man_pages() {
    let files = files(&published("release"));
    let tar = ["tar", "--list", "--gzip", "--file"].as_slice();
    for (end, list, program) in [(".tar.gz", tar, "/unkey"), (".zip", &["unzip", "-Z1"], "/unkey.exe")] {
        for (name, path) in files.iter().filter(|(name, _)| name.ends_with(end)) {
            let listed = stdout(command(list[0]).args(&list[1..]).arg(path));
            let has = |end: &str| listed.lines().any(|line| format!("/{line}").ends_with(end));
            for end in DOCUMENTS.into_iter().chain([program]) {
                assert!(has(end), "no `{end}` in {name}: {listed}");
            }
            assert!(listed.lines().any(|line| line.contains("man/unkey.1")), "no man page in {name}: {listed}");
        }
    }
    let folder = tempfile::tempdir().expect("a folder");
    let archive = one(&files, &["linux", "amd64", ".tar.gz"]);
    stdout(command("tar").arg("--extract").arg("--gzip").arg("--file").arg(archive).arg("-C").arg(folder.path()));
    let extracted = self::files(folder.path());
    let program = extracted.iter().find(|(path, _)| format!("/{path}").ends_with("/unkey"));
    says_its_version(&mut command(program.expect("the program").1));
}

#[test]
fn a_package_of_debian_is_installed_by_dpkg() {
    let root = Root::new();
    for folder in ["info", "triggers", "updates"] {
        fs::create_dir_all(root.path().join("var/lib/dpkg").join(folder)).expect("made");
    }
    fs::write(root.path().join("var/lib/dpkg/status"), "").expect("written");
    let mut dpkg = unshare();
    // It wants to see programs that a package like this does without.
    dpkg.arg("dpkg").arg("--root").arg(root.path()).args(["--force-bad-path", "--install"]);
    ended(dpkg.arg(one(&files(&published("release")), &["amd64", ".deb"]))).succeeded();
    root.check();
}

#[test]
fn a_package_of_fedora_is_installed_by_rpm() {
    let root = Root::new();
    let mut rpm = unshare();
    // It is not signed: that it is what the release has is what checksums are for.
    rpm.arg("rpm").arg("--root").arg(root.path()).args(["--nosignature", "--install"]);
    ended(rpm.arg(one(&files(&published("release")), &["x86_64", ".rpm"]))).succeeded();
    root.check();
}

#[test]
fn a_package_of_alpine_is_installed_by_apk() {
    let root = Root::new();
    let mut apk = command(workspace::root().join("dev/program.sh"));
    apk.arg("apk").arg(root.path()).arg(one(&files(&published("release")), &["x86_64", ".apk"]));
    ended(&mut apk).succeeded();
    root.check();
}

#[test]
fn a_tarball_is_of_the_package_that_its_name_says() {
    let files = files(&published("npm"));
    assert_eq!(files.keys().collect::<Vec<_>>(), PACKAGES.map(|(_, tarball)| tarball).iter().collect::<Vec<_>>());
    for (name, tarball) in PACKAGES {
        let mut tar = command("tar");
        tar.args(["--extract", "--gzip", "--to-stdout", "--file"]).arg(&files[tarball]).arg("package/package.json");
        let manifest: Value = serde_json::from_str(&stdout(&mut tar)).expect("JSON");
        assert_eq!((&manifest["name"], &manifest["version"]), (&name.into(), &"0.1.0".into()), "{tarball}");
    }
}

#[test]
fn another_clone_makes_the_same_bytes() {
    let published = files(&published("."));
    let folder = fresh("second");
    let rehearse = ["run", "//tools/rehearse", "--", "--clone", "second", "--keep", &folder.to_string_lossy(), TAG];
    Workspace::own().run(&rehearse).succeeded();
    let again = files(&folder);
    assert_eq!(again.keys().collect::<Vec<_>>(), published.keys().collect::<Vec<_>>());
    let read = |path: &Path| fs::read(path).expect("a file");
    let differing: Vec<_> = again.iter().filter(|(name, path)| read(path) != read(&published[*name])).collect();
    assert!(differing.is_empty(), "these are not what they are in {}: {differing:#?}", self::published(".").display());
}

/// Where a rehearsal has left what was published, and how it ended; it is run once.
fn rehearsal() -> &'static (PathBuf, Ended) {
    static REHEARSAL: OnceLock<(PathBuf, Ended)> = OnceLock::new();
    REHEARSAL.get_or_init(|| {
        let folder = fresh("first");
        let ended = make(["cli-release", &format!("TAG={TAG}"), &format!("KEEP={}", folder.display())]);
        (folder, ended)
    })
}

/// A folder of what was published.
pub(super) fn published(name: &str) -> PathBuf {
    let (folder, ended) = rehearsal();
    ended.clone().succeeded();
    folder.join(name)
}

/// A folder of the cache that is not there.
fn fresh(name: &str) -> PathBuf {
    let folder = environment::cache().join("client-rehearsal").join(name);
    if folder.exists() {
        fs::remove_dir_all(&folder).expect("removed");
    }
    folder
}

/// All files below a folder, by their paths in it.
pub(super) fn files(folder: &Path) -> BTreeMap<String, PathBuf> {
    let mut found = BTreeMap::new();
    let mut left = vec![folder.to_owned()];
    while let Some(next) = left.pop() {
        for entry in fs::read_dir(&next).unwrap_or_else(|error| panic!("`{}`: {error}", next.display())) {
            let path = entry.expect("an entry").path();
            if path.is_dir() && !path.is_symlink() {
                left.push(path);
            } else {
                let name = path.strip_prefix(folder).expect("below the folder").to_string_lossy().into_owned();
                found.insert(name, path);
            }
        }
    }
    found
}

/// The one file whose name has all of these parts.
fn one(files: &BTreeMap<String, PathBuf>, parts: &[&str]) -> PathBuf {
    let found: Vec<_> = files.iter().filter(|(name, _)| parts.iter().all(|part| name.contains(part))).collect();
    let [(_, path)] = found.as_slice() else { panic!("not one file with {parts:?}: {files:?}") };
    (*path).clone()
}

fn says_its_version(unkey: &mut std::process::Command) {
    let said = stdout(unkey.arg("version"));
    assert!(said.split_whitespace().any(|word| word == VERSION), "{said}");
}

/// A machine with nothing on it.
struct Root(TempDir);

impl Root {
    fn new() -> Self {
        Self(tempfile::Builder::new().prefix("unkey-root-").tempdir().expect("a folder"))
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    /// All that was installed is in its place, and the program runs where there is nothing else.
    fn check(&self) {
        let files = files(self.path());
        for place in INSTALLED {
            assert!(files.keys().any(|path| path.starts_with(place)), "nothing at `{place}`: {:#?}", files.keys());
        }
        let mut unkey = unshare();
        unkey.arg("--root").arg(self.path()).arg("/usr/bin/unkey");
        says_its_version(&mut unkey);
    }
}
