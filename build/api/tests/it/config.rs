//! Where the configuration comes from, and how it is refused: always before anything is bound.

use std::net::TcpListener;
use std::process::Stdio;

use crate::environment;
use crate::process::{CONFIG, Fixture, LEAST, Running, ended};

/// A valid configuration whose instance has this name.
fn named(instance: &str) -> String {
    format!("instance_id = \"{instance}\"\n{CONFIG}")
}

fn instance(running: &Running) -> String {
    let version: serde_json::Value = serde_json::from_str(&running.ask("GET", "/version").body).expect("JSON");
    version["instance_id"].as_str().expect("text").to_owned()
}

#[test]
fn the_file_of_the_folder_then_of_the_variable_then_of_the_flag() {
    let fixture = Fixture::new()
        .file("unkey.toml", &named("of-the-folder"))
        .file("variable.toml", &named("of-the-variable"))
        .file("flag.toml", &named("of-the-flag"));
    assert_eq!(instance(&fixture.start(&[])), "of-the-folder");
    let with_variable =
        |arguments| Running::start(fixture.command(arguments).env(environment::CONFIG, "variable.toml"));
    assert_eq!(instance(&with_variable(&[])), "of-the-variable");
    assert_eq!(instance(&with_variable(&["--config", "flag.toml"])), "of-the-flag");
}

#[test]
fn no_file_is_an_error_that_shows_one_which_works() {
    let fixture = Fixture::new();
    let missing = fixture.run(&[]);
    assert_eq!((missing.code, missing.stdout.as_str()), (Some(64), ""));
    assert_eq!(
        missing.stderr,
        "error: no configuration at `unkey.toml`\n\
         \n\
         hint: name another file with `--config PATH`, or write `unkey.toml`, which needs at least:\n\
         \n    \
         region = \"local\"\n    \
         token = { env = \"UNKEY_TOKEN\" }\n    \
         store = \"/home/nonroot/state\"\n"
    );
    let named = fixture.run(&["--config", "nosuch.toml"]);
    assert_eq!(named.code, Some(64));
    assert!(named.stderr.starts_with("error: no configuration at `nosuch.toml`\n"), "{}", named.stderr);
}

#[test]
fn a_refused_file_exits_64_with_every_problem() {
    let cases = [
        (
            "region = \"local\"\n\nlisen = \"127.0.0.1:0\"\n",
            "error: `unkey.toml:3`: unknown key `lisen`\n\nhint: did you mean `listen`?\n",
        ),
        (
            "region = \"local\"\nshutdown_grace_seconds = \"long\"\ntoken = { file = \"token\" }\nstore = \"/state\"\n",
            "error: `unkey.toml:2`: invalid type: string \"long\", expected u64\n",
        ),
        (
            "region = \"Local\"\nshutdown_grace_seconds = 0\ntoken = { file = \"nosuch\" }\nstore = \"state\"\n",
            "error: `unkey.toml:1`: `region` must be 1 to 63 of `a-z`, `0-9`, `-` and `.`, such as `us-east-1.aws`, not `Local`\n\
             error: `unkey.toml:2`: `shutdown_grace_seconds` must be `1` to `3600`, not `0`\n\
             error: `unkey.toml:3`: `token` is taken from the file `nosuch`, which cannot be read: No such file or \
             directory (os error 2)\n\
             error: `unkey.toml:4`: `store` must be an absolute path, such as `/home/nonroot/state`, not `state`\n",
        ),
        ("", "error: `unkey.toml`: missing key `region`\n"),
        ("region = \"local\"\n", "error: `unkey.toml`: missing key `token`\n"),
    ];
    for (text, expected) in cases {
        let refused = Fixture::new().file("unkey.toml", text).run(&[]);
        assert_eq!((refused.code, refused.stdout.as_str()), (Some(64), ""), "{text}");
        assert_eq!(refused.stderr, expected);
    }
}

#[test]
fn a_file_that_is_no_toml_exits_64() {
    let refused = Fixture::new().file("unkey.toml", "region = \"local\"\nlisten =\n").run(&[]);
    assert_eq!(refused.code, Some(64));
    assert!(refused.stderr.starts_with("error: `unkey.toml:2`: not TOML: "), "{}", refused.stderr);
}

#[test]
fn nothing_is_bound_before_the_file_is_checked() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("bound");
    let listen = format!("listen = \"{}\"\n", taken.local_addr().expect("bound"));
    // Had it tried the address, it would have failed for that and exited with 1.
    let refused = Fixture::new().file("unkey.toml", &format!("{listen}region = \"local\"\nnosuch = 1\n")).run(&[]);
    assert_eq!(refused.code, Some(64));
    assert!(refused.stderr.starts_with("error: `unkey.toml:3`: unknown key `nosuch`\n"), "{}", refused.stderr);
}

#[test]
fn an_address_in_use_exits_1() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("bound");
    let address = taken.local_addr().expect("bound");
    let text = format!("listen = \"{address}\"\nlogging.level = \"off\"\n{LEAST}");
    let failed = Fixture::new().file("unkey.toml", &text).run(&[]);
    assert_eq!(failed.code, Some(1));
    let line = format!("error: cannot listen on `{address}`: Address already in use");
    assert!(failed.stderr.starts_with(&line), "{}", failed.stderr);
    assert!(failed.stderr.contains("\n\nhint: set `listen` "), "{}", failed.stderr);
}

#[test]
fn a_failure_of_a_service_that_logs_json_is_json() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("bound");
    let address = taken.local_addr().expect("bound");
    let text = format!("listen = \"{address}\"\nlogging.format = \"json\"\n{LEAST}");
    let fixture = Fixture::new().file("unkey.toml", &text);
    let failed = ended(&fixture.command(&[]).stdin(Stdio::null()).output().expect("started"));
    assert_eq!(failed.code, Some(1));
    let events: Vec<serde_json::Value> =
        failed.stderr.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let last = events.last().expect("a line");
    assert_eq!(last["level"], "ERROR");
    let message = last["message"].as_str().expect("text");
    assert!(message.starts_with(&format!("cannot listen on `{address}`: ")), "{message}");
}
