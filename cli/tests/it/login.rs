//! `unkey auth`: what is kept, how, and which server gets it.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use serde_json::Value;

use crate::support::{Home, KEY, Server, json, problem, stderr, stdout};

const EMPTY: &str = r#"{"keys":[]}"#;

/// A server that takes one key.
fn server() -> Server {
    Server::new(|ask, _| {
        if ask.header("authorization") != format!("Bearer {KEY}") {
            return problem(401, "the bearer token is not the one of this service");
        }
        json(200, if ask.line.contains("/v1/deployments") { r#"{"deployments":[]}"# } else { EMPTY })
    })
}

fn login(home: &Home, arguments: &[&str], key: &str) -> assert_cmd::assert::Assert {
    home.unkey(&[&["auth", "login"], arguments].concat()).write_stdin(key).assert()
}

#[test]
fn a_key_is_kept_for_its_servers_and_sent_to_them() {
    let (home, api, control) = (Home::new(), server(), server());
    let (api_url, control_url) = (api.url(), control.url());
    let outcome =
        login(&home, &["--api-url", &api_url, "--control-url", &control_url], &format!("{KEY}\n")).success().stdout("");
    let text = stderr(&outcome);
    assert!(text.contains(&home.credentials().display().to_string()), "{text}");
    assert_eq!(fs::metadata(home.credentials()).unwrap().permissions().mode() & 0o777, 0o600);
    let kept: Value = serde_json::from_str(&fs::read_to_string(home.credentials()).unwrap()).unwrap();
    assert_eq!(kept, serde_json::json!({"key": KEY, "api_url": api_url, "control_url": control_url}));
    assert!(
        api.asks()[0].line.starts_with("GET /v1/keys") && control.asks()[0].line.starts_with("GET /v1/deployments")
    );

    home.unkey(&["api", "keys", "list"]).assert().success();
    assert_eq!(api.asks()[1].header("user-agent").split(' ').next().unwrap(), "unkey/dev");
    let status = home.unkey(&["auth", "status", "--output", "json"]).assert().success();
    let servers: Value = serde_json::from_str(&stdout(&status)).unwrap();
    assert_eq!(stderr(&status), "");
    assert_eq!((&servers[0]["url"], &servers[1]["url"]), (&api_url.into(), &control_url.into()));
    assert_eq!((&servers[0]["accepted"], &servers[1]["accepted"]), (&true.into(), &true.into()));

    // Another key for the same servers needs no addresses.
    login(&home, &[], "other").code(1);
    login(&home, &["--no-check"], "other").success();
    let again: Value = serde_json::from_str(&fs::read_to_string(home.credentials()).unwrap()).unwrap();
    assert_eq!((&again["key"], &again["control_url"]), (&"other".into(), &kept["control_url"]));
    let refused = home.unkey(&["auth", "status"]).assert().code(1);
    assert!(stderr(&refused).contains("the key is wrong, has expired or was revoked"), "{}", stderr(&refused));

    home.unkey(&["auth", "logout"]).assert().success();
    assert!(!home.credentials().exists());
    home.unkey(&["auth", "logout"]).assert().success();
    let none = stderr(&home.unkey(&["api", "keys", "list"]).assert().code(1));
    assert!(none.starts_with("error: not logged in: there is no key for `https://api.unkey.com`"), "{none}");
    assert!(none.contains("unkey auth login"), "{none}");
}

#[test]
fn what_is_no_login_is_not_kept() {
    let (home, api) = (Home::new(), server());
    let url = api.url();
    for (key, status, part) in [
        ("wrong", 1, "not logged in: the bearer token is not the one of this service"),
        ("", 2, "it is empty"),
        ("hunter2-root-key and more", 2, "it has spaces"),
        (&"x".repeat(10_000), 2, "it is longer than"),
    ] {
        let text = stderr(&login(&home, &["--api-url", &url], key).code(status).stdout(""));
        assert_eq!(text.matches(part).count(), 1, "{text}");
        assert!(!home.credentials().exists());
    }
    assert_eq!(api.asks().len(), 1, "what can be no key is sent to nobody");
    for url in ["http://unkey.example", "unkey.example", "https://user:hunter2@unkey.example"] {
        let text = stderr(&login(&home, &["--api-url", url], KEY).failure());
        assert!(!text.contains("hunter2") && !home.credentials().exists(), "{text}");
    }
}

#[test]
fn a_stored_key_is_sent_to_no_other_server() {
    let (home, api, other) = (Home::new(), server(), server());
    login(&home, &["--api-url", &api.url()], KEY).success();
    let other_url = other.url();
    for command in [
        &["api", "keys", "list", "--api-url", &other_url][..],
        &["deploy", "--follow", "a", "--control-url", &other_url],
    ] {
        let text = stderr(&home.unkey(command).assert().code(1).stdout(""));
        assert!(
            text.contains("the stored key is for") && text.contains(&format!("is not sent to `{other_url}`")),
            "{text}"
        );
    }
    let text = stderr(&home.unkey(&["api", "keys", "list"]).env("UNKEY_API_URL", &other_url).assert().code(1));
    assert!(text.contains(&format!("unkey auth login --api-url {other_url}")), "{text}");
    assert!(other.asks().is_empty());
    // The key of the environment is for whatever the environment says.
    home.with_key(&["api", "keys", "list"]).env("UNKEY_API_URL", &other_url).assert().success();
    assert_eq!(other.asks().len(), 1);
}

#[test]
fn a_file_that_others_can_read_is_refused() {
    let (home, api) = (Home::new(), server());
    login(&home, &["--api-url", &api.url()], KEY).success();
    fs::set_permissions(home.credentials(), fs::Permissions::from_mode(0o644)).unwrap();
    let text = stderr(&home.unkey(&["api", "keys", "list"]).assert().code(1));
    let path = home.credentials().display().to_string();
    assert!(text.contains("has the mode 0644") && text.contains(&format!("chmod 600 '{path}'")), "{text}");
    assert_eq!(api.asks().len(), 1);
}

#[test]
fn what_is_wrong_with_the_file_is_said_once() {
    let home = Home::new();
    fs::create_dir_all(home.credentials()).unwrap();
    let text = stderr(&home.unkey(&["auth", "status"]).assert().code(2));
    assert_eq!(text.matches("is no file, and cannot hold a login").count(), 1, "{text}");
}

#[test]
fn the_environment_needs_no_home() {
    let (home, api) = (Home::new(), server());
    let mut command = home.with_key(&["api", "keys", "list"]);
    command.env_remove("XDG_CONFIG_HOME").env("UNKEY_API_URL", api.url()).assert().success();
    let text = stderr(&home.unkey(&["auth", "login"]).env_remove("XDG_CONFIG_HOME").write_stdin(KEY).assert().code(2));
    assert!(text.contains("`HOME` is not set"), "{text}");
}
