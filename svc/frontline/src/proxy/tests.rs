//! The proxy against upstreams that behave well and badly.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::sync::Notify;
use tokio::time;

use crate::testing::{PATIENCE, TestServer, answer, echo_head, nobody, read_head, request, upstream};

/// More than all the buffers on the way hold together.
const LARGE: u64 = 64 << 20;

const OK: &str = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

fn status(answer: &str) -> &str {
    answer.get(9..12).unwrap_or(answer)
}

#[tokio::test]
async fn a_host_that_is_not_routed_gets_what_is_the_services_own() {
    let server = TestServer::start(&[("a.test", &[answer(OK).await])], "");
    assert!(server.ask(&request("GET", "/health/live", "b.test")).await.ends_with("\r\n\r\nlive"));
    assert!(server.ask(&request("GET", "/health/live", "A.test.:80")).await.ends_with("\r\n\r\nok"));
    for path in ["/", "/deep/path?query"] {
        let refused = server.ask(&request("GET", path, "b.test:80")).await;
        assert!(refused.contains("content-type: application/problem+json\r\n"), "{refused}");
        let expected = r#"{"title":"Not Found","status":404,"detail":"there is no deployment for host `b.test:80`"}"#;
        assert!(refused.ends_with(expected), "{refused}");
    }
    assert_eq!(status(&server.ask("GET / HTTP/1.0\r\n\r\n").await), "400");
    assert_eq!(status(&server.ask(&request("CONNECT", "a.test:80", "a.test:80")).await), "405");
}

#[tokio::test]
async fn heads_pass_without_what_concerns_one_connection() {
    let server = TestServer::start(&[("a.test", &[echo_head().await])], "");
    let asked = "GET /a%20b?c=d HTTP/1.1\r\nHost: A.test:7080\r\nconnection: close, x-private\r\nx-private: 1\r\n\
                 te: trailers\r\nx-forwarded-for: 6.6.6.6\r\nforwarded: for=6.6.6.6\r\ncookie: e=f\r\n\
                 x-request-id: this-one\r\n\r\n";
    let answered = server.ask(asked).await;
    let (_, head) = answered.split_once("\r\n\r\n").expect("a body");
    let mut lines: Vec<&str> = head.trim_end().split("\r\n").collect();
    assert_eq!(lines.remove(0), "GET /a%20b?c=d HTTP/1.1");
    lines.sort_unstable();
    let expected = [
        "cookie: e=f",
        "forwarded: for=127.0.0.1;host=\"A.test:7080\";proto=http",
        "host: A.test:7080",
        "x-forwarded-for: 127.0.0.1",
        "x-forwarded-host: A.test:7080",
        "x-forwarded-proto: http",
        "x-request-id: this-one",
    ];
    assert_eq!(lines, expected);
    assert!(answered.contains("\r\nx-request-id: this-one\r\n"), "{answered}");

    let private = "HTTP/1.1 418 I'm a teapot\r\nkeep-alive: timeout=5\r\nconnection: x-private\r\nx-private: 1\r\n\
                   x-public: 2\r\ncontent-length: 0\r\n\r\n";
    let server = TestServer::start(&[("a.test", &[answer(private).await])], "");
    let answered = server.ask(&request("GET", "/", "a.test")).await;
    assert_eq!(status(&answered), "418");
    assert!(answered.contains("x-public: 2\r\n"), "{answered}");
    assert!(!answered.contains("x-private") && !answered.contains("keep-alive"), "{answered}");
}

#[tokio::test]
async fn an_answer_to_head_has_the_length_and_no_body() {
    let long = "HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n";
    let server = TestServer::start(&[("a.test", &[answer(long).await])], "");
    let answered = server.ask(&request("HEAD", "/", "a.test")).await;
    assert!(answered.contains("content-length: 1000\r\n") && answered.ends_with("\r\n\r\n"), "{answered}");
}

#[tokio::test]
async fn upstreams_come_in_turn_and_one_that_is_down_is_passed_over() {
    let one = answer("HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\none").await;
    let two = answer("HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\ntwo").await;
    let server = TestServer::start(&[("a.test", &[one, nobody().await, two])], "");
    // With a body, which nothing of is lost at the one that is down.
    let post = "POST / HTTP/1.1\r\nhost: a.test\r\nconnection: close\r\ncontent-length: 4\r\n\r\nbody";
    let mut bodies = Vec::new();
    for _ in 0..6 {
        let answered = server.ask(post).await;
        bodies.push(answered[answered.len() - 3..].to_owned());
    }
    assert_eq!(bodies, ["one", "two", "two", "one", "two", "two"]);
}

#[tokio::test]
async fn a_body_that_no_upstream_has_seen_goes_to_the_next() {
    let echo = upstream(async |_, mut stream| {
        let mut body = [0; 4];
        stream.read_exact(&mut body).await.expect("a body");
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\n").await.expect("sent");
        stream.write_all(&body).await.expect("sent");
    })
    .await;
    let server = TestServer::start(&[("a.test", &[nobody().await, nobody().await, echo])], "");
    let answered =
        server.ask("POST / HTTP/1.1\r\nhost: a.test\r\nconnection: close\r\ncontent-length: 4\r\n\r\nbody").await;
    assert!(answered.ends_with("\r\n\r\nbody"), "{answered}");
}

#[tokio::test]
async fn without_an_upstream_that_answers_it_is_a_bad_gateway() {
    let server = TestServer::start(&[("a.test", &[nobody().await, nobody().await]), ("b.test", &[])], "");
    for host in ["a.test", "b.test"] {
        let answered = server.ask(&request("GET", "/", host)).await;
        assert_eq!(status(&answered), "502");
        let expected = format!(r#""detail":"host `{host}`: no upstream answers"}}"#);
        assert!(answered.contains("application/problem+json") && answered.ends_with(&expected), "{answered}");
    }
    let garbage = TestServer::start(&[("a.test", &[answer("SSH-2.0-OpenSSH\r\n\r\n").await])], "");
    assert_eq!(status(&garbage.ask(&request("GET", "/", "a.test")).await), "502");
}

#[tokio::test]
async fn only_what_may_be_repeated_is_sent_again_after_it_was_sent() {
    let count = Arc::new(AtomicUsize::new(0));
    let counted = count.clone();
    let breaks_off = upstream(move |_, _| {
        counted.fetch_add(1, Ordering::SeqCst);
        std::future::ready(())
    })
    .await;
    let server = TestServer::start(&[("a.test", &[breaks_off, breaks_off])], "");
    for (asked, expected) in [
        (request("GET", "/", "a.test"), 2),
        (request("POST", "/", "a.test"), 1),
        ("PUT / HTTP/1.1\r\nhost: a.test\r\nconnection: close\r\ncontent-length: 4\r\n\r\nbody".to_owned(), 1),
    ] {
        count.store(0, Ordering::SeqCst);
        assert_eq!(status(&server.ask(&asked).await), "502", "{asked}");
        assert_eq!(count.load(Ordering::SeqCst), expected, "{asked}");
    }
}

#[tokio::test]
async fn what_takes_too_long_before_the_answer_is_told() {
    let silent = upstream(async |_, _stream| time::sleep(PATIENCE).await).await;
    let server = TestServer::start(&[("a.test", &[silent])], "answer_seconds = 1");
    let answered = server.ask(&request("GET", "/", "a.test")).await;
    assert_eq!(status(&answered), "504");
    assert!(answered.contains("the upstream did not answer within the `1` s of `answer_seconds`"), "{answered}");
    // The client's own fault: it announces a body and does not send it.
    let answered =
        server.ask("POST / HTTP/1.1\r\nhost: a.test\r\nconnection: close\r\ncontent-length: 4\r\n\r\nbo").await;
    assert_eq!(status(&answered), "408");
}

#[tokio::test]
async fn a_body_that_is_no_body_is_the_clients_fault() {
    let reads = upstream(async |_, mut stream| drop(stream.read_to_end(&mut Vec::new()).await)).await;
    let server = TestServer::start(&[("a.test", &[reads])], "");
    let asked =
        "POST / HTTP/1.1\r\nhost: a.test\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\nno chunk\r\n";
    assert_eq!(status(&server.ask(asked).await), "400");
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_not_taken_for_whole() {
    let half = answer("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhello").await;
    let chunk = answer("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n").await;
    let stalls = upstream(async |_, mut stream| {
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhello").await.expect("sent");
        time::sleep(PATIENCE).await;
    })
    .await;
    let routes = [("half.test", &[half][..]), ("chunk.test", &[chunk]), ("stalls.test", &[stalls])];
    let server = TestServer::start(&routes, "idle_seconds = 1");
    for host in ["half.test", "stalls.test"] {
        let answered = server.ask(&request("GET", "/", host)).await;
        assert!(answered.contains("content-length: 10\r\n") && answered.ends_with("\r\n\r\nhello"), "{answered}");
    }
    let answered = server.ask(&request("GET", "/", "chunk.test")).await;
    assert!(answered.contains("transfer-encoding: chunked\r\n") && answered.ends_with("5\r\nhello\r\n"), "{answered}");
}

/// Writes a large body, and counts what was taken. Returns the stream open: one that ends is that of a client who is gone.
async fn pour<W: AsyncWrite + Unpin>(mut stream: W, poured: Arc<AtomicU64>) -> W {
    let part = vec![b'x'; 1 << 16];
    while poured.load(Ordering::SeqCst) < LARGE {
        stream.write_all(&part).await.expect("taken");
        poured.fetch_add(part.len() as u64, Ordering::SeqCst);
    }
    stream
}

/// Reads a large body to its end, once it is let.
async fn drink(mut stream: impl AsyncRead + Unpin, start: Arc<Notify>) -> u64 {
    start.notified().await;
    let (mut read, mut part) = (0, vec![0; 1 << 16]);
    while read < LARGE {
        let count = stream.read(&mut part).await.expect("more");
        assert!(count > 0, "the body ends after {read}");
        read += count as u64;
    }
    read
}

/// How much was poured when no more is taken.
async fn level(poured: &AtomicU64) -> u64 {
    let mut before = u64::MAX;
    loop {
        let now = poured.load(Ordering::SeqCst);
        if now == before {
            return now;
        }
        before = now;
        time::sleep(Duration::from_millis(500)).await;
    }
}

#[tokio::test]
async fn a_large_request_is_held_back_until_the_upstream_takes_it() {
    let (start, poured) = (Arc::new(Notify::new()), Arc::new(AtomicU64::new(0)));
    let started = start.clone();
    let drinks = upstream(move |_, stream| {
        let started = started.clone();
        async move {
            let (from, mut to) = stream.into_split();
            drink(from, started).await;
            to.write_all(OK.as_bytes()).await.expect("sent");
        }
    })
    .await;
    let server = TestServer::start(&[("a.test", &[drinks])], "");
    let head = format!("POST / HTTP/1.1\r\nhost: a.test\r\nconnection: close\r\ncontent-length: {LARGE}\r\n\r\n");
    let (mut from, to) = server.send(&head).await.into_split();
    let pouring = tokio::spawn(pour(to, poured.clone()));
    assert!(level(&poured).await < LARGE / 2, "{} bytes are on the way", poured.load(Ordering::SeqCst));
    start.notify_one();
    let mut answered = String::new();
    time::timeout(PATIENCE, from.read_to_string(&mut answered)).await.expect("nothing hangs").expect("an answer");
    assert!(answered.ends_with("\r\n\r\nok"), "{answered}");
    assert_eq!(poured.load(Ordering::SeqCst), LARGE);
    pouring.await.expect("no panic");
}

#[tokio::test]
async fn a_large_answer_is_held_back_until_the_client_takes_it() {
    let poured = Arc::new(AtomicU64::new(0));
    let pouring = poured.clone();
    let pours = upstream(move |_, mut stream| {
        let poured = pouring.clone();
        async move {
            let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {LARGE}\r\n\r\n");
            stream.write_all(head.as_bytes()).await.expect("sent");
            pour(stream, poured).await;
        }
    })
    .await;
    // The client may take its time: what it does not read is no pause of the upstream.
    let server = TestServer::start(&[("a.test", &[pours])], "idle_seconds = 1");
    let mut stream = server.send(&request("GET", "/", "a.test")).await;
    assert!(level(&poured).await < LARGE / 2, "{} bytes are on the way", poured.load(Ordering::SeqCst));
    time::sleep(Duration::from_millis(1500)).await;
    assert_eq!(status(&read_head(&mut stream).await), "200");
    let start = Arc::new(Notify::new());
    start.notify_one();
    assert_eq!(time::timeout(PATIENCE, drink(stream, start)).await.expect("nothing hangs"), LARGE);
}

#[tokio::test]
async fn a_websocket_passes_through() {
    let echo = upstream(async |head, mut stream| {
        assert!(head.contains("connection: upgrade\r\n") && head.contains("upgrade: websocket\r\n"), "{head}");
        let switch = "HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n";
        stream.write_all(switch.as_bytes()).await.expect("sent");
        let mut said = [0; 5];
        stream.read_exact(&mut said).await.expect("read");
        stream.write_all(&said).await.expect("sent");
    })
    .await;
    let unasked = answer("HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\n\r\n").await;
    let server = TestServer::start(&[("a.test", &[echo]), ("b.test", &[unasked])], "");
    let asked = "GET / HTTP/1.1\r\nhost: a.test\r\nconnection: keep-alive, Upgrade\r\nupgrade: websocket\r\n\r\n";
    let mut stream = server.send(asked).await;
    let head = read_head(&mut stream).await;
    assert!(head.starts_with("HTTP/1.1 101 ") && head.contains("upgrade: websocket\r\n"), "{head}");
    stream.write_all(b"hello").await.expect("sent");
    let mut said = String::new();
    time::timeout(PATIENCE, stream.read_to_string(&mut said)).await.expect("nothing hangs").expect("read");
    assert_eq!(said, "hello");
    assert_eq!(status(&server.ask(&request("GET", "/", "b.test")).await), "502");
}

#[tokio::test]
async fn a_shutdown_waits_for_a_tunnel_and_lets_its_bytes_pass() {
    let echo = upstream(async |_, mut stream| {
        let switch = "HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n";
        stream.write_all(switch.as_bytes()).await.expect("sent");
        let (mut from, mut to) = stream.split();
        tokio::io::copy(&mut from, &mut to).await.expect("echoed");
    })
    .await;
    let server = TestServer::start(&[("a.test", &[echo])], "");
    let asked = "GET / HTTP/1.1\r\nhost: a.test\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n";
    let mut stream = server.send(asked).await;
    assert_eq!(status(&read_head(&mut stream).await), "101");
    let stopped = tokio::spawn(server.stop());
    // Longer than a request that does not go on is waited for.
    time::sleep(Duration::from_millis(1500)).await;
    stream.write_all(b"hello").await.expect("sent");
    let mut said = [0; 5];
    time::timeout(PATIENCE, stream.read_exact(&mut said)).await.expect("nothing hangs").expect("read");
    assert_eq!(&said, b"hello");
    assert!(!stopped.is_finished());
    drop(stream);
    stopped.await.expect("it drains");
}

#[tokio::test]
async fn a_shutdown_waits_for_an_answer_that_is_on_its_way() {
    let (asked, release) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (asking, releasing) = (asked.clone(), release.clone());
    let slow = upstream(move |_, mut stream| {
        let (asking, releasing) = (asking.clone(), releasing.clone());
        async move {
            asking.notify_one();
            releasing.notified().await;
            stream.write_all(OK.as_bytes()).await.expect("sent");
        }
    })
    .await;
    let server = TestServer::start(&[("a.test", &[slow])], "");
    let mut stream = server.send(&request("GET", "/", "a.test")).await;
    asked.notified().await;
    let stopped = tokio::spawn(server.stop());
    time::sleep(Duration::from_millis(200)).await;
    assert!(!stopped.is_finished());
    release.notify_one();
    let mut answered = String::new();
    stream.read_to_string(&mut answered).await.expect("an answer");
    assert!(answered.ends_with("\r\n\r\nok"), "{answered}");
    stopped.await.expect("it drains");
}
