//! What of the user's environment and configuration reaches git: decided here, once, for every command.
//!
//! Two halves. How the user gets at origin, and where the configuration for that stands, is the user's: ssh, credentials,
//! proxies, certificates, `safe.directory`, `url.insteadOf`. What an answer says is this tool's: no variable leads git to
//! another repository, and no setting of a file changes what is compared, in which order and encoding it is told, or which
//! references a fetch touches. Settings on the command line win over those in files and in `GIT_CONFIG_*`.

use std::env;
use std::ffi::OsStr;
use std::process::Command;

use crate::environment;

/// The variables of git that stay (git(1), "Environment Variables"). All others go: a hook or an alias exports its own
/// repository, index and objects, and `GIT_DIFF_OPTS` and its like change answers.
const KEPT: [&str; 12] = [
    "GIT_ALLOW_PROTOCOL",
    "GIT_ASKPASS",
    "GIT_CEILING_DIRECTORIES",
    "GIT_CURL_VERBOSE",
    "GIT_DISCOVERY_ACROSS_FILESYSTEM",
    // Where git's own programs are.
    "GIT_EXEC_PATH",
    "GIT_PROTOCOL_FROM_USER",
    "GIT_SSH",
    "GIT_SSH_COMMAND",
    "GIT_SSH_VARIANT",
    environment::GIT_TERMINAL_PROMPT,
    "GIT_TRACE",
];

/// What the names of others that stay begin with.
const KEPT_FAMILIES: [&str; 5] = ["GIT_CONFIG_", "GIT_HTTP_", "GIT_PROXY_", "GIT_SSL_", "GIT_TRACE_"];

/// Of a kept family, what is no setting but takes another file for the repository's own.
const NOT_KEPT: &str = "GIT_CONFIG";

/// Answers, whatever the user's files say. What an option of a command can say stands at that command.
const SETTINGS: [&str; 16] = [
    "color.ui=false",
    "column.ui=never",
    "core.quotePath=false",
    // It is asked what has changed, and may say too little.
    "core.fsmonitor=false",
    "core.untrackedCache=false",
    "i18n.logOutputEncoding=UTF-8",
    "log.showSignature=false",
    "diff.ignoreSubmodules=none",
    "diff.relative=false",
    "diff.renames=false",
    // References that are only here are the user's.
    "fetch.prune=false",
    "fetch.pruneTags=false",
    "fetch.writeCommitGraph=false",
    // No clean-up in the middle of a release.
    "gc.auto=0",
    "maintenance.auto=false",
    "push.gpgSign=false",
];

/// The user's hooks run where something is pushed, because they guard that, and nowhere else.
const NO_HOOKS: &str = "core.hooksPath=/dev/null";

/// What is pushed is what is named, also by a clone that was made to push all that it has. Said only there: elsewhere it would
/// make a remote.
const NO_MIRROR: &str = "remote.origin.mirror=false";

/// Whose configuration counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Configuration {
    /// The user's: of the machine, of the user and of the repository.
    OfUser,
    /// The repository's alone, which this program has made.
    OfRepository,
}

/// Gives a command of git that begins with this word its environment and configuration.
pub(super) fn prepare(command: &mut Command, configuration: Configuration, subcommand: &str) {
    let is_own = configuration == Configuration::OfRepository;
    for (name, _) in env::vars_os().filter(|(name, _)| is_git_s(name) && (is_own || !is_kept(name))) {
        command.env_remove(name);
    }
    if is_own {
        command.env("GIT_CONFIG_NOSYSTEM", "1").env("GIT_CONFIG_GLOBAL", "/dev/null");
        // That a folder is somebody else's is of no matter where all in it is this program's.
        command.args(["-c", "safe.directory=*"]);
    }
    // No question that nobody sees: credential helpers and agents answer, or it fails.
    if environment::read(environment::GIT_TERMINAL_PROMPT).is_none() {
        command.env(environment::GIT_TERMINAL_PROMPT, "0");
    }
    command
        // Messages are read in places.
        .env("LC_ALL", "C")
        // History as it is, not as this machine's replacements and grafts show it.
        .env("GIT_NO_REPLACE_OBJECTS", "1")
        .env("GIT_GRAFT_FILE", "/dev/null")
        // Looking must not take locks that others wait for.
        .env("GIT_OPTIONAL_LOCKS", "0")
        .arg("--no-pager");
    for setting in SETTINGS {
        command.args(["-c", setting]);
    }
    command.args(["-c", if subcommand == "push" { NO_MIRROR } else { NO_HOOKS }]);
}

fn is_git_s(name: &OsStr) -> bool {
    name.as_encoded_bytes().starts_with(b"GIT_")
}

fn is_kept(name: &OsStr) -> bool {
    let Some(name) = name.to_str() else { return false };
    name != NOT_KEPT && (KEPT.contains(&name) || KEPT_FAMILIES.iter().any(|family| name.starts_with(family)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn access_is_the_users_and_answers_are_not() {
        for name in [
            "GIT_SSH_COMMAND",
            "GIT_CONFIG_GLOBAL",
            "GIT_CONFIG_KEY_12",
            "GIT_CONFIG_PARAMETERS",
            "GIT_SSL_NO_VERIFY",
            "GIT_HTTP_LOW_SPEED_LIMIT",
            "GIT_PROXY_COMMAND",
            "GIT_TRACE_PACKET",
        ] {
            assert!(is_kept(name.as_ref()), "{name}");
        }
        for name in [
            "GIT_DIR",
            "GIT_COMMON_DIR",
            "GIT_WORK_TREE",
            "GIT_INDEX_FILE",
            "GIT_OBJECT_DIRECTORY",
            "GIT_ALTERNATE_OBJECT_DIRECTORIES",
            "GIT_NAMESPACE",
            "GIT_CONFIG",
            "GIT_REPLACE_REF_BASE",
            "GIT_SHALLOW_FILE",
            "GIT_EXTERNAL_DIFF",
            "GIT_DIFF_OPTS",
            "GIT_ATTR_SOURCE",
            "GIT_LITERAL_PATHSPECS",
            "GIT_TEMPLATE_DIR",
            "GIT_DEFAULT_HASH",
            "GIT_SSHX",
        ] {
            assert!(!is_kept(name.as_ref()), "{name}");
        }
    }
}
