//! Why the reading of a tar archive stops.

/// What is wrong with a header, its records, or where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// A block is no header at all.
    NoHeader(&'static str),
    /// Go's `archive/tar`, or the daemons that unpack with it, refuse it.
    Malformed(String),
    /// They take it, and other readers take it for something else.
    Ambiguous(String),
    /// A sparse file, of this name.
    Sparse(Vec<u8>),
    /// Something other than zeros after the end of the archive.
    TrailingData,
}

impl Fault {
    /// With these words.
    pub fn malformed(words: impl Into<String>) -> Self {
        Self::Malformed(words.into())
    }

    /// With these words.
    pub fn ambiguous(words: impl Into<String>) -> Self {
        Self::Ambiguous(words.into())
    }
}

impl From<std::io::Error> for Fault {
    fn from(error: std::io::Error) -> Self {
        Self::Malformed(error.to_string())
    }
}
