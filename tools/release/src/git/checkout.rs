//! Makes a folder hold the files of a commit and nothing besides, byte for byte, and proves it.
//!
//! Git writes the files and checks them, by a repository that the folder gets for that: it borrows the objects of the user's and
//! has nothing else of it, no setting, hook, attribute, exclusion, tag or index. Its own attributes turn off all that would convert a
//! file (`eol`, `ident`, `filter`, and with that Git LFS), also those of the commit's `.gitattributes`. By it,
//! `build/workspace_status.sh` sees the commit and that nothing differs from it. A submodule is an empty folder.

use std::ffi::OsStr;
use std::fs::{self, Permissions};
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use super::command::Git;
use super::environment::Configuration;
use super::{GitError, ObjectId, Repository};
use terminal::printable;

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

impl Repository {
    /// Makes `folder` hold the files of this commit and nothing besides. Files that are so already are not touched.
    ///
    /// # Errors
    /// When one of them cannot be made, or is not what it should be in the end.
    pub fn check_out(&self, commit: &ObjectId, folder: &Path) -> Result<(), GitError> {
        // What is extra in it is removed: it must not be a link to something of the user's.
        if fs::symlink_metadata(folder).is_ok_and(|found| !found.is_dir()) {
            fs::remove_file(folder).map_err(GitError::at(folder))?;
        }
        fs::create_dir_all(folder).map_err(GitError::at(folder))?;
        let own = self.lend(commit, folder)?;
        own.read(&["update-ref", "--no-deref", "HEAD", commit.as_str()])?;
        own.read(&["read-tree", commit.as_str()])?;
        // Compares by content, so that only what differs is written.
        own.read(&["update-index", "-q", "--refresh"])?;
        own.read(&["checkout-index", "--quiet", "--all", "--force", "--index"])?;
        own.read(&["clean", "-ffdxq"])?;
        finish(&own)?;
        let differing = own.read(&["status", "--porcelain", "-z", "--ignored", "--untracked-files=all"])?;
        match differing.split(|&byte| byte == 0).next().filter(|first| !first.is_empty()) {
            None => Ok(()),
            Some(first) => {
                let message = printable::name(OsStr::from_bytes(first));
                Err(GitError::Differs { folder: folder.to_owned(), commit: commit.clone(), message })
            }
        }
    }

    /// Gives the repository of a folder that was checked out so an origin to tell of. Nothing is fetched from it.
    ///
    /// # Errors
    /// When git fails.
    pub fn name_origin_of_checkout(&self, folder: &Path, url: &str) -> Result<(), GitError> {
        let own = Git::new(folder, Configuration::OfRepository);
        own.read(&["config", "--local", "remote.origin.url", url]).map(drop)
    }

    /// Makes a lightweight tag in the repository of a folder that was checked out so. It is gone with the next checkout there.
    ///
    /// # Errors
    /// When git fails.
    pub fn tag_checkout(&self, folder: &Path, name: &str, commit: &ObjectId) -> Result<(), GitError> {
        let own = Git::new(folder, Configuration::OfRepository);
        let input = format!("create refs/tags/{name} {commit}\n");
        own.read_with_input(&["update-ref", "--stdin"], input.as_bytes()).map(drop)
    }

    /// Makes the folder's own repository anew, so that nothing in it is older; git in it.
    fn lend(&self, commit: &ObjectId, folder: &Path) -> Result<Git, GitError> {
        // What a partial clone lacks of the commit is fetched by this: a repository that borrows cannot.
        self.git.read(&["rev-list", "--objects", "--quiet", "--no-walk", "--end-of-options", commit.as_str()])?;
        let objects = self.objects_folder()?;
        let repository = folder.join(".git");
        remove(&repository).map_err(GitError::at(&repository))?;
        let own = Git::new(folder, Configuration::OfRepository);
        let format = if commit.as_str().len() == 64 { "--object-format=sha256" } else { "--object-format=sha1" };
        own.read(&["init", "--quiet", "--template=", "--initial-branch=main", format])?;
        fill(&repository, &objects).map_err(GitError::at(&repository))?;
        Ok(own)
    }

    fn objects_folder(&self) -> Result<PathBuf, GitError> {
        let arguments = ["rev-parse", "--path-format=absolute", "--git-path", "objects"];
        let answer = self.git.read(&arguments)?;
        match answer.strip_suffix(b"\n") {
            // The list of borrowed folders has one a line.
            Some(path) if !path.contains(&b'\n') => Ok(PathBuf::from(OsStr::from_bytes(path))),
            _ => Err(GitError::unexpected(&arguments)),
        }
    }
}

fn fill(repository: &Path, objects: &Path) -> io::Result<()> {
    let config = repository.join("config");
    let text = fs::read_to_string(&config)?;
    fs::write(config, text + CONFIG)?;
    fs::create_dir_all(repository.join("objects/info"))?;
    fs::write(repository.join("objects/info/alternates"), [objects.as_os_str().as_bytes(), b"\n"].concat())?;
    fs::create_dir_all(repository.join("info"))?;
    fs::write(repository.join("info/attributes"), ATTRIBUTES)
}

/// Does what git leaves to the user: modes are exact whatever the user's mask is, and folders of submodules are empty.
fn finish(own: &Git) -> Result<(), GitError> {
    let arguments = ["ls-files", "--stage", "-z"];
    let listed = own.read(&arguments)?;
    for line in listed.split(|&byte| byte == 0).filter(|line| !line.is_empty()) {
        let tab = line.iter().position(|&byte| byte == b'\t').ok_or_else(|| GitError::unexpected(&arguments))?;
        let path = own.folder().join(OsStr::from_bytes(&line[tab + 1..]));
        match &line[..6] {
            b"100644" => set_mode(&path, 0o644),
            b"100755" => set_mode(&path, 0o755),
            b"160000" => remove(&path).and_then(|()| fs::create_dir(&path)),
            _ => Ok(()),
        }
        .map_err(GitError::at(&path))?;
    }
    Ok(())
}

fn set_mode(path: &Path, mode: u32) -> io::Result<()> {
    if fs::symlink_metadata(path)?.permissions().mode() & 0o7777 == mode {
        return Ok(());
    }
    fs::set_permissions(path, Permissions::from_mode(mode))
}

/// Removes what is there, if anything is; links and not what they lead to.
fn remove(path: &Path) -> io::Result<()> {
    match fs::symlink_metadata(path) {
        Ok(metadata) if metadata.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A commit of a tree that git itself would not make; all entries have one content.
    fn commit_of(git: &Git, names: &[(&str, &str)]) -> ObjectId {
        let object = |arguments: &[&str], input: &[u8]| {
            let answer = git.read_with_input(arguments, input).unwrap();
            ObjectId::parse(String::from_utf8(answer).unwrap().trim()).unwrap()
        };
        let bytes = |object: &ObjectId| -> Vec<u8> {
            let digits = object.as_str().as_bytes().chunks(2);
            digits.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
        };
        let blob = object(&["hash-object", "-w", "--stdin"], b"../outside");
        let inner = [b"100644 stolen\0".as_slice(), &bytes(&blob)].concat();
        let inner = object(&["hash-object", "-w", "--literally", "-t", "tree", "--stdin"], &inner);
        let mut tree = Vec::new();
        for (mode, name) in names {
            tree.extend(format!("{mode} {name}\0").into_bytes());
            tree.extend(bytes(if *mode == "40000" { &inner } else { &blob }));
        }
        let tree = object(&["hash-object", "-w", "--literally", "-t", "tree", "--stdin"], &tree);
        let text = format!("tree {tree}\nauthor A <a@b> 0 +0000\ncommitter A <a@b> 0 +0000\n\nX\n");
        object(&["hash-object", "-w", "-t", "commit", "--stdin"], text.as_bytes())
    }

    #[test]
    fn names_that_lead_elsewhere_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let repository = super::super::tests::repository(folder.path());
        fs::create_dir(folder.path().join("outside")).unwrap();
        let sources = folder.path().join("sources");
        for names in [
            &[("100644", "..")][..],
            &[("100644", ".")],
            &[("100644", ".git")],
            &[("40000", ".GIT")],
            &[("100644", "a/../b")],
            &[("120000", "link"), ("40000", "link")],
        ] {
            let commit = commit_of(&repository.git, names);
            let error = repository.check_out(&commit, &sources).expect_err(&format!("{names:?}"));
            assert!(matches!(error, GitError::Failed { .. } | GitError::Differs { .. }), "{names:?}: {error}");
        }
        // Git takes the last of both.
        let commit = commit_of(&repository.git, &[("40000", "link"), ("120000", "link")]);
        let _ = repository.check_out(&commit, &sources);
        assert_eq!(fs::read_dir(folder.path().join("outside")).unwrap().count(), 0);
        let commit = commit_of(&repository.git, &[("100644", "a\nb"), ("120000", "link"), ("100755", "run")]);
        repository.check_out(&commit, &sources).unwrap();
        assert_eq!(fs::read_link(sources.join("link")).unwrap(), Path::new("../outside"));
    }
}
