//! Servers that are not Unkey, or not well: what is told, and that the key stays where it belongs.

use std::io::Write as _;
use std::net::TcpListener;
use std::thread;
use std::time::{Duration, Instant};

use crate::support::{Home, Server, answer, json, problem, stderr};

const LIST: [&str; 3] = ["api", "keys", "list"];

/// What a list at this address says; it has to end with the status.
fn list(url: &str, status: i32) -> String {
    stderr(&Home::new().with_key(&LIST).env("UNKEY_API_URL", url).assert().code(status).stdout(""))
}

#[test]
fn what_is_not_unkey_is_told_with_its_address() {
    let html = ["content-type: text/html"];
    let cases: [(Vec<u8>, &str); 10] = [
        (answer(304, &[], ""), "304 with nothing"),
        (answer(404, &["x-request-id: "], r#"{"detail":"no"}"#), "without `x-request-id`"),
        (json(204, ""), "which is not what was asked for (request r-17)"),
        (answer(200, &html, "<html>Welcome to nginx!</html>"), "200 with `text/html` and without `x-request-id`"),
        (answer(404, &html, "<html></html>"), "404 with `text/html` and without `x-request-id`"),
        (answer(200, &["content-type: application/json"], r#"{"keys":[]}"#), "without `x-request-id`"),
        (json(200, r#"{"hello":"world"}"#), "which is not what was asked for (request r-17)"),
        (json(200, r#"{"keys":[{"id":"../../x"}]}"#), "which is not what was asked for (request r-17)"),
        (answer(200, &[], ""), "200 with nothing"),
        (b"SSH-2.0-OpenSSH_10.0\r\n".to_vec(), "what is no HTTP"),
    ];
    for (bytes, part) in cases {
        let server = Server::always(bytes);
        let text = list(&server.url(), 2);
        let start = format!("error: `{}/v1/keys` does not answer as an Unkey API does: ", server.url());
        assert!(text.starts_with(&start) && text.contains(part), "{text}");
        assert!(text.contains("hint: is the address right?"), "{text}");
    }
}

#[test]
fn a_refusal_names_its_request_and_what_to_do() {
    for (status, exit, part) in [
        (401, 1, "hint: the key is wrong, has expired or was revoked"),
        (400, 1, "error: no (400 from "),
        (500, 2, "hint: try again in a moment; name the request"),
    ] {
        let server = Server::always(problem(status, "no"));
        let text = list(&server.url(), exit);
        assert!(text.contains(&format!("no ({status} from `{}/v1/keys`, request r-17)", server.url())), "{text}");
        assert!(text.contains(part), "{text}");
        assert_eq!(server.asks().len(), 1);
    }
}

#[test]
fn a_server_that_is_overloaded_is_asked_again() {
    let server = Server::new(|_, before| if before < 2 { problem(503, "later") } else { json(200, r#"{"keys":[]}"#) });
    Home::new().with_key(&LIST).env("UNKEY_API_URL", server.url()).assert().success();
    assert_eq!(server.asks().len(), 3);
    let always = Server::always(problem(503, "later"));
    assert!(list(&always.url(), 2).starts_with("error: later (503 from "));
    assert_eq!(always.asks().len(), 3);
}

#[test]
fn what_is_not_safe_to_send_twice_is_sent_once() {
    for (command, stdin) in
        [(&["api", "keys", "create", "--name", "a"][..], ""), (&["api", "keys", "verify"], "unkey_x")]
    {
        let server = Server::always(problem(503, "later"));
        let mut run = Home::new().with_key(command);
        let text = stderr(&run.env("UNKEY_API_URL", server.url()).write_stdin(stdin).assert().code(2).stdout(""));
        assert_eq!(server.asks().len(), 1, "{text}");
    }
    let server = Server::always(problem(503, "later"));
    let mut run = Home::new().with_key(&["api", "keys", "create", "--name", "a"]);
    let text = stderr(&run.env("UNKEY_API_URL", server.url()).assert().code(2));
    assert!(text.contains("it may have been made all the same"), "{text}");
}

#[test]
fn a_key_that_cannot_be_shown_is_told_by_its_id() {
    let server = Server::always(json(201, r#"{"id":"made","key":"unkey_x"}"#));
    for output in ["table", "json"] {
        let mut run = Home::new().plain(&["api", "keys", "create", "--name", "a", "--output", output]);
        run.env("UNKEY_ROOT_KEY", "k").env("UNKEY_API_URL", server.url());
        let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
        let ended = run.stdout(full).stderr(std::process::Stdio::piped()).output().unwrap();
        let text = String::from_utf8(ended.stderr).unwrap();
        assert_eq!(ended.status.code(), Some(2), "{text}");
        assert!(text.starts_with("error: key `made` is made, and cannot be shown: "), "{text}");
        assert!(text.contains("`unkey api keys revoke made`") && !text.contains("unkey_x"), "{text}");
    }
}

#[test]
fn nobody_is_followed_to_another_server() {
    let other = Server::always(json(200, r#"{"keys":[]}"#));
    let to = format!("{}/v1/keys", other.url());
    for status in [301, 302, 303, 307, 308] {
        let server = Server::always(answer(status, &[&format!("location: {to}")], ""));
        let text = list(&server.url(), 2);
        assert!(text.contains(&format!("answers that it is at `{to}` now; the key was not sent there")), "{text}");
        // What a server says is nothing to copy into a shell.
        assert!(text.ends_with("log in there: `unkey auth login --api-url URL`\n"), "{text}");
    }
    assert!(other.asks().is_empty());
}

#[test]
fn pages_are_read_to_their_end_and_not_in_a_circle() {
    let key = |id: &str| {
        format!(r#"{{"id":"{id}","name":"n","created_at":1,"expires_at":null,"remaining":null,"revoked_at":null}}"#)
    };
    let (first, second) = (key("a"), key("b"));
    let server = Server::new(move |ask, _| match &*ask.line {
        "GET /v1/keys" => json(200, &format!(r#"{{"keys":[{first}],"next":"a"}}"#)),
        "GET /v1/keys?after=a" => json(200, &format!(r#"{{"keys":[{second}]}}"#)),
        other => problem(400, other),
    });
    let listed = Home::new().with_key(&LIST).env("UNKEY_API_URL", server.url()).assert().success();
    let text = crate::support::stdout(&listed);
    let names: Vec<&str> = text.lines().map(|line| line.split(' ').next().unwrap()).collect();
    assert_eq!(names, ["id", "a", "b"]);

    for (length, asks) in [(1, 2), (3, 4)] {
        let circle = key("a");
        let server =
            Server::new(move |_, before| json(200, &format!(r#"{{"keys":[{circle}],"next":"p{}"}}"#, before % length)));
        assert!(list(&server.url(), 2).contains("pages that lead in a circle"));
        assert_eq!(server.asks().len(), asks);
    }
}

#[test]
fn an_answer_without_an_end_is_given_up() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let head = "HTTP/1.1 200 OK\r\nx-request-id: r\r\ncontent-length: 99999999999\r\n\r\n";
            let mut written = stream.write_all(head.as_bytes());
            while written.is_ok() {
                written = stream.write_all(&[b' '; 8192]);
            }
        }
    });
    let text = list(&url, 2);
    assert!(text.contains("more than 8388608 bytes"), "{text}");
    // Whether it is healthy stands in its head.
    Home::new().unkey(&["healthcheck", &url]).assert().success().stdout("healthy (200)\n");
}

#[test]
fn words_of_a_server_do_nothing_to_the_terminal() {
    let server = Server::always(problem(400, r"\u001b[2Jgone\u202e"));
    let text = list(&server.url(), 1);
    assert!(text.contains("\\u{1b}[2Jgone\\u{202e}") && !text.contains('\u{1b}'), "{text}");
}

#[test]
fn nobody_and_somebody_who_is_silent_are_told_apart() {
    let nobody = format!("http://{}", parts::ports::free_address());
    let text = list(&nobody, 2);
    assert!(text.starts_with(&format!("error: cannot reach `{nobody}/v1/keys`: ")), "{text}");
    assert!(text.contains("Connection refused"), "{text}");

    // Takes the connection, and says nothing.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", silent.local_addr().unwrap());
    let started = Instant::now();
    let mut run = Home::new().with_key(&[&LIST[..], &["--request-timeout", "1s"]].concat());
    let text = stderr(&run.env("UNKEY_API_URL", &url).assert().code(2));
    assert!(text.starts_with(&format!("error: `{url}/v1/keys` did not answer within 1 s")), "{text}");
    assert!(started.elapsed() < Duration::from_secs(10));
}

#[test]
fn a_health_check_takes_any_server_and_sends_no_key() {
    for (status, exit, line) in
        [(200, 0, "healthy (200)\n"), (503, 1, "not healthy (503)\n"), (302, 1, "not healthy (302)\n")]
    {
        let server = Server::always(answer(status, &[], "ok"));
        for (path, asked) in [("", "GET /health/ready"), ("/", "GET /health/ready"), ("/live?a", "GET /live?a")] {
            let url = format!("{}{path}", server.url());
            Home::new().with_key(&["healthcheck", &url]).assert().code(exit).stdout(line);
            let ask = server.asks().pop().unwrap();
            assert_eq!((ask.line.as_str(), ask.header("authorization")), (asked, ""));
        }
    }
    let nobody = format!("http://{}", parts::ports::free_address());
    let text = stderr(&Home::new().unkey(&["healthcheck", &nobody]).assert().code(2).stdout(""));
    assert!(text.contains(&format!("cannot reach `{nobody}/health/ready`")), "{text}");
    for address in ["https://user:hunter2@unkey.example", "http://127.0.0.1#hunter2@x"] {
        let text = stderr(&Home::new().unkey(&["healthcheck", address]).assert().code(2).stdout(""));
        assert!(text.contains("is no address of a server") && !text.contains("hunter2"), "{text}");
    }
}
