//! Files for targets that read files: in memory where there is such a folder, and gone after the run.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use oci_spec::image::Digest;

use oci::digest;

/// A folder of its own, removed when dropped.
pub struct Scratch(PathBuf);

impl Scratch {
    pub fn new() -> Self {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let memory = Path::new("/dev/shm");
        let parent = if memory.is_dir() { memory.to_path_buf() } else { std::env::temp_dir() };
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let folder = parent.join(format!("image-fuzzing-{}-{number}", std::process::id()));
        fs::create_dir_all(&folder).expect("a scratch folder can be made");
        Self(folder)
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    pub fn write(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, bytes).expect("a scratch file can be written");
        path
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What is left behind is in memory and small; failing here would hide what the target found.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A layout that is made blob by blob.
pub struct LayoutFolder {
    scratch: Scratch,
    blobs: Vec<Digest>,
}

impl LayoutFolder {
    pub fn new() -> Self {
        let scratch = Scratch::new();
        fs::create_dir_all(scratch.path("layout/blobs/sha256")).expect("a scratch folder can be made");
        Self { scratch, blobs: Vec::new() }
    }

    pub fn path(&self) -> PathBuf {
        self.scratch.path("layout")
    }

    /// A path beside the layout.
    pub fn beside(&self, name: &str) -> PathBuf {
        self.scratch.path(name)
    }

    /// Writes a blob; its descriptor's `"digest":...,"size":...`.
    pub fn blob(&mut self, bytes: &[u8]) -> String {
        let digest = digest::of_bytes(bytes);
        self.scratch.write(&format!("layout/blobs/sha256/{}", digest.digest()), bytes);
        let members = format!(r#""digest":"{digest}","size":{}"#, bytes.len());
        self.blobs.push(digest);
        members
    }

    /// Writes `oci-layout` and `index.json`.
    pub fn finish(&self, index: &[u8]) {
        self.scratch.write("layout/oci-layout", br#"{"imageLayoutVersion":"1.0.0"}"#);
        self.scratch.write("layout/index.json", index);
    }

    /// Changes one bit of each blob in turn, and hands the layout over while it is wrong.
    pub fn with_each_blob_altered(&self, judge: impl Fn(&Path, &Digest)) {
        for digest in &self.blobs {
            let path = self.path().join("blobs/sha256").join(digest.digest());
            let bytes = fs::read(&path).expect("a scratch file can be read");
            let Some((last, start)) = bytes.split_last() else { continue };
            fs::write(&path, [start, &[last ^ 1]].concat()).expect("a scratch file can be written");
            judge(&self.path(), digest);
            fs::write(&path, &bytes).expect("a scratch file can be written");
        }
    }
}
