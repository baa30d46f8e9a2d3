//! The home of a job: empty, as a new machine's is, but for the user's caches. A step can neither use nor change anything else
//! that the user has there.

use std::fs;
use std::io;
use std::os::unix::fs::symlink;
use std::path::Path;

/// Empties a folder and lays the link to the caches in it. The folder's path stays, because Bazel's server is found by it.
///
/// # Errors
/// When the file system does not let that be done.
pub fn make(home: &Path, caches: &Path) -> io::Result<()> {
    fs::create_dir_all(home)?;
    fs::create_dir_all(caches)?;
    empty(home)?;
    symlink(caches, home.join(".cache"))
}

/// Removes what is in a folder, links and not what they lead to. The folder itself stays: a Bazel that runs in it would not
/// find a new one.
///
/// # Errors
/// When something stays.
pub fn empty(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            fs::remove_dir_all(entry.path())?;
        } else {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_home_is_new_each_time_and_the_caches_stay() {
        let folder = tempfile::tempdir().unwrap();
        let (home, caches) = (folder.path().join("home"), folder.path().join("caches"));
        make(&home, &caches).unwrap();
        fs::write(home.join(".cache/kept"), "").unwrap();
        fs::create_dir(home.join(".docker")).unwrap();
        fs::write(home.join(".docker/config.json"), "").unwrap();
        make(&home, &caches).unwrap();
        assert!(home.join(".cache/kept").exists() && caches.join("kept").exists());
        assert_eq!(fs::read_dir(&home).unwrap().count(), 1);
    }
}
