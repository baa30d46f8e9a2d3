//! Which build this is. Owns what counts as stamped; not the stamping, which Bazel does to the binary crate alone.

/// The version that a build without a stamp reports.
const UNSTAMPED: &str = "dev";

/// What a binary knows about its own origin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BuildInfo {
    /// The released version, `vX.Y.Z[-pre]`; `dev` when the build was not stamped.
    pub version: &'static str,
    /// The commit that was built, as hexadecimal digits; absent when the build was not stamped.
    pub commit: Option<&'static str>,
    /// When that commit was made, as the stamp wrote it; absent when the build was not stamped.
    pub commit_time: Option<&'static str>,
}

impl BuildInfo {
    /// Decides at compile time, from the variables of the binary crate, whether the build was stamped.
    ///
    /// Without Bazel a variable is absent. In an unstamped Bazel build it holds the name of the stamp in braces,
    /// such as `{STABLE_VERSION}`, because nothing has replaced it.
    #[must_use]
    pub const fn from_stamps(
        version: Option<&'static str>,
        commit: Option<&'static str>,
        commit_time: Option<&'static str>,
    ) -> Self {
        let version = match stamped(version) {
            Some(version) => version,
            None => UNSTAMPED,
        };
        Self { version, commit: stamped(commit), commit_time: stamped(commit_time) }
    }
}

/// The stamp's value, if something has replaced its placeholder.
const fn stamped(value: Option<&'static str>) -> Option<&'static str> {
    let Some(text) = value else { return None };
    let bytes = text.as_bytes();
    let mut index = 0;
    while index < bytes.len() {
        // Anywhere and not just in front: a rule may put text before the placeholder, as in `v{STABLE_VERSION}`.
        if bytes[index] == b'{' {
            return None;
        }
        index += 1;
    }
    if bytes.is_empty() { None } else { value }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STAMPED: BuildInfo =
        BuildInfo::from_stamps(Some("v1.2.3"), Some("0123abcd"), Some("2026-07-01T10:00:00+00:00"));

    #[test]
    fn a_stamp_is_kept() {
        assert_eq!(
            STAMPED,
            BuildInfo { version: "v1.2.3", commit: Some("0123abcd"), commit_time: Some("2026-07-01T10:00:00+00:00") }
        );
    }

    #[test]
    fn no_stamp_means_dev() {
        let dev = BuildInfo { version: "dev", commit: None, commit_time: None };
        assert_eq!(BuildInfo::from_stamps(None, None, None), dev);
        assert_eq!(BuildInfo::from_stamps(Some(""), Some(""), Some("")), dev);
        let placeholders =
            BuildInfo::from_stamps(Some("{STABLE_VERSION}"), Some("{STABLE_COMMIT}"), Some("{STABLE_COMMIT_TIME}"));
        assert_eq!(placeholders, dev);
        assert_eq!(BuildInfo::from_stamps(Some("v{STABLE_VERSION}"), None, None), dev);
    }
}
