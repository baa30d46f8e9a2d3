//! How a service stops: on which signals, with what it has begun, and with which exit status.

use std::io::Write as _;
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use parts::service::{self, Service, receive};
use rustix::process::Signal;
use serde_json::json;

use crate::neighbours::{Running, TOKEN, setup};

/// Far longer than anything takes: only a test that fails waits for it.
const PATIENCE: Duration = Duration::from_mins(1);

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

/// A frontline, with krane behind it and a grace period of this many seconds, that has sent a request on to an upstream
/// which never answers; and both ends of that request.
fn frontline_with_a_running_request(grace_seconds: u32) -> (Running, [TcpStream; 2]) {
    let running = Running::start_with("frontline", |setup| setup.set("shutdown_grace_seconds", grace_seconds));
    let upstream = TcpListener::bind("127.0.0.1:0").expect("bound");
    let address = upstream.local_addr().expect("bound").to_string();
    let deployment = json!({"deployment": "a", "upstreams": [address], "replicas": 1});
    let krane = running.upstreams[0].caller();
    assert_eq!(krane.send("PUT", "/v1/deployments/a.example", &deployment).status, 200);
    let deadline = Instant::now() + PATIENCE;
    upstream.set_nonblocking(true).expect("set");
    loop {
        assert!(Instant::now() < deadline, "never routed");
        let stream = running.service.connect("GET / HTTP/1.1\r\nhost: a.example\r\n\r\n");
        thread::sleep(Duration::from_millis(100));
        if let Ok((other, _)) = upstream.accept() {
            return (running, [stream, other]);
        }
    }
}

#[test]
fn the_end_of_the_grace_period_ends_the_wait() {
    let (mut running, _ends) = frontline_with_a_running_request(1);
    running.service.signal(Signal::TERM);
    running.service.wait_for("draining");
    let stopped = running.service.wait();
    assert_eq!(stopped.code, Some(1));
    assert_eq!(stopped.messages, ["not drained after the grace period of `1` s, what was still running is lost"]);
}

#[test]
fn requests_that_are_never_finished_hold_up_no_service() {
    let head = "POST /v1/encrypt HTTP/1.1\r\nhost: here\r\ncontent-type: application/json\r\n";
    let beginnings = [
        String::new(),
        BEGINNING.to_owned(),
        format!("{head}authorization: Bearer {TOKEN}\r\ncontent-length: 10\r\n\r\n{{"),
        format!("{head}authorization: Bearer {TOKEN}\r\ntransfer-encoding: chunked\r\n\r\n5\r\n{{"),
    ];
    for service in service::all() {
        let running = Running::start_with(&service, |setup| setup.set("shutdown_grace_seconds", 60));
        let streams: Vec<TcpStream> = beginnings.iter().map(|text| running.service.connect(text)).collect();
        while streams.iter().any(unread) {
            thread::sleep(Duration::from_millis(1));
        }
        let begun = Instant::now();
        assert_eq!(running.service.terminate(), Some(0), "{service}");
        assert!(begun.elapsed() < Duration::from_secs(20), "{service}: {:?}", begun.elapsed());
    }
}

#[test]
fn an_answer_that_nobody_reads_does_not_hold_up_the_end() {
    let running = start(60);
    let mut stream = running.connect("");
    stream.set_write_timeout(Some(Duration::from_millis(300))).expect("set");
    let requests = "GET /metrics HTTP/1.1\r\nhost: here\r\n\r\n".repeat(100);
    while stream.write_all(requests.as_bytes()).is_ok() {}
    let begun = Instant::now();
    assert_eq!(running.terminate(), Some(0));
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
}
