//! Every environment variable that the rehearsal hands on to a step, or sets in place of the workflow.

use terminal::environment::read;

/// Where images go in place of the services' own repositories. The workflow leaves it out.
pub const RELEASE_REGISTRY: &str = "RELEASE_REGISTRY";

/// The registry that the workflow logs in to.
pub const LOGIN_REGISTRY: &str = "LOGIN_REGISTRY";

/// The settings of npm, in place of those in the user's folder.
pub const NPM_CONFIG_USERCONFIG: &str = "NPM_CONFIG_USERCONFIG";

/// The folder for what a job does not keep.
pub const RUNNER_TEMP: &str = "RUNNER_TEMP";

/// What a step has of the user's environment: how the machine's programs work, and nothing that names a service elsewhere
/// or whom to be there. No proxy is among it: all that a rehearsal publishes to is on this machine.
const OF_THE_USER: &str =
    "CARGO_HOME LANG LC_ALL LOGNAME PATH SSL_CERT_DIR SSL_CERT_FILE TERM TMPDIR UNKEY_BAZEL USER XDG_CACHE_HOME";

/// What every step has of the user's environment. An empty variable counts as none.
pub fn of_the_user() -> impl Iterator<Item = (String, String)> {
    let text = |name: &str| read(name).map(|value| (name.to_owned(), value.to_string_lossy().into_owned()));
    OF_THE_USER.split(' ').filter_map(text)
}
