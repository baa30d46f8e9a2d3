//! `make dev`: a service from its sources, running again after each edit.

use std::net::TcpListener;

use parts::development::Development;
use serde_json::Value;

use crate::command::{command, ended};

/// A line of api, and what it says at `/`.
const FILE: &str = "svc/api/src/routes/about.rs";
const LINE: &str = "url: format!(\"https://{}\"";

#[test]
fn an_edit_is_running_soon_a_mistake_is_told_and_ctrl_c_leaves_nothing() {
    let mut development = Development::start("api");
    let instance = |answer: &Value| answer["instance_id"].as_str().map(str::to_owned);
    let first = development.wait_for("/version", instance);

    let edited = "url: format!(\"https://edited.{}\"";
    development.edit(FILE, LINE, edited);
    development.wait_for("/", |answer| answer["url"].as_str()?.starts_with("https://edited.").then_some(()));
    let second = development.wait_for("/version", instance);
    assert_ne!(first, second, "it is another process");

    development.edit(FILE, edited, "url: form!(\"https://{}\"");
    development.wait_for_log("error: cannot find macro `form` in this scope");
    assert!(TcpListener::bind(&development.address).is_ok(), "none runs while there is a mistake");

    development.edit(FILE, "url: form!(\"https://{}\"", LINE);
    let third = development.wait_for("/version", instance);
    assert_ne!(second, third);

    let status = development.interrupt();
    assert!(!status.success(), "{status}");
    assert_eq!(development.processes(), Vec::<String>::new());
    assert!(TcpListener::bind(&development.address).is_ok(), "the port is free again");
}

#[test]
fn what_cannot_be_run_is_refused_before_anything_is_compiled() {
    let dev = |arguments: &[&str]| ended(command("make").arg("dev").args(arguments)).recipe_exited(2);
    dev(&["SERVICE=nope"])
        .complains(&["error: unknown service `nope`, known are `api`, ", "hint: SERVICE is one of: api "]);
    dev(&[]).complains(&["error: SERVICE is ``, which is not one service"]);
    dev(&["SERVICE=api vault"]).complains(&["error: SERVICE is `api vault`, which is not one service"]);
    dev(&["SERVICE=api", "PORT=x;y"]).complains(&["error: PORT is `x;y`, which is no port"]);
    dev(&["SERVICE=api", "CONFIG=/nope.toml"]).complains(&["error: there is no configuration `/nope.toml`"]);
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = taken.local_addr().expect("an address").port();
    dev(&["SERVICE=api", &format!("PORT={port}")])
        .complains(&[&format!("error: port {port} of this machine is taken")]);
}
