//! The subcommand that a container's health check runs.

use std::net::TcpListener;
use std::thread;
use std::time::{Duration, Instant};

use parts::command::Ended;
use parts::service;

use crate::neighbours::{Running, setup};

/// What `healthcheck` says of a service that listens on `address`.
fn check(service: &str, address: &str) -> Ended {
    setup(service).set("listen", address).run(&["healthcheck"])
}

#[test]
fn success_is_said_by_the_exit_status_alone() {
    for service in service::all() {
        let running = Running::start(&service);
        running.becomes_ready();
        let ended = check(&service, &running.service.address).succeeded();
        assert_eq!((ended.stdout.as_str(), ended.stderr.as_str()), ("", ""), "{service}");
    }
}

#[test]
fn a_service_that_is_not_ready_fails_it() {
    // Of all services the one that cannot work without those that it asks.
    let service = "control-worker";
    let mut running = Running::start(service);
    running.becomes_ready();
    running.upstreams.clear();
    running.becomes_unready();
    let address = &running.service.address;
    let expected = format!("error: the service on `{address}` is not ready: ");
    check(service, address).exited(1).complains(&[&expected, "503"]);
}

#[test]
fn a_service_that_is_not_there_fails_it() {
    let free = TcpListener::bind("127.0.0.1:0").expect("bound").local_addr().expect("bound").to_string();
    for service in service::all() {
        let expected = format!("error: the service on `{free}` is not ready: ");
        check(&service, &free).exited(1).complains(&[&expected]);
    }
}

#[test]
fn one_that_does_not_answer_fails_it_in_time() {
    let silent = TcpListener::bind("127.0.0.1:0").expect("bound");
    let address = silent.local_addr().expect("bound").to_string();
    let begun = Instant::now();
    let checked = thread::spawn(move || check("vault", &address));
    let (_connection, _) = silent.accept().expect("asked");
    checked.join().expect("no panic").exited(1).complains(&["is not ready"]);
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
}
