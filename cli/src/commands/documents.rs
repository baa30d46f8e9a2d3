//! `unkey documents`: what the release's archives have beside the program.

use std::fs;
use std::io;
use std::path::Path;

use terminal::{Context as _, Exit, Failure};
use unkey::version::BuildInfo;

use super::completion;
use crate::cli;
use crate::cli::completion::Shell;
use crate::cli::documents::DocumentsArgs;

/// The names under which shells look for completions.
const COMPLETIONS: [(Shell, &str); 5] = [
    (Shell::Bash, "unkey.bash"),
    (Shell::Zsh, "_unkey"),
    (Shell::Fish, "unkey.fish"),
    (Shell::Powershell, "unkey.ps1"),
    (Shell::Nushell, "unkey.nu"),
];

/// Runs the verb.
pub fn run(arguments: &DocumentsArgs, build: &BuildInfo) -> Result<Exit, Failure> {
    let folder = &arguments.folder;
    write(folder, build).with_context(|| format!("cannot write to `{}`", folder.display()))?;
    Ok(Exit::Success)
}

fn write(folder: &Path, build: &BuildInfo) -> io::Result<()> {
    let (completions, man) = (folder.join("completions"), folder.join("man"));
    fs::create_dir_all(&completions)?;
    fs::create_dir_all(&man)?;
    for (shell, name) in COMPLETIONS {
        fs::write(completions.join(name), completion::script(shell, build))?;
    }
    // A page puts a `v` of its own in front.
    let version = build.version.trim_start_matches('v');
    clap_mangen::generate_to(cli::documented(build).version(version), &man)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_names_the_version_with_one_v() {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), &BuildInfo::from_stamps(Some("v1.2.3"), None, None)).unwrap();
        let page = fs::read_to_string(folder.path().join("man/unkey.1")).unwrap();
        assert!(page.lines().any(|line| line == "v1.2.3") && !page.contains("vv1.2.3"), "{page}");
    }
}
