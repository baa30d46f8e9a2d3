//! A repository with a client: what Bazel and GoReleaser are there, scripts play, with executables that are as short as can be.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::PathBuf;
use std::process::{Child, Stdio};

use parts::executables;
use parts::files::write;
use parts::github::{GitHub, Release, Rights};

use crate::scene::{Scene, answering, in_group};

/// The repository on GitHub.
pub const NAME: &str = "unkeyed/unkey";

/// Where its releases are.
pub const RELEASES: &str = "/repos/unkeyed/unkey/releases";

/// A secret that must be seen nowhere.
pub const TOKEN: &str = "token-of-a-test";

/// The tag that most tests publish.
pub const TAG: &str = "cli/v1.2.3";

/// Builds the binaries for Linux: they are in the repository. Their contract is broken where the commit has a file that says so.
const BAZEL: &str = r#"
case "$*" in *//cli:linux_amd64*) ;; *) exit 9 ;; esac
printf %s "$RELEASE_STATUS" >SCENE/stamps
for argument; do case $argument in --build_event_json_file=*) events=${argument#*=} ;; esac; done
for machine in amd64 arm64; do
  echo "{\"id\":{\"namedSet\":{\"id\":\"$machine\"}},\"namedSetOfFiles\":{\"files\":[{\"uri\":\"file://$PWD/prebuilt/linux_$machine\"}]}}"
  echo "{\"id\":{\"targetCompleted\":{\"label\":\"//cli:linux_$machine\"}},\"completed\":{\"success\":true,\"outputGroup\":[{\"name\":\"default\",\"fileSets\":[{\"id\":\"$machine\"}]}]}}"
done >"$events"
[ ! -e broken ] && status=PASSED || status=FAILED
echo "{\"id\":{\"testSummary\":{\"label\":\"//cli:binaries_test\"}},\"testSummary\":{\"overallStatus\":\"$status\"}}" >>"$events"
[ "$status" = PASSED ] || exit 3
"#;

/// Writes what GoReleaser does, of which archives are other ones each time; one platform is left out where `TEST_WITHOUT` names it, and
/// its archive alone by `TEST_WITHOUT_ARCHIVE`. Meanwhile it does what `TEST_MEANWHILE` says.
const GORELEASER: &str = r#"#!/bin/bash
set -eu
if [ "$*" = --version ]; then echo "GitVersion:    ${TEST_VERSION:-2.15.1}"; exit; fi
echo "$*" >>SCENE/goreleaser
env >SCENE/environment
git tag >SCENE/tags
git status --porcelain >SCENE/dirt
git ls-remote --get-url >SCENE/remote
git describe --exact-match --tags --match "$GORELEASER_CURRENT_TAG" >/dev/null
if [ -n "${TEST_WAIT:-}" ]; then
  trap 'exit 1' INT
  echo "GoReleaser is at work" >&2
  for _ in $(seq 600); do sleep 0.1; done
fi
[ -z "${TEST_FAIL:-}" ] || exit 1
eval "${TEST_MEANWHILE:-}"
version=${GORELEASER_CURRENT_TAG#v}
rm -rf dist
mkdir dist
add() { # NAME PATH TYPE GOOS GOARCH
  echo "$comma{\"name\":\"$1\",\"path\":\"dist/$2\",\"type\":\"$3\",\"goos\":\"$4\",\"goarch\":\"$5\",\"internal_type\":1}" >>dist/artifacts.json
  comma=,
}
comma=
echo "[" >dist/artifacts.json
for platform in linux_amd64 linux_arm64 darwin_amd64 darwin_arm64 windows_amd64; do
  [ "$platform" != "${TEST_WITHOUT:-}" ] || continue
  system=${platform%_*} machine=${platform#*_}
  mkdir "dist/unkey_$platform"
  case $system in
  linux) cp "$UNKEY_LINUX_BINARIES/$platform" "dist/unkey_$platform/unkey" ;;
  *) cp "prebuilt/$platform" "dist/unkey_$platform/unkey" ;;
  esac
  add unkey "unkey_$platform/unkey" Binary "$system" "$machine"
  [ "$platform" != "${TEST_WITHOUT_ARCHIVE:-}" ] || continue
  archive=unkey_${version}_$platform.tar.gz
  echo "$RANDOM$RANDOM$RANDOM" >"dist/$archive"
  add "$archive" "$archive" Archive "$system" "$machine"
done
echo deb >"dist/unkey_${version}_amd64.deb"
add "unkey_${version}_amd64.deb" "unkey_${version}_amd64.deb" "Linux Package" linux amd64
(cd dist && sha256sum ./*.tar.gz ./*.deb | sed 's,\./,,' >checksums.txt)
add checksums.txt checksums.txt Checksum "" ""
mkdir -p dist/homebrew/Casks
echo "cask" >dist/homebrew/Casks/unkey.rb
add unkey.rb homebrew/Casks/unkey.rb "Homebrew Cask" "" ""
add metadata.json metadata.json Metadata "" ""
echo "]" >>dist/artifacts.json
"#;

/// What a release has, as it is sent.
pub const FILES: [&str; 8] = [
    "checksums.txt",
    "unkey.rb",
    "unkey_1.2.3_amd64.deb",
    "unkey_1.2.3_darwin_amd64.tar.gz",
    "unkey_1.2.3_darwin_arm64.tar.gz",
    "unkey_1.2.3_linux_amd64.tar.gz",
    "unkey_1.2.3_linux_arm64.tar.gz",
    "unkey_1.2.3_windows_amd64.tar.gz",
];

/// A repository with a client, and a GitHub.
pub struct ClientScene {
    pub scene: Scene,
    pub github: GitHub,
}

impl ClientScene {
    /// One commit on main that has a client, tagged.
    pub fn new() -> Self {
        let own = Self::untagged();
        own.scene.tag(TAG);
        own
    }

    /// The same without a tag.
    pub fn untagged() -> Self {
        let scene = Scene::new();
        let github = GitHub::start(NAME);
        github.grant(TOKEN, Rights::Write);
        let folder = scene.path("").to_str().unwrap().trim_end_matches('/').to_owned();
        scene.write_program("bazelw", &answering(BAZEL).replace("SCENE", &folder));
        scene.write_program("dev/goreleaser.sh", &GORELEASER.replace("SCENE", &folder));
        for (system, machine) in
            [("linux", "amd64"), ("linux", "arm64"), ("darwin", "amd64"), ("darwin", "arm64"), ("windows", "amd64")]
        {
            let path = scene.clone_folder().join(format!("prebuilt/{system}_{machine}"));
            write(&path, executables::of(system, machine));
        }
        scene.write("cli/BUILD.bazel", "");
        scene.write("cli/main.rs", "");
        scene.write("LICENSE", "A licence\n");
        scene.write(".gitignore", "/dist/\n");
        scene.write(".goreleaser.yaml", "version: 2\n");
        scene.commit("Make a client (#1)");
        scene.push_main();
        Self { scene, github }
    }

    /// `release publish`, with GitHub in reach.
    pub fn command(&self, arguments: &[&str]) -> assert_cmd::Command {
        let mut command = self.scene.release(&[&["publish"], arguments].concat());
        command.env("GITHUB_TOKEN", TOKEN).env("GITHUB_API_URL", self.github.url()).env("GITHUB_REPOSITORY", NAME);
        command
    }

    /// Exit status, stdout and stderr of it.
    pub fn publish(&self, arguments: &[&str]) -> (i32, String, String) {
        let (status, stdout, stderr) = self.scene.run_command(&mut self.command(arguments));
        assert!(!stdout.contains(TOKEN) && !stderr.contains(TOKEN), "{stderr}");
        (status, stdout, stderr)
    }

    /// The folder that `--dist DIR` names in these tests.
    pub fn dist(&self) -> PathBuf {
        self.scene.path("dist")
    }

    /// Builds into that folder.
    pub fn build(&self) -> PathBuf {
        let (status, _, stderr) = self.publish(&[TAG, "--only", "archives", "--dist", self.dist().to_str().unwrap()]);
        assert_eq!(status, 0, "{stderr}");
        self.dist()
    }

    /// Makes the release of what is in that folder.
    pub fn release(&self) -> (i32, String, String) {
        self.publish(&[TAG, "--only", "github-release", "--dist", self.dist().to_str().unwrap()])
    }

    /// How often GoReleaser has made something.
    pub fn builds(&self) -> usize {
        fs::read_to_string(self.scene.path("goreleaser")).map_or(0, |text| text.lines().count())
    }

    /// What was asked to change something.
    pub fn writes(&self) -> usize {
        self.github.requests().iter().filter(|request| request.method != "GET").count()
    }

    /// The one release of the tag is published, and has what is in the folder.
    pub fn assert_released(&self, what: &str) -> Release {
        let releases: Vec<Release> =
            self.github.releases().into_iter().filter(|release| release.tag_name == TAG).collect();
        assert_eq!(releases.len(), 1, "{what}: {releases:#?}");
        let release = releases.into_iter().next().unwrap();
        assert!(!release.draft, "{what}");
        let mut names: Vec<&str> = release.assets.iter().map(|asset| asset["name"].as_str().unwrap()).collect();
        names.sort_unstable();
        assert_eq!(names, FILES, "{what}");
        for name in FILES {
            let place = if name == "unkey.rb" { "homebrew/Casks/unkey.rb" } else { name };
            let expected = fs::read(self.dist().join(place)).unwrap();
            assert_eq!(self.github.content(&release, name).unwrap(), expected, "{what}: {name}");
        }
        release
    }

    /// The tool at work, in a group of processes of its own.
    pub fn start(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Child {
        let mut command = in_group(&self.command(arguments));
        command.envs(variables.iter().copied());
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
    }
}

/// Waits until the tool says something; then what it says until it ends, and its exit status.
pub fn rest_after(mut child: Child, text: &str, then: impl FnOnce(&Child)) -> (Option<i32>, String) {
    let mut stderr = BufReader::new(child.stderr.take().unwrap());
    let mut line = String::new();
    while !line.contains(text) {
        line.clear();
        assert_ne!(stderr.read_line(&mut line).unwrap(), 0, "it never says `{text}`");
    }
    then(&child);
    let mut rest = String::new();
    stderr.read_to_string(&mut rest).unwrap();
    (child.wait().unwrap().code(), rest)
}
