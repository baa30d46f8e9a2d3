//! GoReleaser, by the wrapper of the commit that is released: how it is started, and what it sees of the user's environment.
//!
//! It publishes nothing: whoever builds has no rights to. So no token reaches it, and neither does a setting that would change what it
//! makes.

use std::env;
use std::ffi::{OsStr, OsString};
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use super::ClientError;
use crate::interruption::{self, Interrupted, process};

/// The wrapper, which gets the program.
pub(super) const WRAPPER: &str = "dev/goreleaser.sh";

/// The one whose files this tool knows. `dev/goreleaser.sh` gets it.
const VERSION: &str = "2.15.1";

/// What its line about its own version begins with.
const VERSION_LINE: &str = "GitVersion:";

/// What is part of the names of tokens and their like, and of where jobs of a workflow get some.
const SECRETS: [&str; 4] = ["PASSWORD", "PRIVATE_KEY", "SECRET", "TOKEN"];

/// What changes what compilers and linkers make, and what times they write.
const COMPILERS: [&str; 22] = [
    "AR",
    "CARGO_ENCODED_RUSTFLAGS",
    "CARGO_INCREMENTAL",
    "CC",
    "CFLAGS",
    "CPATH",
    "CPLUS_INCLUDE_PATH",
    "CXX",
    "CXXFLAGS",
    "C_INCLUDE_PATH",
    "DEVELOPER_DIR",
    "LDFLAGS",
    "LIBRARY_PATH",
    "RUSTC",
    "RUSTC_BOOTSTRAP",
    "RUSTC_WORKSPACE_WRAPPER",
    "RUSTC_WRAPPER",
    "RUSTFLAGS",
    "RUSTUP_TOOLCHAIN",
    "SDKROOT",
    "SOURCE_DATE_EPOCH",
    "ZERO_AR_DATE",
];

/// What the names of further ones begin with, in capitals: settings of GoReleaser's, of git's as a hook exports them, of npm's and of
/// builds; of those for C the ones that are of a single target, too.
const FAMILIES: [&str; 16] = [
    "AR_",
    "CARGO_BUILD_",
    "CARGO_PROFILE_",
    "CARGO_TARGET_",
    "CARGO_UNSTABLE_",
    "CARGO_ZIGBUILD_",
    "CC_",
    "CFLAGS_",
    "CXXFLAGS_",
    "CXX_",
    "GIT_",
    "GORELEASER_",
    "NPM_CONFIG_",
    "TARGET_",
    "UNKEY_",
    "ZIG_",
];

/// GoReleaser in one checkout.
pub(super) struct GoReleaser<'a> {
    sources: &'a Path,
}

impl<'a> GoReleaser<'a> {
    /// In the checkout with these files.
    pub(super) fn new(sources: &'a Path) -> Self {
        Self { sources }
    }

    /// Takes only the version whose files are known.
    pub(super) fn check(&self) -> Result<(), ClientError> {
        let mut command = self.command(&["--version"]);
        command.stdout(Stdio::piped());
        let output = self.finish(command)?;
        if !output.status.success() {
            return Err(ClientError::Status { status: output.status });
        }
        let said = String::from_utf8_lossy(&output.stdout);
        let found = said.lines().find_map(|line| line.trim().strip_prefix(VERSION_LINE)).unwrap_or("unknown").trim();
        if found.trim_start_matches('v') == VERSION {
            return Ok(());
        }
        Err(ClientError::Version { found: terminal::printable::start(found, 60), expected: VERSION })
    }

    /// Makes `dist`, and publishes nothing. All that it prints goes to stderr: stdout is for the caller's own data.
    pub(super) fn make(&self, variables: &[(&str, OsString)]) -> Result<(), ClientError> {
        let mut command = self.command(&["release", "--clean", "--skip=publish"]);
        command.stdout(io::stderr()).envs(variables.iter().map(|(name, value)| (name, value)));
        let output = self.finish(command)?;
        if output.status.success() { Ok(()) } else { Err(ClientError::Status { status: output.status }) }
    }

    fn finish(&self, command: Command) -> Result<Output, ClientError> {
        let error = |source| ClientError::Start { program: self.program(), source };
        let output = process::run(command, &[]).map_err(error)?;
        if !output.status.success() {
            interruption::settle();
        }
        interruption::check().map(|()| output).map_err(|interrupted: Interrupted| interrupted.into())
    }

    #[expect(clippy::disallowed_methods, reason = "this is the wrapper")]
    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(self.program());
        for (name, _) in env::vars_os().filter(|(name, _)| is_removed(name)) {
            command.env_remove(name);
        }
        command.current_dir(self.sources).args(arguments).stdin(Stdio::null());
        command
    }

    fn program(&self) -> PathBuf {
        self.sources.join(WRAPPER)
    }
}

fn is_removed(name: &OsStr) -> bool {
    let name = name.to_string_lossy().to_ascii_uppercase();
    SECRETS.iter().any(|secret| name.contains(secret))
        || COMPILERS.contains(&name.as_str())
        || FAMILIES.iter().any(|family| name.starts_with(family))
}

#[cfg(test)]
mod tests {
    use parts::files::write_program;

    use super::*;

    #[test]
    fn no_token_and_no_setting_reaches_it() {
        for name in [
            "GITHUB_TOKEN",
            "NPM_TOKEN",
            "NODE_AUTH_TOKEN",
            "ACTIONS_ID_TOKEN_REQUEST_URL",
            "DEPOT_CACHE_TOKEN",
            "AWS_SECRET_ACCESS_KEY",
            "npm_config_registry",
            "NPM_CONFIG__AUTH",
            "GORELEASER_CURRENT_TAG",
            "GORELEASER_KEY",
            "GIT_DIR",
            "RUSTFLAGS",
            "CARGO_TARGET_DIR",
            "CARGO_PROFILE_RELEASE_LTO",
            "CARGO_INCREMENTAL",
            "CC_x86_64_apple_darwin",
            "SDKROOT",
            "SOURCE_DATE_EPOCH",
            "ZIG_LIB_DIR",
            "UNKEY_VERSION",
        ] {
            assert!(is_removed(name.as_ref()), "{name}");
        }
        for name in ["PATH", "HOME", "CARGO_HOME", "XDG_CACHE_HOME", "HTTPS_PROXY", "SSL_CERT_FILE", "GITHUB_ACTIONS"] {
            assert!(!is_removed(name.as_ref()), "{name}");
        }
    }

    #[test]
    fn another_version_is_refused() {
        for (script, expected) in [
            ("printf '  ____\\nGitVersion:    2.15.1\\nGitCommit: x\\n'", None),
            ("echo 'GitVersion: v2.15.1'", None),
            (
                "echo 'GitVersion:    2.14.3'",
                Some("GoReleaser is `2.14.3`, and `2.15.1` is what releases are made with"),
            ),
            (
                "echo 'GitVersion: 2.15.10'",
                Some("GoReleaser is `2.15.10`, and `2.15.1` is what releases are made with"),
            ),
            ("echo goreleaser", Some("GoReleaser is `unknown`, and `2.15.1` is what releases are made with")),
            ("exit 3", Some("GoReleaser ended with exit status: 3, what it said is above")),
        ] {
            let folder = tempfile::tempdir().unwrap();
            write_program(
                &folder.path().join(WRAPPER),
                format!("#!/bin/sh\n[ \"$*\" = --version ] || exit 9\n{script}\n"),
            );
            let told = GoReleaser::new(folder.path()).check().err().map(|error| error.to_string());
            assert_eq!(told.as_deref(), expected);
        }
    }
}
