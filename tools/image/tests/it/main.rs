//! The one integration binary of `image`: a module a verb, each running the built tool as a user would.

mod artifacts;
mod certificates;
mod check;
mod check_contract;
mod check_form;
mod check_hostile;
mod check_integrity;
mod check_nested;
mod check_paths;
mod credentials;
mod daemon;
mod daemon_tls;
mod fixture;
mod fixture_elf;
mod golden;
mod hostile_documents;
mod inspect;
mod load;
mod login;
mod lookup;
mod nginx;
mod push;
mod push_answers;
mod push_auth;
mod push_challenges;
mod push_closed;
mod push_dialects;
mod push_faults;
mod push_interrupted;
mod push_matrix;
mod push_mounts;
mod push_progress;
mod push_races;
mod push_tags;
mod push_tls;
mod readers;
mod registry;
mod server;
mod services;
mod tar_readers;
mod tokens;
mod tunnel;
mod watched;
mod wire;

use assert_cmd::Command;

/// The built tool.
fn image() -> Command {
    Command::new(parts::program!("image"))
}
