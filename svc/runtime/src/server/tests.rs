//! The server over the loopback, with peers that keep it waiting.

use super::*;

use axum::routing::any;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::service::tests::service_with;
use crate::shutdown::Trigger;

/// Longer than anything takes that a test waits for.
const PATIENCE: Duration = Duration::from_secs(30);

/// A server with one slow path, `/slow`, that says when it is running and answers when it has the body and is let.
struct Server {
    address: SocketAddr,
    trigger: Trigger,
    running: Arc<Notify>,
    answer: Arc<Notify>,
    ended: JoinHandle<()>,
}

fn start(limit: impl FnOnce(&mut Limits)) -> Server {
    let (trigger, shutdown) = Shutdown::channel();
    let service = service_with(shutdown.clone());
    let bound = Bound::bind(service.settings.listen).expect("bound");
    let address = bound.address;
    let (running, answer) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (says, waits) = (running.clone(), answer.clone());
    let slow = async move |body: Body| {
        says.notify_one();
        if axum::body::to_bytes(body, usize::MAX).await.is_err() {
            return "not as a whole";
        }
        waits.notified().await;
        "done"
    };
    let routes = service.router(Router::new().route("/slow", any(slow)));
    let mut limits = service.settings.limits;
    limit(&mut limits);
    let ended = tokio::spawn(bound.serve(routes, Plain, limits, shutdown));
    Server { address, trigger, running, answer, ended }
}

/// A connection that has sent `text`.
async fn send(address: SocketAddr, text: &str) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.expect("connected");
    stream.write_all(text.as_bytes()).await.expect("sent");
    stream
}

async fn ends(ended: JoinHandle<()>) {
    timeout(PATIENCE, ended).await.expect("ends in time").expect("no panic");
}

#[tokio::test]
async fn a_running_request_is_answered_and_a_new_connection_refused() {
    let server = start(|_| ());
    let mut stream = send(server.address, "GET /slow HTTP/1.1\r\nhost: here\r\n\r\n").await;
    server.running.notified().await;
    server.trigger.request();
    let refused = async {
        while TcpStream::connect(server.address).await.is_ok() {
            tokio::task::yield_now().await;
        }
    };
    timeout(PATIENCE, refused).await.expect("the listener closes");
    assert!(!server.ended.is_finished());
    server.answer.notify_one();
    let mut response = String::new();
    stream.read_to_string(&mut response).await.expect("an answer");
    assert!(response.starts_with("HTTP/1.1 200 OK\r\n") && response.ends_with("\r\n\r\ndone"), "{response}");
    ends(server.ended).await;
}

#[tokio::test]
async fn connections_without_a_request_do_not_hold_up_the_end() {
    let server = start(|_| ());
    let silent = send(server.address, "").await;
    let mut kept_alive = send(server.address, "HEAD /version HTTP/1.1\r\nhost: here\r\n\r\n").await;
    let mut start_of_answer = [0; 15];
    kept_alive.read_exact(&mut start_of_answer).await.expect("an answer");
    assert_eq!(&start_of_answer, b"HTTP/1.1 200 OK");
    server.trigger.request();
    ends(server.ended).await;
    drop((silent, kept_alive));
}

#[tokio::test]
async fn a_head_that_does_not_end_and_an_idle_connection_are_closed() {
    let server = start(|limits| limits.header = Duration::from_millis(200));
    for text in ["", "GET /version HTTP/1.1\r\nhost: he", "HEAD /version HTTP/1.1\r\nhost: here\r\n\r\n"] {
        let mut stream = send(server.address, text).await;
        let mut all = Vec::new();
        let read = timeout(PATIENCE, stream.read_to_end(&mut all)).await;
        read.unwrap_or_else(|_| panic!("still open after {text:?}")).expect("read");
    }
}

#[tokio::test]
async fn an_idle_connection_makes_room_and_one_with_a_request_does_not() {
    let server = start(|limits| limits.connections = 1);
    let mut idle = send(server.address, "GET /slow HTTP/1.1\r\n").await;
    let mut busy = send(server.address, "GET /slow HTTP/1.1\r\nhost: here\r\nconnection: close\r\n\r\n").await;
    timeout(PATIENCE, server.running.notified()).await.expect("served beside an idle connection");
    // Closed, or reset where its beginning had not been read.
    assert!(matches!(idle.read(&mut [0; 1]).await, Ok(0) | Err(_)), "still open");

    let mut second = send(server.address, "HEAD /version HTTP/1.1\r\nhost: here\r\n\r\n").await;
    let early = timeout(Duration::from_millis(300), second.read(&mut [0; 1])).await;
    assert!(early.is_err(), "served beside one with a request");
    server.answer.notify_one();
    let mut answered = String::new();
    busy.read_to_string(&mut answered).await.expect("an answer");
    assert!(answered.ends_with("done"), "{answered}");
    timeout(PATIENCE, second.read_exact(&mut [0; 1])).await.expect("in time").expect("an answer");
}

/// Keeps asking and never reads, until no more can be sent.
async fn ask_without_reading(address: SocketAddr) -> TcpStream {
    let mut stream = send(address, "").await;
    let requests = "GET /metrics HTTP/1.1\r\nhost: here\r\n\r\n".repeat(100);
    while let Ok(sent) = timeout(Duration::from_millis(300), stream.write_all(requests.as_bytes())).await {
        sent.expect("sent");
    }
    stream
}

#[tokio::test]
async fn an_answer_that_nobody_reads_is_given_up() {
    let server = start(|limits| {
        limits.write = Duration::from_millis(500);
        limits.connections = 1;
    });
    let mut stream = ask_without_reading(server.address).await;
    let cut = async { while stream.write_all(b"GET").await.is_ok() {} };
    timeout(PATIENCE, cut).await.expect("the connection ends");
}

#[tokio::test]
async fn requests_that_are_never_finished_do_not_hold_up_the_end() {
    let head = "POST /slow HTTP/1.1\r\nhost: here\r\n";
    let parts = [
        "GET /version HTTP/1.1\r\nho".to_owned(),
        format!("HEAD /version HTTP/1.1\r\nhost: here\r\n\r\n{head}"),
        format!("{head}content-length: 10\r\n\r\nhalf"),
        format!("{head}transfer-encoding: chunked\r\n\r\n4\r\nhalf\r\n"),
        format!("{head}expect: 100-continue\r\ncontent-length: 10\r\n\r\n"),
    ];
    let server = start(|limits| limits.unfinished = Duration::from_millis(500));
    let mut streams = vec![ask_without_reading(server.address).await];
    for part in parts {
        let mut stream = send(server.address, &part).await;
        // Each has been read before the end is asked for: what comes behind it is answered or waited for.
        let read = timeout(Duration::from_millis(100), stream.read(&mut [0; 4096])).await;
        assert!(!matches!(read, Ok(Ok(0) | Err(_))), "{part:?}: {read:?}");
        streams.push(stream);
    }
    server.trigger.request();
    timeout(Duration::from_secs(10), server.ended).await.expect("not held up").expect("no panic");
    drop(streams);
}

#[tokio::test]
async fn a_body_that_goes_on_is_taken_while_the_service_drains_and_one_that_trickles_is_not() {
    // Bytes a second: well above and well below what a peer has to send.
    for (bytes, is_answered) in [(400, true), (4, false)] {
        let server = start(|limits| limits.unfinished = Duration::from_millis(500));
        let head = "POST /slow HTTP/1.1\r\nhost: here\r\ncontent-length: 2000\r\n\r\n";
        let mut stream = send(server.address, head).await;
        timeout(PATIENCE, server.running.notified()).await.expect("it has begun");
        server.answer.notify_one();
        server.trigger.request();
        let part = vec![b'a'; bytes / 4];
        for _ in 0..2000 / part.len() {
            if stream.write_all(&part).await.is_err() {
                break;
            }
            time::sleep(Duration::from_millis(250)).await;
            if server.ended.is_finished() {
                break;
            }
        }
        let mut answered = Vec::new();
        // What is cut off may end with a reset.
        let _ = timeout(PATIENCE, stream.read_to_end(&mut answered)).await.expect("in time");
        let answered = String::from_utf8_lossy(&answered).into_owned();
        assert_eq!(answered.ends_with("done"), is_answered, "{bytes}: {answered}");
        ends(server.ended).await;
    }
}

#[tokio::test]
async fn a_request_names_one_host() {
    let server = start(|_| ());
    let cases = [
        ("1.1", "", 400),
        ("1.1", "host: a\r\n", 200),
        ("1.1", "host: a\r\nhost: a\r\n", 400),
        ("1.1", "host: a\r\nHost: b\r\n", 400),
        ("1.0", "", 200),
        ("1.0", "host: a\r\nhost: b\r\n", 400),
    ];
    for (version, hosts, status) in cases {
        let text = format!("GET /version HTTP/{version}\r\n{hosts}connection: close\r\n\r\n");
        let mut answered = String::new();
        send(server.address, &text).await.read_to_string(&mut answered).await.expect("an answer");
        assert!(answered.starts_with(&format!("HTTP/{version} {status} ")), "{text}: {answered}");
    }
}

#[tokio::test]
async fn an_address_in_use_is_named() {
    let bound = Bound::bind(SocketAddr::from(([127, 0, 0, 1], 0))).expect("bound");
    let error = Bound::bind(bound.address).expect_err("in use");
    assert_eq!(error.to_string(), format!("cannot listen on `{}`", bound.address));
}
