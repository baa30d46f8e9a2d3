//! What a check found, and where.

pub(super) mod codes;

use std::fmt;

use oci_spec::image::Digest;
use serde::Serialize;

use self::codes::Code;

/// How many findings are kept. A hostile layer can hold a million of them; nobody reads beyond the first screens.
const LIMIT: usize = 200;

/// Whether a finding makes the check fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// It does.
    Error,
    /// It is told and no more.
    Warning,
}

/// One thing that is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Stable identifier, kebab-case.
    pub code: &'static str,
    /// Whether it makes the check fail.
    pub severity: Severity,
    /// What it is: values in backticks, nothing unprintable.
    pub message: String,
    /// Where it is.
    pub place: Place,
    /// Why it matters.
    pub why: &'static str,
}

/// Where a finding is; what does not apply is left out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Place {
    /// The image, as `linux/arm64/v8`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub platform: Option<String>,
    /// The blob's digest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub blob: Option<String>,
    /// The path in the layer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// The field of the JSON file, as `config.User`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
}

impl Place {
    /// In the image for `platform`.
    #[must_use]
    pub fn of_platform(platform: &str) -> Self {
        Self { platform: Some(printable(platform.as_bytes())), ..Self::default() }
    }

    /// In a blob.
    #[must_use]
    pub fn of_blob(digest: &Digest) -> Self {
        Self::default().blob(digest)
    }

    /// Narrowed to a blob.
    #[must_use]
    pub fn blob(mut self, digest: &Digest) -> Self {
        self.blob = Some(digest.to_string());
        self
    }

    /// Narrowed to a path in a layer.
    #[must_use]
    pub fn path(mut self, path: &[u8]) -> Self {
        self.path = Some(printable(path));
        self
    }

    /// Narrowed to a field.
    #[must_use]
    pub fn field(mut self, field: impl Into<String>) -> Self {
        self.field = Some(field.into());
        self
    }
}

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts = Vec::new();
        parts.extend(self.platform.clone());
        parts.extend(self.blob.as_ref().map(|digest| format!("blob {digest}")));
        parts.extend(self.path.as_ref().map(|path| format!("path {path}")));
        parts.extend(self.field.as_ref().map(|field| format!("field {field}")));
        if parts.is_empty() {
            parts.push("index.json".to_owned());
        }
        formatter.write_str(&parts.join(", "))
    }
}

/// The findings of a check, in the order in which they were met.
#[derive(Debug, Default)]
pub struct Findings {
    kept: Vec<Finding>,
    dropped: usize,
    errors: usize,
}

impl Findings {
    /// Adds one, unless the same is there. The message may quote what a stranger wrote only through [`quoted`].
    pub fn add(&mut self, code: &'static Code, place: Place, message: impl Into<String>) {
        let severity = if code.warning { Severity::Warning } else { Severity::Error };
        let finding = Finding { code: code.id, severity, message: message.into(), place, why: code.why };
        // A blob that several manifests name is told of once.
        if self.kept.contains(&finding) {
            return;
        }
        self.errors += usize::from(severity == Severity::Error);
        if self.kept.len() == LIMIT {
            self.dropped += 1;
            return;
        }
        self.kept.push(finding);
    }

    /// How many errors there are so far, those that were not kept included.
    #[must_use]
    pub fn errors(&self) -> usize {
        self.errors
    }

    /// The findings, and how many more there were.
    #[must_use]
    pub fn into_parts(self) -> (Vec<Finding>, usize) {
        (self.kept, self.dropped)
    }
}

/// Bytes from a layer or a config as they may stand in a terminal: control characters escaped, 200 characters at most.
#[must_use]
pub fn printable(bytes: &[u8]) -> String {
    const LONGEST: usize = 200;
    // Four bytes are the longest character.
    let text = String::from_utf8_lossy(&bytes[..bytes.len().min(4 * (LONGEST + 1))]);
    terminal::printable::start(&text, LONGEST)
}

/// [`printable`] in backticks.
#[must_use]
pub fn quoted(bytes: impl AsRef<[u8]>) -> String {
    format!("`{}`", printable(bytes.as_ref()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_stranger_wrote_cannot_steer_the_terminal() {
        assert_eq!(printable(b"a\x1b[31mb\nc"), "a\\u{1b}[31mb\\nc");
        assert_eq!(printable("a\u{202e}b".as_bytes()), "a\\u{202e}b");
        assert_eq!(printable(&[0xff]), "\u{fffd}");
        assert_eq!(printable(&[b'x'; 5000]).len(), 203);
    }

    #[test]
    fn the_count_goes_on_where_keeping_ends() {
        let mut findings = Findings::default();
        for number in 0..LIMIT + 7 {
            findings.add(codes::CMD, Place::default(), number.to_string());
            findings.add(codes::CMD, Place::default(), "0");
        }
        assert_eq!(findings.errors(), LIMIT + 7);
        let (kept, dropped) = findings.into_parts();
        assert_eq!((kept.len(), dropped), (LIMIT, 7));
    }
}
