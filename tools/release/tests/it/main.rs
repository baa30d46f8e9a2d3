//! The one integration binary of `release`: a module a feature, each running the built tool as a user would, on real
//! repositories made by git itself.
//!
//! `hostile`: names that must not get anywhere. `check`: the decision about one tag. `check_history`: what keeps it from
//! being made. `checkout`: what a release is built of. `interrupt`: what Ctrl-C leaves. `plan`: versions and refusals.
//! `plan_changes`: what can have changed an image. `cut`: tagging and pushing. `notes`, `status`: what is in a release, and where
//! services stand. `github`: its API, played by a stand-in. `access`: the user's ways to origin. `answers`: settings of the
//! user's that must not change what is told. `speed`: how often git is started. `scene`: the repositories that those stand on;
//! `environment`: variables that tests read.

mod access;
mod answers;
mod check;
mod check_history;
mod checkout;
mod cut;
mod environment;
mod github;
mod hostile;
mod interrupt;
mod notes;
mod plan;
mod plan_changes;
mod scene;
mod speed;
mod status;

use std::path::PathBuf;

use assert_cmd::Command;

/// The built tool. Cargo says at compile time where it is, Bazel in the environment of the test.
fn release() -> Command {
    const VARIABLE: &str = "CARGO_BIN_EXE_release";
    let built = option_env!("CARGO_BIN_EXE_release").map(PathBuf::from).filter(|path| path.exists());
    let path = built.or_else(|| std::env::var_os(VARIABLE).map(PathBuf::from));
    Command::new(std::path::absolute(path.expect("the test knows where `release` is")).unwrap())
}
