//! A repository of seven services with an origin, a registry and the release tool: what releases are made of.
//!
//! Its services are small files that look like programs, so that a build takes a moment; Bazel, the rules and the release
//! tool are the real ones. The folder stays, because Bazel knows by it what it has built.

use std::fs::{self, File};
use std::io::{self, BufRead as _, BufReader};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::OnceLock;

use parts::consumer;
use parts::files::{write, write_program};
use tempfile::TempDir;

use crate::command::{Ended, command, ended, stdout};
use crate::environment;
use crate::registry::Registry;
use crate::workspace::{self, Workspace};

/// The services that the release system is for.
pub const SERVICES: [&str; 7] = ["api", "control-api", "control-worker", "frontline", "heimdall", "krane", "vault"];

/// ELF's numbers of the machines (`e_machine`), by the names that images have for them.
const MACHINES: [(&str, u16); 2] = [("amd64", 62), ("arm64", 183)];

/// A fresh history of the repository, and a fresh registry.
pub struct Monorepo {
    folder: PathBuf,
    /// Another run of the tests waits for this one's test to end.
    #[expect(dead_code, reason = "it is held, and given up with the rest")]
    lock: File,
    temporary: TempDir,
    /// Where images go.
    pub registry: Registry,
}

impl Monorepo {
    /// One commit on main, which origin has.
    pub fn new() -> Self {
        let folder = environment::cache().join("monorepo");
        let lock = lock(&folder.with_extension("lock"));
        consumer::workspace(&folder, "monorepo");
        let temporary = tempfile::tempdir().expect("a folder");
        let monorepo = Self { folder, lock, temporary, registry: Registry::start() };
        monorepo.write_sources();
        monorepo.begin_history();
        monorepo
    }

    fn write_sources(&self) {
        let file = |name: &str| self.folder.join(name);
        let wrapper = format!("#!/bin/sh\nexec '{}' \"$@\"\n", workspace::root().join("bazelw").display());
        write_program(&file("bazelw"), wrapper);
        let mut settings = fs::read_to_string(file(".bazelrc")).expect("written");
        settings
            .push_str("build:release --stamp\nbuild:release --workspace_status_command=build/workspace_status.sh\n");
        write(&file(".bazelrc"), settings);
        write(&file(".gitignore"), b"/bazel-*\n");
        for own in ["build/workspace_status.sh", "build/services.sh"] {
            write_program(&file(own), fs::read(workspace::root().join(own)).expect("the repository's own"));
        }
        let names = SERVICES.map(|service| format!("    \"{service}\",\n")).concat();
        write(&file("build/services.bzl"), format!("SERVICES = [\n{names}]\n"));
        for service in SERVICES {
            self.set_program(service, "1");
            let build_file = consumer::service(&[&format!("description = \"Stands for {service}\"")]);
            write(&file(&format!("build/{service}/BUILD.bazel")), build_file);
        }
    }

    /// Gives a service other programs.
    pub fn set_program(&self, service: &str, content: &str) {
        for (architecture, machine) in MACHINES {
            let program = [elf_header(machine), format!("{service} {architecture} {content}").into_bytes()].concat();
            write(&self.folder.join("build").join(service).join(architecture), &program);
        }
    }

    fn begin_history(&self) {
        let _ = fs::remove_dir_all(self.folder.join(".git"));
        let origin = self.temporary.path().join("origin.git");
        let text = origin.to_str().expect("UTF-8");
        fs::create_dir(self.home()).expect("made");
        let identity =
            "[user]\n\tname = A Developer\n\temail = developer@example.com\n[init]\n\tdefaultBranch = main\n";
        fs::write(self.home().join(".gitconfig"), identity).expect("written");
        self.git(&["init", "--quiet", "--bare", text]);
        self.git(&["init", "--quiet"]);
        self.git(&["remote", "add", "origin", text]);
        self.commit("Begin (#1)");
    }

    /// Commits all there is on main and sends it to origin.
    pub fn commit(&self, message: &str) -> String {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--allow-empty", "--message", message]);
        self.git(&["push", "--quiet", "origin", "HEAD:main"]);
        self.git(&["fetch", "--quiet", "origin"]);
        self.git(&["rev-parse", "HEAD"])
    }

    /// Tags what is checked out and sends the tag to origin.
    pub fn tag(&self, name: &str) {
        self.git(&["tag", name]);
        self.git(&["push", "--quiet", "origin", &format!("refs/tags/{name}")]);
    }

    /// Runs git in the clone.
    pub fn git(&self, arguments: &[&str]) -> String {
        stdout(&mut self.git_command(arguments))
    }

    /// Git in the clone, not started yet.
    pub fn git_command(&self, arguments: &[&str]) -> Command {
        let mut git = command("git");
        git.current_dir(&self.folder).env(environment::HOME, self.home()).args(arguments);
        git
    }

    fn home(&self) -> PathBuf {
        self.temporary.path().join("home")
    }

    /// The clone.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The release tool in the clone, publishing to the registry.
    pub fn release(&self, arguments: &[&str]) -> Command {
        let mut release = command(release_tool());
        release.current_dir(&self.folder).args(arguments);
        release.env("RELEASE_REGISTRY", format!("{}/unkeyed", self.registry.address()));
        for name in ["BUILD_WORKING_DIRECTORY", "GITHUB_TOKEN", "GITHUB_API_URL", "GITHUB_REPOSITORY", "GITHUB_OUTPUT"]
        {
            release.env_remove(name);
        }
        release
    }

    /// Publishes images, without releases on GitHub.
    pub fn publish_images(&self, tags: &[&str]) -> Ended {
        ended(&mut self.release(&[&["publish", "--only", "image"], tags].concat()))
    }

    /// Puts another image of a service where a version is, as somebody does who goes past the guard.
    pub fn publish_other(&self, service: &str, version: &str) {
        self.tag(&format!("{service}/v99.0.0"));
        self.publish_images(&[&format!("{service}/v99.0.0")]).succeeded();
        let place = format!("{}/unkeyed/{service}", self.registry.address());
        stdout(command("crane").args(["copy", &format!("{place}:v99.0.0"), &format!("{place}:{version}")]));
    }

    /// The digest that the registry has under a tag.
    pub fn published(&self, service: &str, version: &str) -> Option<String> {
        self.registry.digest(&format!("unkeyed/{service}"), version)
    }
}

fn lock(path: &Path) -> File {
    fs::create_dir_all(path.parent().expect("a folder")).expect("made");
    let file = File::create(path).unwrap_or_else(|error| panic!("`{}`: {error}", path.display()));
    file.lock().expect("locked");
    file
}

/// Starts a program in a group of its own; also its process number.
pub fn start(program: &mut Command) -> (Running, u32) {
    let child = program.process_group(0).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn();
    let child = child.expect("started");
    let process = child.id();
    (Running(child), process)
}

/// Runs a program until it says this, and kills it then.
pub fn kill_at(program: &mut Command, text: &str) {
    let (mut running, process) = start(program);
    running.wait_for(text);
    kill(process);
    let status = running.wait();
    assert!(!status.success(), "it is killed when it says `{text}`: {status}");
}

/// Runs a program until it says this, and does then what Ctrl-C does: all of its group hear of it.
pub fn interrupt_at(program: &mut Command, text: &str) -> ExitStatus {
    let (mut running, process) = start(program);
    running.wait_for(text);
    let group = format!("-{process}");
    assert!(Command::new("kill").args(["-INT", "--", &group]).status().expect("kill").success());
    running.wait()
}

/// A program that was started.
pub struct Running(Child);

impl Running {
    fn wait_for(&mut self, text: &str) {
        let stderr = BufReader::new(self.0.stderr.as_mut().expect("piped"));
        assert!(stderr.lines().map_while(Result::ok).any(|line| line.contains(text)), "it never says `{text}`");
    }

    /// Waits for its end; what it says goes nowhere.
    pub fn wait(mut self) -> ExitStatus {
        if let Some(mut stderr) = self.0.stderr.take() {
            let _ = io::copy(&mut stderr, &mut io::sink());
        }
        self.0.wait().expect("waited for")
    }
}

/// Ends a process as nothing can prevent it. Bazel's server, which it may have asked, goes on by itself.
pub fn kill(process: u32) {
    let killed = Command::new("kill").args(["-KILL", &process.to_string()]).status().expect("kill");
    assert!(killed.success(), "{process}");
}

/// The release tool as Bazel builds it, built once for all tests.
fn release_tool() -> &'static Path {
    static TOOL: OnceLock<PathBuf> = OnceLock::new();
    TOOL.get_or_init(|| Workspace::own().build(&[], "//tools/release"))
}

/// The start of a static program (ELF-64, little-endian): the file's header, and one segment that is loaded.
fn elf_header(machine: u16) -> Vec<u8> {
    let mut header = b"\x7fELF\x02\x01\x01".to_vec();
    header.resize(16, 0);
    header.extend([2_u16, machine].iter().flat_map(|half| half.to_le_bytes()));
    header.extend(1_u32.to_le_bytes());
    // Entry point, program headers, section headers.
    header.extend([0x40_0078_u64, 64, 0].iter().flat_map(|word| word.to_le_bytes()));
    header.extend(0_u32.to_le_bytes());
    header.extend([64_u16, 56, 1, 64, 0, 0].iter().flat_map(|half| half.to_le_bytes()));
    // One segment: to be loaded, readable and executable. It ends behind the entry point, in the text that follows.
    header.extend([1_u32, 5].iter().flat_map(|half| half.to_le_bytes()));
    header.extend([0_u64, 0x40_0000, 0x40_0000, 128, 128, 0x1000].iter().flat_map(|word| word.to_le_bytes()));
    header
}
