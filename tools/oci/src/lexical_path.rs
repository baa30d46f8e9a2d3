//! Paths as text: nothing here looks at the disk, so symbolic links stay what they are.

use std::io;
use std::path::{Component, Path, PathBuf};

/// The way from the folder `from` to `to`, through the deepest folder that both are in.
///
/// # Errors
/// When a path is relative and the current folder is unknown, or a path is empty.
pub fn relative(from: &Path, to: &Path) -> io::Result<PathBuf> {
    let (from, to) = (normalized(from)?, normalized(to)?);
    let shared = from.components().zip(to.components()).take_while(|(left, right)| left == right).count();
    let up = from.components().skip(shared).map(|_| Component::ParentDir);
    let way: PathBuf = up.chain(to.components().skip(shared)).collect();
    Ok(if way.as_os_str().is_empty() { PathBuf::from(".") } else { way })
}

/// The absolute path without `.` and `..`.
fn normalized(path: &Path) -> io::Result<PathBuf> {
    let mut normalized = PathBuf::new();
    for component in std::path::absolute(path)?.components() {
        match component {
            Component::ParentDir => {
                normalized.pop();
            }
            Component::CurDir => {}
            kept => normalized.push(kept),
        }
    }
    Ok(normalized)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_goes_up_and_down() {
        let cases = [
            ("out/blobs/sha256", "in/layer.tar", "../../../in/layer.tar"),
            ("out/blobs/sha256", "out/../in/./layer.tar", "../../../in/layer.tar"),
            ("/a/b", "/a/b/c", "c"),
            ("/a/b", "/a", ".."),
            ("/a/b", "/x", "../../x"),
            ("/a", "/a", "."),
            ("/a", "/../../b", "../b"),
        ];
        for (from, to, expected) in cases {
            assert_eq!(relative(Path::new(from), Path::new(to)).unwrap(), Path::new(expected), "{from} {to}");
        }
    }

    #[test]
    fn an_empty_path_is_refused() {
        assert!(relative(Path::new(""), Path::new("a")).is_err());
    }
}
