//! Writing an OCI image layout (image-spec, image-layout.md): a new folder with `oci-layout`, `index.json` and `blobs/`.
//!
//! Owns where bytes go and how blobs of other layouts get there. What the documents say is the caller's business.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use oci_spec::image::Digest;
use serde_json::Value;

use crate::Error;
use crate::digest;
use crate::json;
use crate::lexical_path;
use crate::parallel;

/// How a file becomes a blob.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blobs {
    /// As a relative symbolic link to it, whatever it is itself: nothing is read.
    Link,
    /// As a copy of its content. Where the file system can, the copy shares the file's blocks. Never a hard link:
    /// build systems change the mode of what they build, and that would change the source's too.
    Copy,
}

/// A layout that has been written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// Of the manifest or index manifest that `index.json` names.
    pub digest: Digest,
    /// The content of `index.json`.
    pub index: String,
}

/// A layout that is being written.
#[derive(Debug)]
pub struct LayoutWriter {
    path: PathBuf,
    blobs: Blobs,
}

impl LayoutWriter {
    /// Starts a layout in `path`, a folder that does not exist or is empty.
    ///
    /// # Errors
    /// When something is in it or it cannot be made.
    pub fn create(path: &Path, blobs: Blobs) -> Result<Self, Error> {
        let folder = path.join("blobs/sha256");
        fs::create_dir_all(path).map_err(|source| Error::Write { path: path.to_owned(), source })?;
        let mut entries = fs::read_dir(path).map_err(|source| Error::Write { path: path.to_owned(), source })?;
        if entries.next().is_some() {
            return Err(Error::NotEmpty { path: path.to_owned() });
        }
        fs::create_dir_all(&folder).map_err(|source| Error::Write { path: folder, source })?;
        Ok(Self { path: path.to_owned(), blobs })
    }

    /// Writes `bytes` as a blob.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write_blob(&self, bytes: &[u8]) -> Result<Digest, Error> {
        let digest = digest::of_bytes(bytes);
        self.write(&blob_name(&digest), bytes)?;
        Ok(digest)
    }

    /// Makes each of these files, whose digests the caller knows, a blob, several at a time. Where a digest is there
    /// more than once, the last file counts.
    ///
    /// # Errors
    /// When one cannot be linked or copied.
    pub fn place_blobs<'a>(&self, files: impl IntoIterator<Item = (&'a Digest, &'a Path)>) -> Result<(), Error> {
        let files: BTreeMap<String, &Path> =
            files.into_iter().map(|(digest, from)| (blob_name(digest), from)).collect();
        let files: Vec<_> = files.into_iter().collect();
        parallel::map(&files, |(name, from)| self.place(name, from)).into_iter().collect()
    }

    fn place(&self, name: &str, from: &Path) -> Result<(), Error> {
        let path = self.path.join(name);
        let placed = match self.blobs {
            Blobs::Link => self.link(from, &path),
            Blobs::Copy => copy(from, &path),
        };
        placed.map_err(|source| Error::Place { from: from.to_owned(), path, source })
    }

    /// Writes `oci-layout` and `index.json`, the last files of a layout.
    ///
    /// # Errors
    /// When they cannot be written.
    pub fn finish(self, layout: &str, index: &Value, digest: Digest) -> Result<Written, Error> {
        let index = json::to_string(index) + "\n";
        self.write("oci-layout", layout.as_bytes())?;
        self.write("index.json", index.as_bytes())?;
        Ok(Written { digest, index })
    }

    fn link(&self, from: &Path, path: &Path) -> io::Result<()> {
        let target = lexical_path::relative(&self.path.join("blobs/sha256"), from)?;
        std::os::unix::fs::symlink(target, path)
    }

    fn write(&self, name: &str, bytes: &[u8]) -> Result<(), Error> {
        let path = self.path.join(name);
        fs::write(&path, bytes).map_err(|source| Error::Write { path, source })
    }
}

fn blob_name(digest: &Digest) -> String {
    format!("blobs/{}/{}", digest.algorithm(), digest.digest())
}

/// Not `fs::copy`: that takes the mode along, and a read-only blob could not be replaced.
fn copy(from: &Path, path: &Path) -> io::Result<()> {
    let mut from = fs::File::open(from)?;
    let mut to = fs::File::create(path)?;
    io::copy(&mut from, &mut to).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layout(blobs: Blobs) -> (tempfile::TempDir, LayoutWriter) {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("one"), "content").unwrap();
        fs::write(folder.path().join("two"), "content").unwrap();
        let writer = LayoutWriter::create(&folder.path().join("out"), blobs).unwrap();
        (folder, writer)
    }

    #[test]
    fn links_are_relative_and_the_last_counts() {
        let (folder, writer) = layout(Blobs::Link);
        let digest = digest::of_bytes(b"content");
        let (one, two) = (folder.path().join("one"), folder.path().join("two"));
        writer.place_blobs([(&digest, one.as_path()), (&digest, two.as_path())]).unwrap();
        let blob = folder.path().join("out").join(blob_name(&digest));
        assert_eq!(fs::read_link(&blob).unwrap(), Path::new("../../../two"));
        assert_eq!(fs::read(blob).unwrap(), b"content");
    }

    #[test]
    fn copies_are_files_of_their_own_and_writable() {
        let (folder, writer) = layout(Blobs::Copy);
        let source = folder.path().join("one");
        let mut permissions = fs::metadata(&source).unwrap().permissions();
        permissions.set_readonly(true);
        fs::set_permissions(&source, permissions).unwrap();
        let digest = digest::of_bytes(b"content");
        writer.place_blobs([(&digest, source.as_path())]).unwrap();
        let blob = folder.path().join("out").join(blob_name(&digest));
        let metadata = fs::symlink_metadata(blob).unwrap();
        assert!(metadata.is_file() && !metadata.permissions().readonly());
    }

    #[test]
    fn a_folder_with_something_in_it_is_refused() {
        let (folder, _) = layout(Blobs::Copy);
        let error = LayoutWriter::create(folder.path(), Blobs::Copy).unwrap_err();
        assert!(matches!(error, Error::NotEmpty { .. }), "{error}");
    }
}
