//! `make push` that cannot work: what was typed is wrong, or what answers is no registry. Nothing is published, and the
//! error says what to do.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::thread;

use crate::command::{Ended, make};
use crate::ports;
use crate::push::push;
use crate::registry::Registry;

#[test]
fn tags_that_are_no_versions() {
    let registry = Registry::start();
    for tag in ["latest", "1.2.3", "v1.2", "v01.2.3", "v1.2.3+meta"] {
        assert_prints_nothing(&push(registry.address(), &[&format!("TAG={tag}")])).recipe_exited(2).complains(&[
            "error: ",
            &format!("`{tag}`"),
            "hint: ",
        ]);
    }
    assert!(registry.tags("unkeyed/api").is_empty());
}

#[test]
fn a_service_that_does_not_exist() {
    assert_prints_nothing(&make(["push", "SERVICE=nope", "REGISTRY=127.0.0.1:1/unkeyed"]))
        .recipe_exited(2)
        .complains(&["error: unknown service `nope`, known are `api`, ", "hint: SERVICE is one of: ", "api"]);
}

#[test]
fn a_registry_with_a_tag_a_digest_or_another_scheme_in_it() {
    let registry = Registry::start();
    let address = registry.address();
    let digest = format!("{address}/unkeyed@sha256:{}", "0".repeat(64));
    let (tagged, other_scheme) = (format!("{address}/unkeyed:v1.2.3"), format!("ftp://{address}/unkeyed"));
    for wrong in [tagged.as_str(), &digest, &other_scheme, "http://registry.invalid/unkeyed"] {
        assert_prints_nothing(&make(["push".to_owned(), format!("REGISTRY={wrong}"), "TAG=v1.2.3".to_owned()]))
            .recipe_exited(2)
            .complains(&["error: ", wrong]);
    }
    for repository in ["unkeyed", "unkeyed/api"] {
        assert!(registry.tags(repository).is_empty(), "{repository}");
    }
}

#[test]
fn a_server_that_is_no_registry() {
    let address = serve_web_pages().to_string();
    assert_prints_nothing(&push(&address, &["TAG=v1.2.3"])).recipe_exited(2).complains(&[
        "error: service `api`: ",
        &format!("`{address}` does not answer like a registry"),
        "hint: ",
    ]);
}

#[test]
fn a_port_where_nobody_listens() {
    let address = format!("127.0.0.1:{}", ports::free());
    assert_prints_nothing(&push(&address, &["TAG=v1.2.3"])).recipe_exited(2).complains(&[
        "error: service `api`: ",
        &format!("cannot reach registry `{address}`"),
        "hint: ",
    ]);
}

#[test]
fn a_port_that_is_none() {
    for port in ["abc", "0", "65536", "-1"] {
        assert_prints_nothing(&make(["push".to_owned(), format!("REGISTRY_PORT={port}")]))
            .recipe_exited(2)
            .complains(&[&format!("error: REGISTRY_PORT is `{port}`"), "hint: set it to a number"]);
    }
}

#[test]
fn a_port_of_this_machine_that_something_else_has() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    assert_prints_nothing(&make(["push".to_owned(), format!("REGISTRY_PORT={port}")])).recipe_exited(2).complains(&[
        &format!("error: port {port} on 127.0.0.1 is taken"),
        "hint: REGISTRY_PORT=",
        "REGISTRY=",
    ]);
}

/// What is on stdout is a script's input: an image that was published, or nothing.
fn assert_prints_nothing(ended: &Ended) -> Ended {
    assert_eq!(ended.stdout, "", "{}", ended.report());
    ended.clone()
}

/// A web server that has the same page for every request.
fn serve_web_pages() -> SocketAddr {
    const PAGE: &str = "<!doctype html><title>Welcome</title>";
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    thread::spawn(move || {
        for connection in listener.incoming() {
            let Ok(mut connection) = connection else { continue };
            // The head of a request, which is all that a request to such a server has.
            let _ = connection.read(&mut [0; 4096]);
            let length = PAGE.len();
            let head = format!("HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: {length}\r\n");
            let _ = connection.write_all(format!("{head}connection: close\r\n\r\n{PAGE}").as_bytes());
        }
    });
    address
}
