//! A Bazel workspace: the repository itself, a copy of it, or another one that uses it.

use std::env;
use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use crate::command::{Ended, command, ended, stdout};
use crate::layout::Layout;

/// The image that these tests look at.
pub const IMAGE: &str = "//build/api:image";

/// The file that says that this machine is the airgap root.
const AIRGAP_ROOT: &str = "/opt/airgap/complete";

/// A folder with a `MODULE.bazel`, and how Bazel is run in it.
#[derive(Debug)]
pub struct Workspace {
    folder: PathBuf,
    startup_options: Vec<String>,
    environment: Vec<(String, String)>,
}

impl Workspace {
    /// The repository.
    pub fn own() -> Self {
        Self::at(root(), [])
    }

    /// Another folder, with options that stand before Bazel's command.
    pub fn at(folder: impl Into<PathBuf>, startup_options: impl IntoIterator<Item = String>) -> Self {
        Self { folder: folder.into(), startup_options: startup_options.into_iter().collect(), environment: Vec::new() }
    }

    /// The same, where Bazel is started with these variables.
    #[must_use]
    pub fn with_environment(mut self, variables: &[(&str, &str)]) -> Self {
        self.environment.extend(variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        self
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Bazel by the repository's wrapper, with these arguments.
    pub fn bazel(&self, arguments: &[&str]) -> Command {
        let mut bazel = command(root().join("bazelw"));
        bazel.current_dir(&self.folder).args(&self.startup_options).args(arguments);
        bazel.envs(self.environment.iter().map(|(name, value)| (name, value)));
        bazel
    }

    /// Runs Bazel with these arguments.
    pub fn run(&self, arguments: &[&str]) -> Ended {
        ended(&mut self.bazel(arguments))
    }

    /// Builds a target with these options; returns its one file or folder.
    pub fn build(&self, options: &[&str], target: &str) -> PathBuf {
        let with_options = |verb, target| [&[verb], options, &[target]].concat();
        self.run(&with_options("build", target)).succeeded();
        // Not as another target needs it: a tool of actions is there in their configuration too.
        let built = format!("config({target}, target)");
        let mut query = self.bazel(&with_options("cquery", &built));
        let files = stdout(query.arg("--output=files"));
        assert_eq!(files.lines().count(), 1, "`{target}` makes several files: {files}");
        // Through `bazel-out`, not `bazel-bin`: that one follows whatever was built last.
        let path = self.folder.join(files);
        fs::canonicalize(&path).unwrap_or_else(|error| panic!("`{}`: {error}", path.display()))
    }

    /// The digest of [`IMAGE`], `sha256:...`.
    pub fn digest(&self, options: &[&str]) -> String {
        Layout::open(&self.build(options, IMAGE)).digest()
    }
}

/// The folder of the repository: the nearest one above the current folder that has the wrapper.
pub fn root() -> &'static Path {
    static ROOT: OnceLock<PathBuf> = OnceLock::new();
    ROOT.get_or_init(|| {
        let current = env::current_dir().expect("a current folder");
        let found = current.ancestors().find(|folder| folder.join("bazelw").exists());
        found.expect("start the tests in the repository").to_owned()
    })
}

/// The service's image, built once for all tests.
pub fn image() -> &'static Layout {
    static IMAGE_LAYOUT: OnceLock<Layout> = OnceLock::new();
    IMAGE_LAYOUT.get_or_init(|| Layout::open(&Workspace::own().build(&[], IMAGE)))
}

/// Lets a folder be removed in which Bazel has built: it makes what it has built read-only.
pub fn make_writable(folder: &Path) {
    let _ = fs::set_permissions(folder, fs::Permissions::from_mode(0o755));
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            make_writable(&entry.path());
        }
    }
}

/// Whether these tests run in the airgap root.
pub fn is_airgap_root() -> bool {
    Path::new(AIRGAP_ROOT).exists()
}

/// Copies every file of the repository that is committed or could be into a folder.
pub fn copy_sources(to: &Path) {
    for file in files() {
        copy(&root().join(&file), &to.join(&file));
    }
}

/// Every file that is committed or could be, by its path in the repository.
fn files() -> Vec<PathBuf> {
    let list = stdout(command("git").args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"]));
    let files = list.split('\0').filter(|file| !file.is_empty()).map(PathBuf::from);
    // One that is committed may have been removed since.
    let files: Vec<_> = files.filter(|file| root().join(file).symlink_metadata().is_ok()).collect();
    assert!(files.contains(&PathBuf::from("MODULE.bazel")), "{files:?}");
    files
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to.parent().expect("a folder")).expect("made");
    if from.is_symlink() {
        symlink(fs::read_link(from).expect("a link"), to).expect("linked");
    } else {
        fs::copy(from, to).unwrap_or_else(|error| panic!("`{}`: {error}", from.display()));
    }
}
