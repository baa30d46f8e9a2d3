//! The checkout's own repository: by it, `build/workspace_status.sh` sees the commit and that nothing differs from it.
//!
//! It borrows the objects of the user's repository and has nothing else of it: no setting, hook, attribute, exclusion, tag or
//! index. It is made anew for each commit, so that nothing in it is older.

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use super::{CheckoutError, failure, remove};
use crate::git::{Git, GitError, ObjectId, unexpected};

/// Wins over what the user's and the machine's files say, for a script that runs git by itself: also for one of a commit that is
/// older than this tool.
const CONFIG: &str = "
[core]
	attributesFile = /dev/null
	autocrlf = false
	eol = lf
	excludesFile = /dev/null
	fileMode = true
	fsmonitor = false
	hooksPath = /dev/null
	ignoreCase = false
	precomposeUnicode = false
	safecrlf = false
	sparseCheckout = false
	symlinks = true
	untrackedCache = false
[log]
	showSignature = false
[status]
	showUntrackedFiles = normal
";

/// The first word on how files become blobs: as they are. `text` and the others are the names that gitattributes(5) gives to
/// what converts; an encoding has no value that turns it off, and is as if nobody had named one.
const ATTRIBUTES: &str = "* -text -ident -filter !eol !working-tree-encoding\n";

/// Makes it in `sources`; git there.
pub(super) fn make(sources: &Path, user: &Git, commit: &ObjectId) -> Result<Git, CheckoutError> {
    let folder = sources.join(".git");
    let objects = objects(user)?;
    remove(&folder).map_err(failure(&folder))?;
    let own = Git::new(sources);
    let format = if commit.as_str().len() == 64 { "--object-format=sha256" } else { "--object-format=sha1" };
    own.read(&["init", "--quiet", "--template=", "--initial-branch=main", format])?;
    fill(&folder, &objects).map_err(failure(&folder))?;
    Ok(own)
}

/// Makes the commit what is checked out.
pub(super) fn point_at(own: &Git, commit: &ObjectId) -> Result<(), GitError> {
    own.read(&["update-ref", "--no-deref", "HEAD", commit.as_str()])?;
    own.read(&["read-tree", commit.as_str()]).map(drop)
}

/// Where the user's repository has its objects.
fn objects(user: &Git) -> Result<PathBuf, GitError> {
    let arguments = ["rev-parse", "--path-format=absolute", "--git-path", "objects"];
    let answer = user.read(&arguments)?;
    match answer.strip_suffix(b"\n") {
        // The list of borrowed folders has one a line.
        Some(path) if !path.contains(&b'\n') => Ok(PathBuf::from(OsStr::from_bytes(path))),
        _ => Err(unexpected(&arguments)),
    }
}

fn fill(folder: &Path, objects: &Path) -> io::Result<()> {
    let config = folder.join("config");
    let text = fs::read_to_string(&config)?;
    fs::write(config, text + CONFIG)?;
    fs::create_dir_all(folder.join("objects/info"))?;
    fs::write(folder.join("objects/info/alternates"), [objects.as_os_str().as_bytes(), b"\n"].concat())?;
    fs::create_dir_all(folder.join("info"))?;
    fs::write(folder.join("info/attributes"), ATTRIBUTES)
}
