//! Pushes through a server that answers some requests by itself: what a push comes to, as tables of cases.

use std::time::{Duration, Instant};

use axum::body::Body;

use super::{push, stderr};
use crate::support::registry::{Registry, on_each_registry};
use crate::support::server::{Answer, Ask, Server, reply, reply_when};
use crate::support::services::{Services, noise};
use crate::support::wire::{Fault, Wire};

const TAG: [&str; 2] = ["--tag", "v1.0.0"];
const OTHER: &str = "sha256:0000000000000000000000000000000000000000000000000000000000000000";
const PAGE: &str = "\n<html>404 default backend</html>";
const UNKNOWN: &str = r#"{"errors":[{"code":"MANIFEST_UNKNOWN","message":"manifest unknown"}]}"#;
const HTML: [(&str, &str); 1] = [("content-type", "text/html; charset=utf-8")];

/// How a push ends.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Pushed,
    /// Exit status 2 before anything was written.
    Unwritten,
    /// Exit status 2, without the tag.
    Failed,
    /// Exit status 2, with the tag.
    Unconfirmed,
}

/// What the server answers, how the push ends and what it says; `!` in front of what it does not say.
struct Case {
    end: End,
    says: Vec<String>,
    answer: Box<dyn Fn(&Ask) -> Answer + Send + Sync>,
}

fn case(end: End, says: &[&str], answer: impl Fn(&Ask) -> Answer + Send + Sync + 'static) -> Case {
    Case { end, says: says.iter().map(|part| (*part).to_owned()).collect(), answer: Box::new(answer) }
}

/// Each case with a service of its own. After a failure the next push, which meets no trouble, publishes the whole image.
fn run(registry: &Registry, cases: Vec<Case>) {
    for (number, Case { end, says, answer }) in cases.into_iter().enumerate() {
        let (services, name) = (Services::new(), format!("api{number}"));
        let spec = services.spec(&[&services.add_on(name.as_bytes(), &name, &name)]);
        let server = Server::in_front_of(registry.address(), answer);
        let outcome = push(server.address(), &spec, &TAG);
        let text = stderr(&outcome);
        for part in &says {
            let (part, expected) = part.strip_prefix('!').map_or((part.as_str(), true), |part| (part, false));
            assert_eq!(text.contains(&part.replace("SERVER", server.address())), expected, "{part:?}: {text}");
        }
        outcome.code(if end == End::Pushed { 0 } else { 2 });
        let (repository, is_unwritten) = (format!("unkeyed/{name}"), server.writes().is_empty());
        assert_eq!(is_unwritten, end == End::Unwritten, "{says:?} {:?}", server.writes());
        let is_set = registry.tag(&repository, "v1.0.0").is_some();
        assert_eq!(is_set, matches!(end, End::Pushed | End::Unconfirmed), "{says:?}");
        push(registry.address(), &spec, &TAG).success();
        registry.assert_complete(&repository, "v1.0.0");
    }
}

#[test]
fn the_guard_fails_closed() {
    let mut cases: Vec<Case> = [400, 403, 410, 418, 500, 503]
        .map(|status| case(End::Unwritten, &[&status.to_string()], move |_| reply(status, &[], "")))
        .into();
    let forever = [("retry-after", "18446744073709551615")];
    cases.push(case(End::Unwritten, &["answered `503 Service Unavailable`"], move |_| reply(503, &forever, "")));
    for (reason, answer) in [
        ("tag `v1.0.0` is a web page", (|_: &Ask| reply(200, &HTML, "<html>")) as fn(&Ask) -> Answer),
        ("`/v2/` is answered with `404 Not Found`", |_| reply(404, &[], "")),
        (
            "`/v2/` is a web page",
            |ask| if ask.path == "/v2/" { reply(200, &HTML, "<html>") } else { reply(404, &[], "") },
        ),
        ("tag `v1.0.0` is neither a manifest nor an index", |_| reply(200, &[], "")),
        ("tag `v1.0.0` is neither a manifest nor an index", |_| {
            reply(200, &[("docker-content-digest", "v1.0.0")], "{}")
        }),
        ("tag `v1.0.0` is answered with `404 Not Found` and a web page", |ask| {
            reply_when(ask.is_manifest("GET", "v1.0.0"), 404, &HTML, PAGE)
        }),
        ("tag `v1.0.0` is there by `HEAD` and not by `GET`", |ask| {
            reply_when(ask.is_manifest("HEAD", "v1.0.0"), 200, &[], "")
        }),
    ] {
        let says = [&format!("does not answer like a registry: {reason}"), "`SERVER`", "hint: check host and port"];
        cases.push(case(End::Unwritten, &says, answer));
    }
    run(&Registry::start(), cases);
}

#[test]
fn what_passes_is_tried_again() {
    on_each_registry(|registry| {
        let statuses = [429, 500, 502, 503, 504];
        let mut cases = vec![
            case(End::Pushed, &["attempt 2 of up to 2"], move |ask| {
                // The upload that follows a failed one has another path, and could fail a second time.
                let is_upload = ask.method == "PUT" && ask.path.contains("/blobs/");
                let is_first = ask.repeats == 0 && ask.path != "/v2/" && !is_upload;
                let is_unlucky = is_first && ask.number.is_multiple_of(3);
                reply_when(is_unlucky, statuses[ask.number / 3 % statuses.len()], &[("retry-after", "0")], "")
            }),
            case(End::Pushed, &["attempt 2"], |ask| {
                let unknown = r#"{"errors":[{"code":"MANIFEST_BLOB_UNKNOWN","message":"blob unknown to registry"}]}"#;
                reply_when(ask.is_manifest("PUT", "sha256:") && ask.repeats == 0, 404, &[], unknown)
            }),
            case(End::Pushed, &["attempt 2"], |ask| {
                reply_when(ask.is_manifest("PUT", "sha256:") && ask.repeats == 0, 404, &[], UNKNOWN)
            }),
        ];
        for body in [UNKNOWN, r#"{"errors":[{"code":"NOT_FOUND"}]}"#, "", PAGE] {
            // The tag is read twice before it is set.
            cases.push(case(End::Pushed, &["took tag `v1.0.0` and answers `404 Not Found`"], move |ask| {
                reply_when(ask.is_manifest("GET", "v1.0.0") && ask.repeats == 2, 404, &[], body)
            }));
        }
        run(registry, cases);
    });
}

#[test]
fn the_registry_s_wish_to_wait_is_honoured() {
    let started = Instant::now();
    let answer = |ask: &Ask| reply_when(ask.number == 0, 429, &[("retry-after", "2")], "");
    run(&Registry::start(), vec![case(End::Pushed, &["attempt 2"], answer)]);
    assert!(started.elapsed() >= Duration::from_secs(2));
}

#[test]
fn final_answers_are_told_with_their_words_and_a_hint_that_fits() {
    let cases = [
        (413, "<title>413 Request Entity Too Large</title>", "Too Large", "`client_max_body_size`"),
        (405, r#"{"errors":[{"code":"UNSUPPORTED"}]}"#, ": UNSUPPORTED", "a mirror, a pull-through cache"),
        (
            404,
            r#"{"errors":[{"code":"NAME_UNKNOWN","message":"x"}]}"#,
            ": NAME_UNKNOWN: x",
            "is the repository spelled",
        ),
        (451, "not here", ": not here", "by law"),
        (400, "Client sent an HTTP request to an HTTPS server.\n", ": Client sent", "put `https://` in front"),
    ]
    .map(|(status, body, words, hint)| {
        let says = [&format!("answered `{status} "), words, hint, "!run the same command again", "!attempt 2"];
        case(End::Failed, &says, move |ask| {
            reply_when(ask.method == "POST" || ask.method == "PUT", status, &HTML, body)
        })
    });
    run(&Registry::start(), cases.into());
}

#[test]
fn an_error_without_an_end_is_an_error() {
    let started = Instant::now();
    let endless = || futures_util::stream::repeat_with(|| Ok::<_, std::io::Error>(vec![b'a'; 64 * 1024]));
    let answer = move |ask: &Ask| reply_when(ask.method == "POST", 400, &[], Body::from_stream(endless()));
    run(&Registry::start(), vec![case(End::Failed, &["answered `400 Bad Request`"], answer)]);
    assert!(started.elapsed() < Duration::from_secs(30));
}

#[test]
fn a_wrong_digest_in_an_answer_ends_the_push_before_the_tag() {
    let cases = [
        ("HEAD", "/blobs/sha256:", 200, "blob `sha256:"),
        ("PUT", "/blobs/uploads/", 201, "blob `sha256:"),
        ("HEAD", "/manifests/sha256:", 200, "manifest `sha256:"),
        ("PUT", "/manifests/sha256:", 201, "manifest `sha256:"),
        ("PUT", "/manifests/v1.0.0", 201, "manifest `v1.0.0`"),
    ];
    let case = |(method, part, status, what): (&'static str, &'static str, u16, &str)| {
        let says = [
            &format!("says that {what}"),
            &*format!("is `{OTHER}`, it should be `sha256:"),
            "something in between changes what is sent",
        ];
        case(if part == "/blobs/sha256:" { End::Unwritten } else { End::Failed }, &says, move |ask| {
            let is_wrong = ask.method == method && ask.path.contains(part);
            reply_when(is_wrong, status, &[("docker-content-digest", OTHER)], "")
        })
    };
    run(&Registry::start(), cases.map(case).into());
}

#[test]
fn a_permission_that_ends_in_the_middle_leaves_no_tag_and_the_next_push_goes_on() {
    let denied = r#"{"errors":[{"code":"DENIED","message":"no more"}]}"#;
    let parts = [("POST", "/blobs/uploads/"), ("PUT", "/blobs/uploads/"), ("PUT", "/sha256:"), ("PUT", "/v1.0.0")];
    on_each_registry(|registry| {
        let case = |(method, part): (&'static str, &'static str)| {
            case(End::Failed, &["(403 Forbidden, without credentials): DENIED: no more"], move |ask| {
                reply_when(ask.method == method && ask.path.contains(part), 403, &[], denied)
            })
        };
        run(registry, parts.map(case).into());
    });
}

#[test]
fn a_tag_that_is_not_what_was_written_is_an_error() {
    let says = "says that tag `v1.0.0` is `sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a`";
    let refused = r#"{"errors":[{"code":"TAG_INVALID","message":"no such names"}]}"#;
    run(
        &Registry::start(),
        vec![
            case(End::Unconfirmed, &[says], |ask| {
                reply_when(ask.is_manifest("GET", "v1.0.0") && ask.repeats >= 2, 200, &[], "{}")
            }),
            case(End::Unconfirmed, &["to who reads it", "hint: run the same command again"], |ask| {
                reply_when(ask.is_manifest("GET", "v1.0.0"), 404, &[], UNKNOWN)
            }),
            case(End::Failed, &["TAG_INVALID: no such names", "!https://"], move |ask| {
                reply_when(ask.is_manifest("PUT", "v1.0.0"), 400, &[], refused)
            }),
        ],
    );
}

#[test]
fn a_registry_is_known_by_its_status_whatever_the_type_of_its_answer() {
    run(
        &Registry::start(),
        vec![
            case(End::Pushed, &[], |ask| reply_when(ask.path == "/v2/", 200, &HTML, "true")),
            case(End::Pushed, &[], |ask| {
                reply_when(ask.path == "/v2/", 401, &HTML, "<html>401 Authorization Required</html>")
            }),
        ],
    );
}

#[test]
fn a_tag_with_a_wrong_digest_is_another_image() {
    let services = Services::new();
    let spec = services.spec(&[&services.add("api", "one")]);
    let server = Server::start(|_| reply(200, &[("docker-content-digest", OTHER)], ""));
    let text = stderr(&push(server.address(), &spec, &TAG).code(1));
    assert!(text.contains(&format!("already exists with another digest: it is `{OTHER}`")), "{text}");
    assert_eq!(server.writes(), [""; 0]);
}

/// What happens on the way to the requests that begin so, from the first to before the second number of them.
type Trouble = (&'static str, std::ops::Range<usize>, Fault);

fn wire(registry: &Registry, troubles: &'static [Trouble]) -> Wire {
    let counts: Vec<_> = troubles.iter().map(|_| std::sync::atomic::AtomicUsize::new(0)).collect();
    Wire::in_front_of(registry.address(), move |request, length| {
        let met = troubles.iter().zip(&counts).find(|((start, _, fault), _)| {
            let is_long_enough = !matches!(fault, Fault::Reset { after } if length <= *after);
            request.starts_with(start) && is_long_enough
        });
        let Some(((_, which, fault), count)) = met else { return Fault::None };
        let number = count.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        if which.contains(&number) { *fault } else { Fault::None }
    })
}

#[test]
fn connections_that_break_are_made_again() {
    const TAG_PATH: &str = "GET /v2/unkeyed/api/manifests/v1.0.0";
    let cases: [(&[Trouble], &[&str]); 3] = [
        // The base layer is the only blob that is long enough to break off in the middle.
        (&[("PUT /v2/unkeyed/api/blobs/uploads/", 0..1, Fault::Reset { after: 50_000 })], &["attempt 2 of up to 2"]),
        (
            &[
                ("HEAD /v2/unkeyed/api/manifests/v1.0.0", 0..1, Fault::Silence),
                ("PUT /v2/unkeyed/api/blobs/", 0..1, Fault::Silence),
                ("PUT /v2/unkeyed/api/manifests/v1.0.0", 0..1, Fault::Silence),
            ],
            &["nothing moved for 1 s (to read tag `v1.0.0`", "(to send blob `sha256:", "(to write manifest `v1.0.0`"],
        ),
        // The tag is read twice before it is set.
        (&[(TAG_PATH, 2..3, Fault::Cut { bytes: 5 })], &["to read tag `v1.0.0` back; attempt 2 of up to 2"]),
    ];
    for (troubles, says) in cases {
        let (registry, services) = (Registry::distribution(), Services::new());
        let spec = services.spec(&[&services.add_on(&noise(400_000), "api", "one")]);
        let wire = wire(&registry, troubles);
        let text = stderr(&push(wire.address(), &spec, &["--tag", "v1.0.0", "--timeout", "1"]).success());
        assert!(says.iter().all(|part| text.contains(part)), "{says:?}: {text}");
        registry.assert_complete("unkeyed/api", "v1.0.0");
    }
    let cases: [(&[Trouble], &str); 2] = [
        (&[("", 0..usize::MAX, Fault::Silence)], "run the same command again, or wait longer with `--timeout SECONDS`"),
        (&[(TAG_PATH, 2..usize::MAX, Fault::Cut { bytes: 5 })], "error: service `api`: cannot reach registry"),
    ];
    for (troubles, says) in cases {
        let (registry, services) = (Registry::start(), Services::new());
        let spec = services.spec(&[&services.add("api", "one")]);
        let wire = wire(&registry, troubles);
        let text = stderr(&push(wire.address(), &spec, &["--tag", "v1.0.0", "--timeout", "1"]).code(2));
        assert!(text.contains(says), "{text}");
    }
}

#[test]
fn a_long_timeout_does_not_switch_retries_off() {
    let (registry, services) = (Registry::start(), Services::new());
    let spec = services.spec(&[&services.add("api", "one")]);
    let server = Server::in_front_of(registry.address(), |ask| reply_when(ask.number == 0, 503, &[], ""));
    let text = stderr(&push(server.address(), &spec, &["--tag", "v1.0.0", "--timeout", "300"]).success());
    assert!(text.contains("attempt 2 of up to 2"), "{text}");
}
