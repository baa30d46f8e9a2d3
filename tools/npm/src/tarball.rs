//! npm's form of a package: a gzipped tar whose files are in a folder `package`. It is a function of the files alone.

use std::io::{self, Write as _};

use flate2::{Compression, GzBuilder};
use tar::{Builder, EntryType, Header};

/// 1985-10-26 08:15 UTC, the time of every file that npm packs.
const TIME: u64 = 499_162_500;

/// A file of a package.
pub(crate) struct File {
    /// Where it is, below the package's folder.
    pub(crate) path: String,
    /// All of it.
    pub(crate) content: Vec<u8>,
    /// Whether it is a program.
    pub(crate) is_program: bool,
}

impl File {
    /// A file to be read.
    pub(crate) fn text(path: &str, content: impl Into<Vec<u8>>) -> Self {
        Self { path: path.to_owned(), content: content.into(), is_program: false }
    }

    /// A file to be run.
    pub(crate) fn program(path: &str, content: impl Into<Vec<u8>>) -> Self {
        Self { is_program: true, ..Self::text(path, content) }
    }
}

/// The bytes of a package with these files.
pub(crate) fn bytes(mut files: Vec<File>) -> io::Result<Vec<u8>> {
    files.sort_by(|left, right| left.path.cmp(&right.path));
    // It writes neither a time nor a system into the header.
    let gzip = GzBuilder::new().write(Vec::new(), Compression::best());
    let mut builder = Builder::new(gzip);
    for file in files {
        let mut header = Header::new_ustar();
        header.set_entry_type(EntryType::Regular);
        header.set_mode(if file.is_program { 0o755 } else { 0o644 });
        header.set_uid(0);
        header.set_gid(0);
        header.set_mtime(TIME);
        header.set_size(file.content.len() as u64);
        builder.append_data(&mut header, format!("package/{}", file.path), file.content.as_slice())?;
    }
    let mut gzip = builder.into_inner()?;
    gzip.flush()?;
    gzip.finish()
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use flate2::read::GzDecoder;

    use super::*;

    #[test]
    fn the_same_files_are_the_same_bytes() {
        let files = || vec![File::text("package.json", "{}"), File::program("bin/unkey", "\x7fELF")];
        let mut turned = files();
        turned.reverse();
        let packed = bytes(files()).unwrap();
        assert_eq!(packed, bytes(turned).unwrap());
        // RFC 1952: no flags, no time, an unknown system.
        assert_eq!((&packed[..8], packed[9]), (&[0x1f, 0x8b, 8, 0, 0, 0, 0, 0][..], 255));
    }

    #[test]
    fn tar_says_what_npm_says() {
        let packed = bytes(vec![File::text("package.json", "{}"), File::program("bin/unkey", "\x7fELF")]).unwrap();
        let mut archive = tar::Archive::new(GzDecoder::new(packed.as_slice()));
        let mut found = Vec::new();
        for entry in archive.entries().unwrap() {
            let mut entry = entry.unwrap();
            let mut content = String::new();
            entry.read_to_string(&mut content).unwrap();
            let header = entry.header();
            assert_eq!((header.uid().unwrap(), header.gid().unwrap(), header.mtime().unwrap()), (0, 0, TIME));
            found.push((entry.path().unwrap().display().to_string(), header.mode().unwrap(), content));
        }
        let expected = [("package/bin/unkey", 0o755, "\x7fELF"), ("package/package.json", 0o644, "{}")];
        assert_eq!(found, expected.map(|(path, mode, content)| (path.to_owned(), mode, content.to_owned())));
    }
}
