//! How the clone reaches its remote cache (`make cache-login`): the one thing of its `.bazelrc.user` that a release may have.
//!
//! A cache is where a result comes from, and not what it is of. Every other option in that file stays outside: it could be of
//! any kind, and is in no commit.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

/// The options that name the cache, and who asks.
const OPTIONS: [&str; 2] = ["--remote_cache=", "--remote_header="];

/// What makes one of the repository's own sets of options take effect.
const CONFIG: &str = "--config=";

/// The sets that `make cache-login` turns on.
const CONFIGS: [&str; 3] = ["remote-cache", "remote-cache-read-only", "release-cache"];

/// Writes these options into a file that only its owner reads; whether there are any.
pub(super) fn write(clone: &Path, sources: &Path, file: &Path) -> io::Result<bool> {
    let read = |path: &Path| fs::read_to_string(path).unwrap_or_default();
    let options = select(&read(&clone.join(".bazelrc.user")), &read(&sources.join(".bazelrc")));
    super::checkout::remove(file)?;
    if options.is_empty() {
        return Ok(false);
    }
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(file)?.write_all(options.as_bytes())?;
    Ok(true)
}

/// The lines that say nothing else. A set of options that the commit does not have yet is none.
fn select(user: &str, committed: &str) -> String {
    let has = |name: &str| committed.lines().any(|line| line.split(' ').next() == Some(&format!("build:{name}")));
    let is_config = |option: &str| option.strip_prefix(CONFIG).is_some_and(|name| CONFIGS.contains(&name) && has(name));
    let is_taken = |option: &str| is_config(option) || OPTIONS.iter().any(|start| option.starts_with(start));
    let is_line = |line: &&str| {
        let mut words = line.split_whitespace();
        words.next().is_some_and(|command| command.split(':').next() == Some("build"))
            && words.clone().next().is_some()
            && words.all(is_taken)
    };
    user.lines().filter(is_line).flat_map(|line| [line, "\n"]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_is_taken_and_nothing_else() {
        let login = "build --config=release-cache\n\
                     build:remote-cache --remote_cache=https://cache.example\n\
                     build:release --remote_cache=https://cache.example\n\
                     build --remote_header=authorization=secret\n";
        let others = "# build --config=release-cache\n\
                      build --copt=-O0\n\
                      build --remote_cache=https://x --override_module=a=/b\n\
                      build --remote_executor=grpcs://x\n\
                      build --config=mine\n\
                      build\n\
                      try-import /elsewhere\n\
                      startup --host_jvm_args=-Xmx1g\n";
        let committed = "build:remote-cache --remote_cache=x\nbuild:release-cache --config=remote-cache\n";
        assert_eq!(select(&format!("{others}{login}"), committed), login);
        assert!(!select(login, "build:remote-cache-x --y\n").contains("--config"), "an older commit lacks it");
    }

    #[test]
    fn only_the_owner_may_read_them() {
        use std::os::unix::fs::PermissionsExt as _;

        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("bazelrc");
        assert!(!write(folder.path(), folder.path(), &file).unwrap());
        fs::write(folder.path().join(".bazelrc.user"), "build --remote_header=authorization=secret\n").unwrap();
        for _ in 0..2 {
            assert!(write(folder.path(), folder.path(), &file).unwrap());
            assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        }
    }
}
