//! Every environment variable that the rehearsal reads from the user or sets for a step.

use std::collections::BTreeMap;
use std::env;
use std::ffi::OsString;
use std::path::PathBuf;

/// Where `bazel run` was typed; it starts programs in a folder of its own.
pub const BUILD_WORKING_DIRECTORY: &str = "BUILD_WORKING_DIRECTORY";

/// Which of its two ways `bazelw` goes.
pub const UNKEY_BAZEL: &str = "UNKEY_BAZEL";

/// Where caches are kept, in place of `$HOME/.cache`.
pub const XDG_CACHE_HOME: &str = "XDG_CACHE_HOME";

/// The user's folder; a job has one of its own.
pub const HOME: &str = "HOME";

/// Where cargo, and what Bazel uses of it, keeps crates.
pub const CARGO_HOME: &str = "CARGO_HOME";

/// Where programs are looked for.
pub const PATH: &str = "PATH";

/// Where images go.
pub const RELEASE_REGISTRY: &str = "RELEASE_REGISTRY";

/// The file for a step's outputs.
pub const GITHUB_OUTPUT: &str = "GITHUB_OUTPUT";

/// The file for variables of later steps.
pub const GITHUB_ENV: &str = "GITHUB_ENV";

/// The file for folders that later steps look for programs in.
pub const GITHUB_PATH: &str = "GITHUB_PATH";

/// The file for what people are to read. It is written and nobody reads it.
pub const GITHUB_STEP_SUMMARY: &str = "GITHUB_STEP_SUMMARY";

/// A folder for the job's temporary files.
pub const RUNNER_TEMP: &str = "RUNNER_TEMP";

/// What a step has of the user's environment: how the machine's programs work, and nothing that names a service elsewhere
/// or whom to be there. No proxy is among it: all that a rehearsal publishes to is on this machine.
const OF_THE_USER: [&str; 11] = [
    CARGO_HOME,
    "LANG",
    "LC_ALL",
    "LOGNAME",
    PATH,
    "SSL_CERT_DIR",
    "SSL_CERT_FILE",
    "TERM",
    "TMPDIR",
    "USER",
    XDG_CACHE_HOME,
];

/// The value of one of the constants above; an empty one counts as none.
#[must_use]
pub fn read(name: &str) -> Option<OsString> {
    env::var_os(name).filter(|value| !value.is_empty())
}

/// What every step has of the user's environment.
#[must_use]
pub fn of_the_user() -> BTreeMap<String, String> {
    let text = |name: &str| read(name).map(|value| (name.to_owned(), value.to_string_lossy().into_owned()));
    OF_THE_USER.into_iter().filter_map(text).collect()
}

/// The folder of the user's caches.
#[must_use]
pub fn caches() -> Option<PathBuf> {
    let default = || read(HOME).map(|home| PathBuf::from(home).join(".cache"));
    read(XDG_CACHE_HOME).map(PathBuf::from).or_else(default)
}
