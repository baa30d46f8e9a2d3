//! Bazel, which outlives the step that has started it: ended with the rehearsal.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::environment;

/// Ends the Bazel of a clone, where there is one. One that does not end does so by itself after some hours.
pub fn shut_down(workspace: &Path, home: &Path) {
    let mut command = Command::new(workspace.join("bazelw"));
    command.arg("shutdown").current_dir(workspace).env_clear().envs(environment::of_the_user());
    command.env(environment::HOME, home);
    if let Some(way) = environment::read(environment::UNKEY_BAZEL) {
        command.env(environment::UNKEY_BAZEL, way);
    }
    let _ = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
}
