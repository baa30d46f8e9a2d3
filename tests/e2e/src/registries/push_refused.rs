//! `make push` that cannot work: what was typed is wrong, or what answers is no registry. Nothing is published, and the
//! error says what to do.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::thread;

use crate::command::make;
use crate::ports;
use crate::registry::Registry;

/// `make push` with these arguments fails, and stdout, which is a script's input, stays empty.
fn refused(arguments: &str, parts: &[&str]) {
    let ended = make(["push"].into_iter().chain(arguments.split(' '))).recipe_exited(2);
    assert_eq!(ended.stdout, "", "{}", ended.report());
    ended.complains(&["error: "]).complains(parts);
}

#[test]
fn arguments_that_cannot_be_meant() {
    let registry = Registry::start();
    let address = registry.address();
    // Which tags are versions is tested where they are read.
    refused(&format!("SERVICE=api REGISTRY={address}/unkeyed TAG=latest"), &["`latest`", "hint: "]);
    refused(
        &format!("SERVICE=nope REGISTRY={address}/unkeyed"),
        &["error: unknown service `nope`, known are `api`, ", "hint: SERVICE is one of: ", "api"],
    );
    let digest = format!("{address}/unkeyed@sha256:{}", "0".repeat(64));
    let (tagged, other_scheme) = (format!("{address}/unkeyed:v1.2.3"), format!("ftp://{address}/unkeyed"));
    for wrong in [tagged.as_str(), &digest, &other_scheme, "http://registry.invalid/unkeyed"] {
        refused(&format!("REGISTRY={wrong} TAG=v1.2.3"), &[wrong]);
    }
    for port in ["abc", "0", "65536", "-1"] {
        let error = format!("error: REGISTRY_PORT is `{port}`");
        refused(&format!("REGISTRY_PORT={port}"), &[&error, "hint: set it to a number"]);
    }
    for repository in ["unkeyed", "unkeyed/api"] {
        assert!(registry.tags(repository).is_empty(), "{repository}");
    }
}

#[test]
fn addresses_where_no_registry_is() {
    let (pages, nobody) = (serve_web_pages().to_string(), ports::free_address());
    for (address, error) in [
        (&pages, format!("`{pages}` does not answer like a registry")),
        (&nobody, format!("cannot reach registry `{nobody}`")),
    ] {
        let arguments = format!("SERVICE=api REGISTRY={address}/unkeyed TAG=v1.2.3");
        refused(&arguments, &["error: service `api`: ", &error, "hint: "]);
    }
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = taken.local_addr().expect("an address").port();
    let error = format!("error: port {port} on 127.0.0.1 is taken");
    refused(&format!("REGISTRY_PORT={port}"), &[&error, "hint: REGISTRY_PORT=", "REGISTRY="]);
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
