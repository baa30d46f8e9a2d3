//! `image push` when things go wrong: layouts that lie, servers that are no registry, registries that stumble.

use std::io::Write as _;
use std::net::TcpListener;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use axum::body::Body;

use super::push::{push, stderr};
use super::registry::on_each_registry;
use super::server::{Server, reply};
use super::services::{Service, Services};

/// What happens to a layout before it is pushed.
type Damage = fn(&Service);

#[test]
fn a_layout_that_lies_is_not_published() {
    on_each_registry(|registry| {
        let damages: [(&str, Damage, &str); 5] = [
            ("content", |service| flip(service, &service.images[1].layer), "has the content of"),
            ("length", |service| append(service, &service.images[1].layer), "its descriptor says"),
            ("manifest", |service| flip(service, &service.images[0].manifest), "has the content of"),
            ("config", |service| flip(service, &service.images[0].config), "has the content of"),
            (
                "index",
                |service| std::fs::remove_file(service.layout.join("index.json")).unwrap(),
                "`index.json` is missing",
            ),
        ];
        for (name, damage, message) in damages {
            let services = Services::new();
            let service = services.add(name, "one");
            damage(&service);
            let proxy = Server::in_front_of(registry.address(), |_| None);
            let failed = push(proxy.address(), &services.spec(&[&service]), &["--tag", "v1.0.0"]).code(2);
            assert!(stderr(&failed).contains(message), "{name}: {}", stderr(&failed));
            assert_eq!(proxy.writes(), [""; 0], "{name}");
            assert_eq!(registry.tag(&format!("unkeyed/{name}"), "v1.0.0"), None);
        }
    });
}

fn flip(service: &Service, digest: &str) {
    let path = service.blob(digest);
    let mut bytes = std::fs::read(&path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(path, bytes).unwrap();
}

fn append(service: &Service, digest: &str) {
    std::fs::OpenOptions::new().append(true).open(service.blob(digest)).unwrap().write_all(b"x").unwrap();
}

#[test]
fn what_is_no_registry_is_told_so() {
    let services = Services::new();
    let spec = services.spec(&[&services.add("api", "one")]);
    let html = [("content-type", "text/html; charset=utf-8")];
    let digest = [("docker-content-digest", "v1.0.0")];
    let servers = [
        (Server::start(move |_| reply(200, &html, "<html>")), "tag `v1.0.0` is a web page"),
        (Server::start(|_| reply(404, &[], "")), "`/v2/` is answered with `404 Not Found`"),
        (
            Server::start(move |ask| (ask.path == "/v2/").then(|| reply(200, &html, "<html>")).flatten()),
            "`/v2/` is a web page",
        ),
        (Server::start(|_| reply(200, &[], "")), "tag `v1.0.0` is neither a manifest nor an index"),
        (Server::start(move |_| reply(200, &digest, "{}")), "tag `v1.0.0` is neither a manifest nor an index"),
    ];
    for (server, message) in servers {
        let message = format!("`{}` does not answer like a registry: ", server.address()) + message;
        let failed = push(server.address(), &spec, &["--tag", "v1.0.0"]).code(2);
        let text = stderr(&failed);
        assert!(text.contains(message.split(": ").next().unwrap()), "{text}");
        assert!(text.contains(message.split(": ").last().unwrap()), "{text}");
        assert!(text.contains("hint: check host and port"), "{text}");
        assert_eq!(server.writes(), [""; 0]);
    }
}

#[test]
fn an_address_without_a_server_is_told_so() {
    let services = Services::new();
    let spec = services.spec(&[&services.add("api", "one")]);
    let address = parts::ports::free_address();
    let text = stderr(&push(&address, &spec, &["--tag", "v1.0.0"]).code(2));
    assert!(text.contains(&format!("cannot reach registry `{address}`")), "{text}");
    assert!(text.contains("Connection refused"), "{text}");
    assert!(text.contains("attempt 2 of up to 2"), "{text}");
    assert!(text.contains(&format!("hint: is `{address}` running")), "{text}");
}

#[test]
fn a_server_that_is_not_there_is_not_waited_for_long() {
    let services = Services::new();
    let spec = services.spec(&[&services.add("api", "one")]);
    let mut command = super::push::command(&parts::ports::free_address(), &spec);
    // Attempts enough for two minutes.
    command.args(["--attempts", "1000", "--tag", "v1.0.0"]).timeout(Duration::from_secs(30));
    assert!(stderr(&command.assert().code(2)).contains("Connection refused"));
}

#[test]
fn a_server_that_speaks_no_http_is_told_so() {
    let services = Services::new();
    let spec = services.spec(&[&services.add("api", "one")]);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            // The tool may be gone before it has read this.
            let _ = stream.unwrap().write_all(b"220 ready\r\n");
        }
    });
    let text = stderr(&push(&address, &spec, &["--tag", "v1.0.0"]).code(2));
    assert!(text.contains(&format!("what answers for registry `{address}` is a mail or FTP server")), "{text}");
}

#[test]
fn temporary_errors_are_tried_again() {
    on_each_registry(|registry| {
        let services = Services::new();
        let service = services.add("api", "one");
        let statuses = [429, 500, 502, 503, 504];
        let count = AtomicUsize::new(0);
        // Every third request fails, each time in another way.
        let proxy = Server::in_front_of(registry.address(), move |ask| {
            let count = count.fetch_add(1, Ordering::Relaxed);
            let status = statuses[count / 3 % statuses.len()];
            let is_unlucky = count.is_multiple_of(3) && ask.path != "/v2/";
            is_unlucky.then(|| reply(status, &[("retry-after", "0")], "")).flatten()
        });
        push(proxy.address(), &services.spec(&[&service]), &["--tag", "v1.0.0", "--concurrency", "1"]).success();
        assert_eq!(registry.tag("unkeyed/api", "v1.0.0").unwrap(), service.digest);
    });
}

#[test]
fn a_registry_that_does_not_know_its_blobs_yet_is_asked_again() {
    on_each_registry(|registry| {
        let services = Services::new();
        let service = services.add("api", "one");
        let is_first = AtomicBool::new(true);
        let unknown = r#"{"errors":[{"code":"MANIFEST_BLOB_UNKNOWN","message":"blob unknown to registry"}]}"#;
        let proxy = Server::in_front_of(registry.address(), move |ask| {
            let is_unlucky =
                ask.method == "PUT" && ask.path.contains("/manifests/") && is_first.swap(false, Ordering::Relaxed);
            is_unlucky.then(|| reply(404, &[], unknown)).flatten()
        });
        push(proxy.address(), &services.spec(&[&service]), &["--tag", "v1.0.0"]).success();
        assert_eq!(registry.tag("unkeyed/api", "v1.0.0").unwrap(), service.digest);
    });
}

#[test]
fn the_registry_s_wish_to_wait_is_honoured() {
    on_each_registry(|registry| {
        let services = Services::new();
        let spec = services.spec(&[&services.add("api", "one")]);
        let is_first = AtomicBool::new(true);
        let proxy = Server::in_front_of(registry.address(), move |_| {
            is_first.swap(false, Ordering::Relaxed).then(|| reply(429, &[("retry-after", "2")], "")).flatten()
        });
        let started = Instant::now();
        push(proxy.address(), &spec, &["--tag", "v1.0.0"]).success();
        assert!(started.elapsed() >= Duration::from_secs(2));
    });
}

#[test]
fn a_wish_to_wait_for_ever_ends_the_push() {
    on_each_registry(|registry| {
        let services = Services::new();
        let spec = services.spec(&[&services.add("api", "one")]);
        let for_ever = u64::MAX.to_string();
        let proxy = Server::in_front_of(registry.address(), move |_| reply(503, &[("retry-after", &for_ever)], ""));
        let text = stderr(&push(proxy.address(), &spec, &["--tag", "v1.0.0"]).code(2));
        assert!(text.contains("answered `503 Service Unavailable`"), "{text}");
    });
}

#[test]
fn an_error_without_an_end_is_an_error() {
    on_each_registry(|registry| {
        let services = Services::new();
        let spec = services.spec(&[&services.add("api", "one")]);
        let endless = || futures_util::stream::repeat_with(|| Ok::<_, std::io::Error>(vec![b'a'; 64 * 1024]));
        let proxy = Server::in_front_of(registry.address(), move |ask| {
            (ask.method == "POST").then(|| reply(400, &[], Body::from_stream(endless()))).flatten()
        });
        let started = Instant::now();
        let text = stderr(&push(proxy.address(), &spec, &["--tag", "v1.0.0"]).code(2));
        assert!(text.contains("answered `400 Bad Request`"), "{text}");
        assert!(started.elapsed() < Duration::from_secs(30));
        assert_eq!(registry.tag("unkeyed/api", "v1.0.0"), None);
    });
}

#[test]
fn a_tag_that_reads_back_as_something_else_is_an_error() {
    on_each_registry(|registry| {
        let services = Services::new();
        let spec = services.spec(&[&services.add("api", "one")]);
        let is_set = AtomicBool::new(false);
        let proxy = Server::in_front_of(registry.address(), move |ask| {
            let is_tag = ask.path.ends_with("/v1.0.0");
            is_set.fetch_or(is_tag && ask.method == "PUT", Ordering::Relaxed);
            let is_read_back = is_tag && ask.method == "GET" && is_set.load(Ordering::Relaxed);
            is_read_back.then(|| reply(200, &[], "{}")).flatten()
        });
        let text = stderr(&push(proxy.address(), &spec, &["--tag", "v1.0.0"]).code(2));
        assert!(
            text.contains(
                "says that tag `v1.0.0` is `sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a`"
            ),
            "{text}"
        );
    });
}
