//! The same sources make the same image in another folder, from nothing.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::command::{command, stdout};
use crate::environment;
use crate::workspace::{self, Workspace};

#[test]
fn another_folder_and_no_cache_make_the_same_image() {
    let digest = Workspace::own().digest(&[]);
    // It compiles everything a second time. The digest covers all that went into the image, so as long as it is the same
    // there is nothing new to find out: a machine that has seen it reproduced does not build it again.
    let proof = environment::cache().join("reproduced").join(digest.replace(':', "-"));
    if proof.exists() {
        println!(
            "`{}` says that this machine has reproduced {digest} before; remove it to do it again",
            proof.display()
        );
        return;
    }
    let copy = Copy::make();
    assert_eq!(copy.workspace.digest(&["--disk_cache="]), digest);
    fs::create_dir_all(proof.parent().expect("a folder")).expect("made");
    fs::write(&proof, "").expect("written");
}

/// A copy of the repository's files with a Bazel of its own; both go when the test is over.
struct Copy {
    workspace: Workspace,
    folder: TempDir,
}

impl Copy {
    fn make() -> Self {
        // Not below the repository: Bazel would find the one workspace in the other.
        let folder = tempfile::Builder::new().prefix("unkey-copy-").tempdir().expect("a folder");
        let sources = folder.path().join("sources");
        for file in files() {
            copy(&workspace::root().join(&file), &sources.join(&file));
        }
        let output_base = format!("--output_base={}", folder.path().join("output").display());
        Self { workspace: Workspace::at(sources, [output_base]), folder }
    }
}

impl Drop for Copy {
    fn drop(&mut self) {
        self.workspace.run(&["shutdown"]);
        // Bazel makes what it has built read-only.
        make_writable(self.folder.path());
    }
}

/// Every file that is committed or could be, by its path in the repository.
fn files() -> Vec<PathBuf> {
    let list = stdout(command("git").args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"]));
    let files = list.split('\0').filter(|file| !file.is_empty()).map(PathBuf::from);
    // One that is committed may have been removed since.
    let files: Vec<_> = files.filter(|file| workspace::root().join(file).symlink_metadata().is_ok()).collect();
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

fn make_writable(folder: &Path) {
    let _ = fs::set_permissions(folder, fs::Permissions::from_mode(0o755));
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            make_writable(&entry.path());
        }
    }
}
