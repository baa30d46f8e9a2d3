//! Every environment variable that `release` reads, in one place.

use std::env;
use std::ffi::OsString;
use std::path::PathBuf;

/// The tag to check, where none is given as an argument: in CI, no shell ever sees its text.
pub const RELEASE_TAG: &str = "RELEASE_TAG";

/// The file that a step of a GitHub workflow leaves its outputs in.
pub const GITHUB_OUTPUT: &str = "GITHUB_OUTPUT";

/// Where images go instead of the services' own repositories: `HOST[/PREFIX]`.
pub const RELEASE_REGISTRY: &str = "RELEASE_REGISTRY";

/// What the build stamps: `KEY value` lines that `build/workspace_status.sh` prints as they are.
pub const RELEASE_STATUS: &str = "RELEASE_STATUS";

/// Who writes releases on GitHub. A secret.
pub const GITHUB_TOKEN: &str = "GITHUB_TOKEN";

/// Where GitHub's pages are; set in a workflow.
pub const GITHUB_SERVER_URL: &str = "GITHUB_SERVER_URL";

/// Where GitHub's API is; set in a workflow.
pub const GITHUB_API_URL: &str = "GITHUB_API_URL";

/// The repository on GitHub, `owner/name`; set in a workflow. Else origin's address tells.
pub const GITHUB_REPOSITORY: &str = "GITHUB_REPOSITORY";

/// Where `bazel run` was typed; it starts programs in a folder of its own.
pub const BUILD_WORKING_DIRECTORY: &str = "BUILD_WORKING_DIRECTORY";

/// Whether git may ask at the terminal: `0` or `1`. Other variables of git's are passed on as `git::environment` says.
pub const GIT_TERMINAL_PROMPT: &str = "GIT_TERMINAL_PROMPT";

/// Where caches are kept, in place of `$HOME/.cache`.
pub const XDG_CACHE_HOME: &str = "XDG_CACHE_HOME";

/// The user's folder.
pub const HOME: &str = "HOME";

/// The value of one of the constants above; an empty one counts as none.
#[must_use]
pub fn read(name: &str) -> Option<OsString> {
    env::var_os(name).filter(|value| !value.is_empty())
}

/// The folder of the user's caches; one that is not absolute is none (XDG Base Directory Specification).
#[must_use]
pub fn cache() -> Option<PathBuf> {
    let of_home = || read(HOME).map(|home| PathBuf::from(home).join(".cache"));
    read(XDG_CACHE_HOME).map(PathBuf::from).filter(|path| path.is_absolute()).or_else(of_home)
}
