//! What can be typed, and what is printed for it.

use parts::command::ended;
use parts::service;

use crate::neighbours::setup;

#[test]
fn help_names_the_default_and_the_variable() {
    for service in service::all() {
        let help = setup(&service).run(&["--help"]).succeeded();
        assert_eq!(help.stderr, "");
        for part in ["--config <PATH>", "[env: UNKEY_CONFIG=]", "unkey.toml]", "healthcheck", "Exit status: "] {
            assert!(help.stdout.contains(part), "{service}: no `{part}`: {}", help.stdout);
        }
    }
}

#[test]
fn wrong_arguments_exit_64() {
    for service in service::all() {
        for arguments in [&["--nosuch"][..], &["extra"], &["--config"], &["healthcheck", "extra"]] {
            let refused = ended(&mut setup(&service).bare_command(arguments)).exited(64);
            assert_eq!(refused.stdout, "", "{arguments:?}");
            assert!(refused.stderr.starts_with("error: "), "{}", refused.report());
        }
    }
}
