//! Callers that take their time, and callers that are many: nobody else waits for them.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

use parts::http::{Answer, Caller};
use parts::service;
use rustix::process::{Resource, Rlimit, Signal, getrlimit, setrlimit};

use crate::guarded::{PATHS, Path, Takes};
use crate::neighbours::{Running, TOKEN, setup};

/// How many connections are idle at once, where the machine allows that many.
const IDLE: usize = 10_000;

/// What the test and its service need beside the connections: files, pipes, other tests.
const OTHER_FILES: usize = 1000;

/// How many connections come at once: fewer than a service lets wait to be accepted.
const BURST: usize = 500;

/// Nobody waits longer for a small answer on a machine that only holds connections open.
const QUICK: Duration = Duration::from_secs(2);

/// Sends the bytes of `text` one after the other until the service has had enough: what it answered, and after how
/// long.
fn trickle(mut stream: TcpStream, text: &str) -> (String, Duration) {
    let begun = Instant::now();
    stream.set_read_timeout(Some(Duration::from_millis(50))).expect("set");
    let mut answer = Vec::new();
    for byte in text.bytes().cycle() {
        // A connection that the other side has closed.
        if stream.write_all(&[byte]).is_err() {
            break;
        }
        let mut buffer = [0; 4096];
        match stream.read(&mut buffer) {
            Ok(0) => break,
            Ok(length) => answer.extend_from_slice(&buffer[..length]),
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
            Err(_) => break,
        }
        assert!(begun.elapsed() < Duration::from_secs(30), "still open: {}", String::from_utf8_lossy(&answer));
    }
    (String::from_utf8_lossy(&answer).into_owned(), begun.elapsed())
}

#[test]
fn a_head_that_never_ends_is_cut_off() {
    let starts = |service: String| {
        thread::spawn(move || {
            let running = Running::start_with(&service, |setup| setup.set("limits.header_seconds", 1));
            let (answer, took) = trickle(running.service.connect("GET /version HTTP/1.1\r\nx: "), "a");
            assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 4"), "{service}: {answer}");
            assert!(took >= Duration::from_millis(900), "{service}: {took:?}");
            assert_eq!(running.stranger().ask("GET", "/version").status, 200, "{service}");
        })
    };
    let tests: Vec<_> = service::all().into_iter().map(starts).collect();
    for test in tests {
        test.join().expect("no panic");
    }
}

#[test]
fn a_body_that_trickles_is_cut_off() {
    let starts = |(service, paths): (&'static str, &'static [Path])| {
        thread::spawn(move || {
            let running = Running::start_with(service, |setup| setup.set("limits.request_seconds", 1));
            let mut documents = paths.iter().filter(|(_, _, takes)| *takes == Takes::Document);
            let (method, path, _) = documents.next().expect("a path that takes a document");
            let head = format!(
                "{method} {path} HTTP/1.1\r\nhost: here\r\nauthorization: Bearer {TOKEN}\r\nidempotency-key: a\r\n\
                 content-type: application/json\r\ncontent-length: 1000000\r\n\r\n"
            );
            let (answer, took) = trickle(running.service.connect(&head), " ");
            assert_eq!(Answer::parse(&answer).status, 408, "{service}: {answer}");
            assert!(took >= Duration::from_millis(900), "{service}: {took:?}");
            assert_eq!(running.stranger().ask("GET", "/version").status, 200, "{service}");
        })
    };
    let tests: Vec<_> = PATHS.into_iter().map(starts).collect();
    for test in tests {
        test.join().expect("no panic");
    }
}

/// As many connections as the machine allows this process, up to [`IDLE`].
#[expect(clippy::print_stderr, reason = "who reads the log of the test has to know")]
fn idle_connections() -> usize {
    let limit = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum }).expect("its own limit");
    let allowed = limit.maximum.map_or(usize::MAX, |maximum| usize::try_from(maximum).unwrap_or(usize::MAX));
    let connections = allowed.saturating_sub(OTHER_FILES).min(IDLE);
    if connections < IDLE {
        eprintln!("only {connections} idle connections: this process may have {allowed} files");
    }
    connections
}

#[test]
fn requests_are_answered_beside_ten_thousand_idle_connections() {
    let connections = idle_connections();
    // One whose connections are `runtime`'s alone, and the one that handles them itself.
    for service in ["vault", "frontline"] {
        let running = Running::start(service);
        let begun = Instant::now();
        let mut idle = Vec::with_capacity(connections);
        let mut slowest = Duration::ZERO;
        while idle.len() < connections {
            let more = BURST.min(connections - idle.len());
            let asked = Instant::now();
            let connect = |_| TcpStream::connect(&running.service.address).expect("connected");
            idle.extend((0..more).map(connect));
            // Over a connection of its own, which has to be accepted behind all of those.
            assert_eq!(running.stranger().ask("GET", "/version").status, 200, "{service}");
            slowest = slowest.max(asked.elapsed());
        }
        assert!(slowest < QUICK, "{service}: {slowest:?}");
        assert!(begun.elapsed() < Duration::from_mins(1), "{service}: {:?}", begun.elapsed());
        // They do not hold up the end either.
        assert_eq!(running.service.terminate(), Some(0), "{service}");
        drop(idle);
    }
}

#[test]
fn requests_are_answered_where_idle_connections_have_all_the_files() {
    // With 64 files, half of them are the most that connections may take; with 24 there are fewer left than that.
    for (files, service) in [(64, "vault"), (64, "frontline"), (24, "vault")] {
        let shell = format!("ulimit -n {files} && exec \"$0\" \"$@\"");
        let setup = setup(service).run_by(&["sh", "-c", &shell]);
        let mut running = setup.start();
        let idle: Vec<TcpStream> = (0..100).map(|_| running.connect("GET /version HTTP/1.1\r\n")).collect();
        let caller = Caller::new(&running.address, None);
        for _ in 0..3 {
            let asked = Instant::now();
            assert_eq!(caller.ask("GET", "/health/live").status, 200, "{service} with {files} files");
            assert!(asked.elapsed() < QUICK, "{service} with {files} files: {:?}", asked.elapsed());
        }
        let warning = "`limits.connections` is more than this process may have files for";
        running.wait_for(warning);
        running.signal(Signal::TERM);
        let stopped = running.wait();
        assert_eq!(stopped.code, Some(0), "{service} with {files} files");
        let said = stopped.log.lines().filter(|line| line.contains("\"WARN\"")).count();
        assert!((2..=6).contains(&said), "{service} with {files} files: {}", stopped.log);
        drop(idle);
    }
}
