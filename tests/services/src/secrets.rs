//! Where secrets come from, and that nothing shows them.

use parts::environment;
use parts::http::Caller;
use parts::service::{self, Setup};
use rustix::process::Signal;
use serde_json::json;
use toml::Value;

use crate::guarded::PATHS;
use crate::neighbours::{Running, TOKEN, setup};

/// The dotted keys of a table that hold secrets: those whose value names a source.
fn secrets(table: &toml::Table) -> Vec<String> {
    let mut keys = Vec::new();
    for (key, value) in table {
        match value {
            Value::Table(below) if below.contains_key("env") => keys.push(key.clone()),
            Value::Table(below) => keys.extend(secrets(below).into_iter().map(|inner| format!("{key}.{inner}"))),
            _ => {}
        }
    }
    keys
}

/// Each service with each of its secrets.
fn cases() -> Vec<(String, String)> {
    let of_service = |service: String| {
        let keys = secrets(setup(&service).config());
        keys.into_iter().map(move |key| (service.clone(), key))
    };
    let cases: Vec<(String, String)> = service::all().into_iter().flat_map(of_service).collect();
    // Every service that has a `/v1` or asks one.
    assert!(cases.len() >= 7, "{cases:?}");
    cases
}

fn refused(setup: &Setup) -> String {
    let refused = setup.run(&[]).exited(64);
    assert_eq!(refused.stdout, "");
    refused.stderr
}

#[test]
fn a_secret_in_the_configuration_is_refused_and_not_shown() {
    for (service, key) in cases() {
        let error = refused(&setup(&service).set(&key, "hunter2"));
        let expected = format!("`{key}` must not stand in the configuration: give ");
        assert!(error.contains(&expected), "{service} {key}: {error}");
        assert!(!error.contains("hunter2"), "{service} {key}: {error}");
    }
}

#[test]
fn a_file_or_variable_that_is_missing_is_named_with_its_key() {
    for (service, key) in cases() {
        let source = |kind: &str, value: &str| toml::Table::from_iter([(kind.to_owned(), Value::from(value))]);
        let error = refused(&setup(&service).set(&key, source("file", "/nosuch/token")));
        let expected = format!("`{key}` is taken from the file `/nosuch/token`, which cannot be read: ");
        assert!(error.contains(&expected), "{service}: {error}");
        let error = refused(&setup(&service).set(&key, source("file", "/dev/zero")));
        let expected = format!("`{key}` is taken from the file `/dev/zero`, which cannot be read: it is a device, ");
        assert!(error.contains(&expected), "{service}: {error}");
        let error = refused(&setup(&service).set(&key, source("env", "NOSUCH")));
        let expected = format!("`{key}` is taken from the variable `NOSUCH`, which is not set");
        assert!(error.contains(&expected), "{service}: {error}");
    }
}

#[test]
fn a_secret_of_a_file_is_as_good_as_one_of_a_variable() {
    for (service, paths) in PATHS {
        let setup = setup(service).file("token", "of-a-file\n");
        let path = setup.path("token").display().to_string();
        let setup = setup.set("token", toml::Table::from_iter([("file".to_owned(), Value::from(path))]));
        let running = setup.variable(environment::UNKEY_TOKEN, "of-a-variable").start();
        let (method, path, _) = paths[0];
        let status = |token| Caller::new(&running.address, Some(token)).ask(method, path).status;
        assert_eq!(status("of-a-variable"), 401, "{service}");
        assert_ne!(status("of-a-file"), 401, "{service}");
    }
}

#[test]
fn no_line_of_a_log_shows_a_secret() {
    let plaintext = "aHVudGVyMg==";
    for service in service::all() {
        let running = Running::start_with(&service, |setup| setup.set("logging.level", "trace"));
        running.becomes_ready();
        // Each over a connection of its own: a request that is refused before its body is read may close it.
        let caller = || running.caller();
        for path in ["/v1/keys", "/v1/deployments", "/v1/usage", "/v1/encrypt", "/v1/routes", "/nosuch"] {
            caller().ask("GET", path);
            caller().send("POST", path, &json!({"plaintext": plaintext, "name": "a", "token": TOKEN}));
            caller().send("POST", path, &json!({"plaintext": plaintext}));
        }
        let issued = caller().send("POST", "/v1/keys", &json!({"name": "a"}));
        let key = serde_json::from_str::<serde_json::Value>(&issued.body).unwrap_or_default()["key"].clone();
        caller().send("POST", "/v1/keys/verify", &json!({"key": key}));
        running.service.signal(Signal::TERM);
        let log = running.service.wait().log;
        // Otherwise nothing would have been logged.
        assert!(log.contains("stopped"), "{service}: {log}");
        let variables = service::local_environment();
        let secrets = variables.iter().map(|(_, value)| value.as_str()).chain([TOKEN, plaintext, "hunter2"]);
        for secret in secrets.chain(key.as_str()) {
            assert!(!log.contains(secret), "{service} logs `{secret}`: {log}");
        }
    }
}
