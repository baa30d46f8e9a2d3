//! Which build this is. Owns what counts as stamped; the binary crate alone is stamped.

use std::env::consts;

use serde::Serialize;

/// The version that a build without a stamp reports.
const UNSTAMPED: &str = "dev";

/// What the binary knows about its own origin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct BuildInfo {
    /// The released version, `vX.Y.Z[-pre]`; `dev` when the build was not stamped.
    pub version: &'static str,
    /// The commit that was built, as hexadecimal digits.
    pub commit: Option<&'static str>,
    /// When that commit was made, RFC 3339.
    pub commit_time: Option<&'static str>,
    /// The operating system as releases name it: `linux`, `darwin`, `windows`.
    pub system: &'static str,
    /// The architecture as releases name it: `amd64`, `arm64`.
    pub architecture: &'static str,
}

impl BuildInfo {
    /// Of the variables with which the binary was compiled. Without Bazel they may be absent; an unstamped Bazel build leaves
    /// the name of the stamp in braces in them.
    #[must_use]
    pub fn from_stamps(
        version: Option<&'static str>,
        commit: Option<&'static str>,
        commit_time: Option<&'static str>,
    ) -> Self {
        let stamped = |value: Option<&'static str>| value.filter(|text| !text.is_empty() && !text.contains('{'));
        Self {
            version: stamped(version).unwrap_or(UNSTAMPED),
            commit: stamped(commit),
            commit_time: stamped(commit_time),
            system: if consts::OS == "macos" { "darwin" } else { consts::OS },
            architecture: match consts::ARCH {
                "x86_64" => "amd64",
                "aarch64" => "arm64",
                other => other,
            },
        }
    }

    /// `linux/amd64`.
    #[must_use]
    pub fn platform(&self) -> String {
        format!("{}/{}", self.system, self.architecture)
    }

    /// What servers are told of their caller.
    #[must_use]
    pub fn user_agent(&self) -> String {
        format!("unkey/{} ({})", self.version, self.platform())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stamp_is_kept_and_a_placeholder_is_none() {
        let stamped = BuildInfo::from_stamps(Some("v1.2.3"), Some("0123abcd"), Some("2026-07-01T10:00:00Z"));
        assert_eq!((stamped.version, stamped.commit), ("v1.2.3", Some("0123abcd")));
        assert_eq!(stamped.commit_time, Some("2026-07-01T10:00:00Z"));
        let placeholders = BuildInfo::from_stamps(Some("{STABLE_VERSION_CLI}"), Some("{STABLE_COMMIT}"), Some(""));
        assert_eq!(placeholders, BuildInfo::from_stamps(None, None, None));
        assert_eq!((placeholders.version, placeholders.commit, placeholders.commit_time), ("dev", None, None));
    }

    #[test]
    fn platforms_have_the_names_of_releases() {
        let build = BuildInfo::from_stamps(Some("v1.2.3"), None, None);
        let is_known = matches!(build.system, "linux" | "darwin") && matches!(build.architecture, "amd64" | "arm64");
        assert!(is_known, "{build:?}");
        assert_eq!(build.user_agent(), format!("unkey/v1.2.3 ({})", build.platform()));
    }
}
