//! What can be typed, and what is printed for it.

use crate::process::Fixture;

#[test]
fn the_version_goes_to_stdout() {
    let ended = Fixture::new().run(&["--version"]);
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""));
    let version = ended.stdout.strip_prefix("api ").expect("the service's name");
    assert!(!version.contains('{'), "an unreplaced stamp: {version}");
    assert!(version.starts_with("dev\n") || version.starts_with('v'), "{version}");
}

#[test]
fn help_names_the_default_and_the_variable() {
    let ended = Fixture::new().run(&["--help"]);
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""));
    for part in ["Run the Unkey API server", "--config <PATH>", "[env: UNKEY_CONFIG=]", "unkey.toml]", "Exit status: "]
    {
        assert!(ended.stdout.contains(part), "{part}: {}", ended.stdout);
    }
}

#[test]
fn wrong_arguments_exit_64() {
    for arguments in [&["--nosuch"][..], &["extra"], &["--config"]] {
        let ended = Fixture::new().run(arguments);
        assert_eq!((ended.code, ended.stdout.as_str()), (Some(64), ""), "{arguments:?}");
        assert!(ended.stderr.starts_with("error: "), "{}", ended.stderr);
    }
}
