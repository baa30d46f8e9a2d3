//! Where the configuration comes from, and how it is refused: always before anything is bound.

use std::fs;
use std::net::TcpListener;
use std::process::Command;

use parts::command::ended;
use parts::environment;
use parts::http;
use parts::service::{self, Service, Setup};
use serde_json::Value;

use crate::neighbours::setup;

/// A service that needs no other and has no state: what is tested with it is the same code in all.
fn any() -> Setup {
    setup("vault")
}

/// A valid configuration as text.
fn text(setup: &Setup) -> String {
    setup.config().to_string()
}

fn instance(running: &Service) -> String {
    let version = http::json(&running.address, "/version");
    version["instance_id"].as_str().expect("text").to_owned()
}

#[test]
fn the_file_of_the_folder_then_of_the_variable_then_of_the_flag() {
    let setup = any();
    let named = |name: &str| format!("instance_id = \"{name}\"\n{}", text(&setup));
    for name in ["unkey", "variable", "flag"] {
        fs::write(setup.path(&format!("{name}.toml")), named(name)).expect("written");
    }
    assert_eq!(instance(&Service::spawn(&mut setup.bare_command(&[]))), "unkey");
    let with_variable = |arguments: &[&str]| {
        Service::spawn(setup.bare_command(arguments).env(environment::UNKEY_CONFIG, "variable.toml"))
    };
    assert_eq!(instance(&with_variable(&[])), "variable");
    assert_eq!(instance(&with_variable(&["--config", "flag.toml"])), "flag");
}

#[test]
fn no_file_is_an_error_that_shows_one_which_works() {
    for service in service::all() {
        let missing = ended(&mut setup(&service).bare_command(&["--config", "nosuch.toml"])).exited(64);
        assert_eq!(missing.stdout, "");
        let (error, example) = missing.stderr.split_once(":\n\n").expect("an example");
        assert_eq!(
            error,
            "error: no configuration at `nosuch.toml`\n\n\
             hint: name another file with `--config PATH`, or write `nosuch.toml`, which needs at least"
        );
        // Valid but for the variables and files that are not there.
        let example: Vec<&str> = example.lines().map(str::trim_start).collect();
        let setup = setup(&service).file("unkey.toml", &example.join("\n"));
        let tried = ended(&mut setup.bare_command(&["healthcheck"]));
        for line in tried.stderr.lines().filter(|line| line.starts_with("error: ")) {
            assert!(line.contains(" is taken from ") || line.contains(" is not ready"), "{service}: {line}");
        }
    }
}

#[test]
fn a_refused_file_exits_64_with_every_problem() {
    for service in service::all() {
        let setup = setup(&service).set("shutdown_grace_seconds", 0).set("region", "Local");
        let refused = setup.run(&[]).exited(64).complains(&[
            "`region` must be 1 to 63 of `a-z`, `0-9`, `-` and `.`, such as `us-east-1.aws`, not `Local`\n",
            "`shutdown_grace_seconds` must be `1` to `3600`, not `0`\n",
        ]);
        assert_eq!((refused.stdout.as_str(), refused.stderr.lines().count()), ("", 2), "{}", refused.report());
    }
}

#[test]
fn an_unknown_key_is_refused_by_name_and_line() {
    for service in service::all() {
        let lines = text(&setup(&service));
        let refused = |text: String| {
            let setup = setup(&service).file("unkey.toml", &text);
            ended(&mut setup.bare_command(&[])).exited(64)
        };
        refused(format!("lisen = \"127.0.0.1:0\"\n{lines}"))
            .complains(&["error: `unkey.toml:1`: unknown key `lisen`\n\nhint: did you mean `listen`?\n"]);
        let line = 2 + lines.lines().count();
        refused(format!("{lines}\n[nosuch]\na = 1\n"))
            .complains(&[&format!("error: `unkey.toml:{line}`: unknown key `nosuch`\n")]);
    }
}

/// Every key of a configuration and of the tables below it; those of a list by their place.
fn keys(value: &toml::Value, path: &str) -> Vec<String> {
    let below = |name: String, value| {
        let mut found = keys(value, &name);
        found.push(name);
        found
    };
    match value {
        toml::Value::Table(table) => {
            let dot = if path.is_empty() { "" } else { "." };
            table.iter().flat_map(|(key, value)| below(format!("{path}{dot}{key}"), value)).collect()
        }
        toml::Value::Array(elements) => {
            elements.iter().enumerate().flat_map(|(index, value)| below(format!("{path}[{index}]"), value)).collect()
        }
        _ => Vec::new(),
    }
}

/// The value at a key as in `keys[0].id`.
fn at<'a>(root: &'a mut toml::Value, key: &str) -> &'a mut toml::Value {
    let mut value = root;
    for part in key.split(['.', '[']) {
        value = match part.strip_suffix(']') {
            Some(index) => &mut value[index.parse::<usize>().expect("a number")],
            None => &mut value[part],
        };
    }
    value
}

#[test]
fn a_value_of_another_kind_is_refused_by_its_key_and_line() {
    let date: toml::Value = toml::Value::Datetime("1979-05-27T07:32:00Z".parse().expect("a date"));
    let others = [date, toml::Value::Float(1.5), toml::Value::Array(vec![toml::Value::Float(1.5)])];
    for service in service::all() {
        // One of each of the shared keys too.
        let setup =
            setup(&service).set("instance_id", "a").set("limits.body_bytes", 1).set("shutdown_grace_seconds", 1);
        let config = toml::Value::Table(setup.config().clone());
        for key in keys(&config, "") {
            for other in &others {
                let mut wrong = config.clone();
                *at(&mut wrong, &key) = other.clone();
                let text = wrong.as_table().expect("a table").to_string();
                let setup = self::setup(&service).file("unkey.toml", &text);
                let refused = ended(&mut setup.bare_command(&[])).exited(64);
                // An element of a list is refused where it is, or the list that holds it.
                let line = refused.stderr.lines().find(|line| line.contains(&format!("`{key}")));
                let line = line.unwrap_or_else(|| panic!("no `{key}`: {}\n{text}", refused.report()));
                let place = line.strip_prefix("error: `unkey.toml:").and_then(|rest| rest.split('`').next());
                let number: usize = place.and_then(|place| place.parse().ok()).expect("a line");
                let last = key.rsplit('.').next().expect("a name").split('[').next().expect("a name");
                let named = text.lines().nth(number - 1).expect("a line of the file");
                assert!(named.contains(last), "{service} `{key}`: line {number} is `{named}`");
            }
        }
    }
}

#[test]
fn what_is_no_small_file_is_refused_at_once() {
    let setup = any().file("large.toml", &"# a comment\n".repeat(100_000));
    let pipe = setup.path("pipe");
    ended(Command::new("mkfifo").arg(&pipe)).succeeded();
    let cases = [
        ("/dev/zero", "it is a device, not a file"),
        ("pipe", "it is a pipe, not a file"),
        (".", "it is a folder, not a file"),
        ("large.toml", "it is larger than `1048576` bytes"),
    ];
    for (path, reason) in cases {
        let refused = ended(&mut setup.bare_command(&["--config", path])).exited(64);
        let hint = "hint: name a readable file with `--config PATH`";
        assert_eq!(refused.stderr, format!("error: cannot read the configuration `{path}`: {reason}\n\n{hint}\n"));
    }
}

#[test]
fn a_file_that_is_no_toml_exits_64() {
    let setup = any().file("unkey.toml", "region = \"local\"\nlisten =\n");
    let refused = ended(&mut setup.bare_command(&[])).exited(64);
    assert!(refused.stderr.starts_with("error: `unkey.toml:2`: not TOML at `listen`: "), "{}", refused.report());
}

#[test]
fn nothing_is_bound_before_the_file_is_checked() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("bound");
    let address = taken.local_addr().expect("bound").to_string();
    for service in service::all() {
        // Had it tried the address, it would have failed for that and exited with 1.
        let setup = setup(&service).set("listen", address.clone()).set("nosuch", 1);
        setup.run(&[]).exited(64).complains(&["unknown key `nosuch`"]);
    }
}

#[test]
fn an_address_in_use_exits_1() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("bound");
    let address = taken.local_addr().expect("bound").to_string();
    for service in service::all() {
        let setup = setup(&service).set("listen", address.clone()).set("logging.format", "text");
        let failed = setup.set("logging.level", "off").run(&[]).exited(1);
        let line = format!("error: cannot listen on `{address}`: Address already in use");
        assert!(failed.stderr.starts_with(&line), "{service}: {}", failed.report());
        assert!(failed.stderr.contains("\n\nhint: set `listen` "), "{service}: {}", failed.report());
    }
}

#[test]
fn a_failure_of_a_service_that_logs_json_is_json() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("bound");
    let address = taken.local_addr().expect("bound").to_string();
    let failed = any().set("listen", address.clone()).run(&[]).exited(1);
    let events: Vec<Value> = failed.stderr.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let last = events.last().expect("a line");
    assert_eq!(last["level"], "ERROR");
    let message = last["message"].as_str().expect("text");
    assert!(message.starts_with(&format!("cannot listen on `{address}`: ")), "{message}");
}
