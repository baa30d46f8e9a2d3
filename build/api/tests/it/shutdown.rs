//! How the service stops: on which signals, with what it has begun, and with which exit status.

use std::net::TcpStream;
use std::thread;
use std::time::Duration;

use rustix::process::Signal;

use crate::process::{CONFIG, Fixture, Running, receive};

/// A request without its end: in flight from the moment that its first bytes are read.
const BEGINNING: &str = "GET /health/ready HTTP/1.1\r\nhost: here\r\n";

fn start(grace_seconds: u32) -> Running {
    Fixture::new().file("unkey.toml", &format!("shutdown_grace_seconds = {grace_seconds}\n{CONFIG}")).start(&[])
}

/// Sends the beginning of a request and returns when the service has read it.
fn begin(running: &Running) -> TcpStream {
    let stream = running.send(BEGINNING);
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
fn both_signals_end_an_idle_service_with_success() {
    for (signal, name) in [(Signal::TERM, "SIGTERM"), (Signal::INT, "SIGINT")] {
        let running = start(30);
        running.signal(signal);
        assert_eq!(running.wait_for("draining")["signal"], name);
        let (code, messages) = running.wait();
        assert_eq!((code, messages), (Some(0), vec!["stopped".into()]), "{name}");
    }
}

#[test]
fn a_request_in_flight_is_answered_and_nothing_new_accepted() {
    let running = start(30);
    let mut stream = begin(&running);
    running.signal(Signal::TERM);
    running.wait_for("draining");
    while TcpStream::connect(running.address).is_ok() {
        thread::sleep(Duration::from_millis(1));
    }
    std::io::Write::write_all(&mut stream, b"\r\n").expect("sent");
    let answer = receive(stream);
    // Answered, and with what is true by now.
    assert_eq!((answer.status, answer.body.as_str()), (503, r#"{"status":"draining"}"#));
    assert!(answer.head.contains("connection: close"), "{}", answer.head);
    assert_eq!(running.wait().0, Some(0));
}

#[test]
fn a_second_signal_ends_the_wait() {
    let running = start(3600);
    let _stream = begin(&running);
    running.signal(Signal::TERM);
    running.wait_for("draining");
    running.signal(Signal::INT);
    let (code, messages) = running.wait();
    assert_eq!(code, Some(1));
    let expected = "stopped by a second signal, `SIGINT`, before it had drained, what was still running is lost";
    assert_eq!(messages, [expected]);
}

#[test]
fn the_end_of_the_grace_period_ends_the_wait() {
    let running = start(1);
    let _stream = begin(&running);
    running.signal(Signal::TERM);
    running.wait_for("draining");
    let (code, messages) = running.wait();
    assert_eq!(code, Some(1));
    assert_eq!(messages, ["not drained after the grace period of `1` s, what was still running is lost"]);
}
