//! How a service stops: on which signals, with what it has begun, and with which exit status.

use std::io::Write as _;
use std::net::TcpStream;
use std::thread;
use std::time::Duration;

use parts::service::{self, Service, receive};
use rustix::process::Signal;
use serde_json::json;

use crate::neighbours::{Running, setup};

/// A request without its end: in flight from the moment that its first bytes are read.
const BEGINNING: &str = "GET /health/ready HTTP/1.1\r\nhost: here\r\n";

/// A service that asks no other: how it stops is the same code in all.
fn start(grace_seconds: u32) -> Service {
    setup("vault").set("shutdown_grace_seconds", grace_seconds).start()
}

/// Sends the beginning of a request and returns when the service has read it.
fn begin(running: &Service) -> TcpStream {
    let stream = running.connect(BEGINNING);
    while unread(&stream) {
        thread::sleep(Duration::from_millis(1));
    }
    stream
}

/// Whether the kernel still holds bytes for the peer of this connection, which is the service.
///
/// The service offers nothing to ask, since it answers only whole requests. proc(5): `local_address`, `rem_address`,
/// `st`, then `tx_queue:rx_queue`, addresses in the machine's byte order.
#[cfg(target_os = "linux")]
fn unread(stream: &TcpStream) -> bool {
    let port = |address: std::net::SocketAddr| format!(":{:04X}", address.port());
    let (service, test) = (port(stream.peer_addr().expect("connected")), port(stream.local_addr().expect("connected")));
    let table = std::fs::read_to_string("/proc/net/tcp").expect("the table of connections");
    let mut rows = table.lines().map(|row| row.split_whitespace().collect::<Vec<_>>());
    let row = rows.find(|row| row[1].ends_with(&service) && row[2].ends_with(&test)).expect("the connection");
    !row[4].ends_with(":00000000")
}

/// Elsewhere nobody tells; a moment is enough on a machine that is not overloaded.
#[cfg(not(target_os = "linux"))]
fn unread(_stream: &TcpStream) -> bool {
    thread::sleep(Duration::from_millis(500));
    false
}

#[test]
fn both_signals_end_each_service_with_success() {
    for service in service::all() {
        for (signal, name) in [(Signal::TERM, "SIGTERM"), (Signal::INT, "SIGINT")] {
            let mut running = Running::start(&service);
            running.service.signal(signal);
            assert_eq!(running.service.wait_for("draining")["signal"], name, "{service}");
            let stopped = running.service.wait();
            assert_eq!(stopped.code, Some(0), "{service} {name}: {}", stopped.log);
            assert_eq!(stopped.messages.last().map(String::as_str), Some("stopped"), "{service}: {}", stopped.log);
        }
    }
}

#[test]
fn a_request_in_flight_is_answered_and_nothing_new_accepted() {
    let mut running = start(30);
    let mut stream = begin(&running);
    running.signal(Signal::TERM);
    running.wait_for("draining");
    while TcpStream::connect(&running.address).is_ok() {
        thread::sleep(Duration::from_millis(1));
    }
    stream.write_all(b"\r\n").expect("sent");
    let answer = receive(stream);
    // Answered, and with what is true by now.
    assert_eq!((answer.status, answer.json()), (503, json!({"status": "draining"})));
    assert_eq!(answer.header("connection"), Some("close"));
    assert_eq!(running.wait().code, Some(0));
}

#[test]
fn a_second_signal_ends_the_wait() {
    let mut running = start(3600);
    let _stream = begin(&running);
    running.signal(Signal::TERM);
    running.wait_for("draining");
    running.signal(Signal::INT);
    let stopped = running.wait();
    assert_eq!(stopped.code, Some(1));
    let expected = "stopped by a second signal, `SIGINT`, before it had drained, what was still running is lost";
    assert_eq!(stopped.messages, [expected]);
}

#[test]
fn the_end_of_the_grace_period_ends_the_wait() {
    let mut running = start(1);
    let _stream = begin(&running);
    running.signal(Signal::TERM);
    running.wait_for("draining");
    let stopped = running.wait();
    assert_eq!(stopped.code, Some(1));
    assert_eq!(stopped.messages, ["not drained after the grace period of `1` s, what was still running is lost"]);
}
