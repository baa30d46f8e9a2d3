//! Repositories to run the tool in: a bare origin and a clone of it, with two services, in a temporary folder.

use std::fs;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use parts::files::{write, write_program};
use tempfile::TempDir;

/// The BUILD file of a service: what makes its folder one.
pub const SERVICE: &str = "service_image(name = \"image\")\n";

/// Answers questions in the place of Bazel: an image is made of its service's `main.rs` and BUILD file and of `svc/shared`, and goes
/// to the `repository` of its BUILD file, else to `ghcr.io/unkeyed`. The client is made so too.
const ANSWERS: &str = r#"#!/bin/bash
words() { echo "$*" | tr ' ()' '\n\n\n'; }
case "$*" in
*info\ *output_base) pwd ;;
*cquery*)
  for target in $(words "$@" | grep -e ':image$' -e '^@@//cli:binaries$'); do
    echo "\"$target (1)\""
    for file in "${target%:*}:main.rs" @@//svc/shared:lib.rs; do
      echo "\"$target (1)\" -> \"$file (null)\""
    done
  done ;;
*streamed_jsonproto*)
  for push in $(words "$@" | grep ':push$'); do
    service=${push#//build/} service=${service%:push}
    [ -e "build/$service/BUILD.bazel" ] || exit 7
    repository=$(sed -n 's/.*repository = "\([^"]*\)".*/\1/p' "build/$service/BUILD.bazel")
    printf '{"type":"RULE","rule":{"name":"%s","attribute":[{"name":"repository","stringValue":"%s"}]}}\n' \
      "$push" "${repository:-ghcr.io/unkeyed/$service}"
  done ;;
*buildfiles*) words "$@" | sed -n 's/:all$/:BUILD.bazel/p' ;;
*) false ;;
esac && exit
"#;

/// A script in the place of Bazel that is asked what `ANSWERS` does not know.
pub fn answering(script: &str) -> String {
    format!("{ANSWERS}{script}")
}

/// Variables of the user's that the tool reads.
pub const UNSET: [&str; 10] = [
    "BUILD_WORKING_DIRECTORY",
    "GITHUB_API_URL",
    "GITHUB_OUTPUT",
    "GITHUB_REPOSITORY",
    "GITHUB_SERVER_URL",
    "GITHUB_TOKEN",
    "RELEASE_REGISTRY",
    "RELEASE_TAG",
    "XDG_CACHE_HOME",
    "XDG_CONFIG_HOME",
];

/// An origin and a clone.
pub struct Scene {
    folder: TempDir,
}

impl Scene {
    /// Services `api` and `worker`, one commit on main, which origin has.
    pub fn new() -> Self {
        let scene = Self { folder: tempfile::tempdir().unwrap() };
        fs::create_dir(scene.path("home")).unwrap();
        let identity =
            "[user]\n\tname = A Developer\n\temail = developer@example.com\n[init]\n\tdefaultBranch = main\n";
        fs::write(scene.path("home/.gitconfig"), identity).unwrap();
        scene.git_in("", &["init", "--quiet", "--bare", "origin.git"]);
        scene.git_in("", &["clone", "--quiet", "origin.git", "clone"]);
        scene.write_program("bazelw", ANSWERS);
        scene.write("build/util/BUILD.bazel", "");
        for service in ["api", "worker"] {
            scene.write(&format!("build/{service}/BUILD.bazel"), SERVICE);
        }
        scene.commit("Begin");
        scene.push_main();
        scene
    }

    /// A path in the temporary folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The clone.
    pub fn clone_folder(&self) -> PathBuf {
        self.path("clone")
    }

    /// Writes a file of the clone.
    pub fn write(&self, name: &str, text: &str) {
        write(&self.clone_folder().join(name), text);
    }

    /// Writes a program into the clone.
    pub fn write_program(&self, name: &str, text: &str) {
        write_program(&self.clone_folder().join(name), text);
    }

    /// Commits all there is in the clone and names the commit.
    pub fn commit(&self, message: &str) -> String {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--allow-empty", "--message", message]);
        self.head()
    }

    /// The commit that is checked out.
    pub fn head(&self) -> String {
        self.git(&["rev-parse", "HEAD"])
    }

    /// Sends main to origin.
    pub fn push_main(&self) {
        self.git(&["push", "--quiet", "origin", "main"]);
    }

    /// Tags the commit that is checked out and sends the tag to origin.
    pub fn tag(&self, name: &str) {
        self.git(&["tag", name]);
        self.git(&["push", "--quiet", "origin", &format!("refs/tags/{name}")]);
    }

    /// Runs git in the clone.
    pub fn git(&self, arguments: &[&str]) -> String {
        self.git_in("clone", arguments)
    }

    /// Runs git in a folder.
    pub fn git_in(&self, folder: &str, arguments: &[&str]) -> String {
        let output = git(&self.path("home"), &self.path(folder)).args(arguments).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "git {arguments:?}: {said}");
        String::from_utf8(output.stdout).unwrap().trim_end().to_owned()
    }

    /// The tool in the clone.
    pub fn release(&self, arguments: &[&str]) -> assert_cmd::Command {
        self.release_in("clone", arguments)
    }

    /// The tool in a folder.
    pub fn release_in(&self, folder: &str, arguments: &[&str]) -> assert_cmd::Command {
        let mut command = assert_cmd::Command::new(parts::program!("release"));
        command.current_dir(self.path(folder)).args(arguments).env("HOME", self.path("home"));
        for name in UNSET {
            command.env_remove(name);
        }
        command
    }

    /// `release plan` in the clone.
    pub fn plan(&self, arguments: &[&str]) -> (i32, String, String) {
        self.run(&[&["plan"], arguments].concat())
    }

    /// `release cut` in the clone.
    pub fn cut(&self, arguments: &[&str]) -> (i32, String, String) {
        self.run(&[&["cut"], arguments].concat())
    }

    /// Exit status, stdout and stderr of the tool in the clone, with the temporary folder as `SCENE`.
    pub fn run(&self, arguments: &[&str]) -> (i32, String, String) {
        self.run_command(&mut self.release(arguments))
    }

    /// The same of any command.
    pub fn run_command(&self, command: &mut assert_cmd::Command) -> (i32, String, String) {
        let output = command.output().unwrap();
        let folder = self.folder.path().canonicalize().unwrap();
        let text = |bytes: &[u8]| {
            let text = String::from_utf8(bytes.to_vec()).unwrap();
            text.replace(folder.to_str().unwrap(), "SCENE").replace(self.folder.path().to_str().unwrap(), "SCENE")
        };
        (output.status.code().unwrap(), text(&output.stdout), text(&output.stderr))
    }
}

#[expect(clippy::disallowed_methods, reason = "fixtures are made by git itself, not by what is tested")]
fn git(home: &Path, folder: &Path) -> Command {
    let mut command = Command::new("git");
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.as_encoded_bytes().starts_with(b"GIT_")) {
        command.env_remove(name);
    }
    command.current_dir(folder).env("HOME", home).env_remove("XDG_CONFIG_HOME").env("GIT_TERMINAL_PROMPT", "0");
    command
}

/// The same command in a group of processes of its own, which a test interrupts as a terminal does.
#[expect(clippy::disallowed_methods, reason = "the tool itself, in a group of processes of its own")]
pub fn in_group(release: &assert_cmd::Command) -> Command {
    let mut command = Command::new(release.get_program());
    command.args(release.get_args()).current_dir(release.get_current_dir().unwrap());
    for (name, value) in release.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    command.process_group(0);
    command
}
