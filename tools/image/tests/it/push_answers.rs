//! `image push` to registries whose connections break and whose answers are wrong.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use super::push::{push, stderr};
use super::registry::on_each_registry;
use super::server::{Ask, Server, reply};
use super::services::{Services, noise};
use super::wire::{Fault, Wire};

const OTHER: &str = "sha256:0000000000000000000000000000000000000000000000000000000000000000";

/// The first request that starts with each of these meets its fault, and no other one.
fn once(faults: &'static [(&'static str, Fault)]) -> impl Fn(&str, usize) -> Fault {
    let met = Mutex::new(Vec::new());
    move |request, _| {
        let mut met = met.lock().unwrap();
        let fault = faults.iter().find(|(start, _)| request.starts_with(start) && !met.contains(start));
        let Some((start, fault)) = fault else { return Fault::None };
        met.push(*start);
        *fault
    }
}

#[test]
fn an_upload_that_is_reset_starts_over() {
    on_each_registry(|registry| {
        let services = Services::new();
        let service = services.add_on(&noise(400_000), "api", "one");
        let is_first = AtomicBool::new(true);
        let wire = Wire::in_front_of(registry.address(), move |request, length| {
            // The base layer is the only blob that is long enough to break off in the middle.
            let is_unlucky = request.starts_with("PUT /v2/unkeyed/api/blobs/uploads/") && length > 100_000;
            let is_unlucky = is_unlucky && is_first.swap(false, Ordering::Relaxed);
            if is_unlucky { Fault::Reset { after: 50_000 } } else { Fault::None }
        });
        let text = stderr(&push(wire.address(), &services.spec(&[&service]), &["--tag", "v1.0.0"]).success());
        assert!(text.contains("attempt 2 of up to 2"), "{text}");
        registry.assert_complete("unkeyed/api", "v1.0.0");
    });
}

#[test]
fn a_connection_that_stands_still_is_given_up_and_tried_again() {
    const FAULTS: &[(&str, Fault)] = &[
        ("HEAD /v2/unkeyed/api/manifests/v1.0.0", Fault::Silence),
        ("PUT /v2/unkeyed/api/blobs/", Fault::Silence),
        ("PUT /v2/unkeyed/api/manifests/v1.0.0", Fault::Silence),
    ];
    on_each_registry(|registry| {
        let services = Services::new();
        let service = services.add("api", "one");
        let wire = Wire::in_front_of(registry.address(), once(FAULTS));
        let arguments = ["--tag", "v1.0.0", "--timeout", "1"];
        let text = stderr(&push(wire.address(), &services.spec(&[&service]), &arguments).success());
        for operation in ["read tag `v1.0.0`", "send blob `sha256:", "write manifest `v1.0.0`"] {
            let line = format!("stopped answering: nothing moved for 1 s (to {operation}");
            assert!(text.contains(&line), "{line}: {text}");
        }
        registry.assert_complete("unkeyed/api", "v1.0.0");
    });
}

#[test]
fn a_registry_that_never_answers_is_an_error_in_the_end() {
    on_each_registry(|registry| {
        let services = Services::new();
        let spec = services.spec(&[&services.add("api", "one")]);
        let wire = Wire::in_front_of(registry.address(), |_, _| Fault::Silence);
        let text = stderr(&push(wire.address(), &spec, &["--tag", "v1.0.0", "--timeout", "1"]).code(2));
        assert!(text.contains("error: service `api`: registry"), "{text}");
        assert!(text.contains("hint: run the same command again, or wait longer with `--timeout SECONDS`"), "{text}");
    });
}

/// The tag is read twice before it is set; what is cut off comes then, and so often at most.
fn cut_read_back(most: usize) -> impl Fn(&str, usize) -> Fault {
    let count = AtomicUsize::new(0);
    move |request, _| {
        let is_read = request.starts_with("GET /v2/unkeyed/api/manifests/");
        let read_before = if is_read { count.fetch_add(1, Ordering::Relaxed) } else { 0 };
        let is_unlucky = read_before >= 2 && read_before - 2 < most;
        if is_unlucky { Fault::Cut { bytes: 5 } } else { Fault::None }
    }
}

#[test]
fn an_answer_that_is_cut_off_is_asked_for_again() {
    on_each_registry(|registry| {
        let services = Services::new();
        let spec = services.spec(&[&services.add("api", "one")]);
        let wire = Wire::in_front_of(registry.address(), cut_read_back(1));
        let text = stderr(&push(wire.address(), &spec, &["--tag", "v1.0.0"]).success());
        assert!(text.contains("to read tag `v1.0.0` back; attempt 2 of up to 2"), "{text}");
        registry.assert_complete("unkeyed/api", "v1.0.0");
    });
}

#[test]
fn a_tag_that_cannot_be_read_back_whole_is_an_error() {
    on_each_registry(|registry| {
        let services = Services::new();
        let spec = services.spec(&[&services.add("api", "one")]);
        let wire = Wire::in_front_of(registry.address(), cut_read_back(usize::MAX));
        let text = stderr(&push(wire.address(), &spec, &["--tag", "v1.0.0"]).code(2));
        assert!(text.contains("error: service `api`: cannot reach registry"), "{text}");
        registry.assert_complete("unkeyed/api", "v1.0.0");
    });
}

#[test]
fn a_wrong_digest_in_an_answer_ends_the_push_before_the_tag() {
    let cases: [(&str, &str, u16, &str); 5] = [
        ("HEAD", "/blobs/sha256:", 200, "says that blob `sha256:"),
        ("PUT", "/blobs/uploads/", 201, "says that blob `sha256:"),
        ("HEAD", "/manifests/sha256:", 200, "says that manifest `sha256:"),
        ("PUT", "/manifests/sha256:", 201, "says that manifest `sha256:"),
        ("PUT", "/manifests/v1.0.0", 201, "says that manifest `v1.0.0`"),
    ];
    on_each_registry(|registry| {
        for (number, (method, part, status, message)) in cases.into_iter().enumerate() {
            let services = Services::new();
            let name = format!("api{number}");
            let spec = services.spec(&[&services.add_on(name.as_bytes(), &name, &name)]);
            let is_wrong = move |ask: &Ask| ask.method == method && ask.path.contains(part);
            let proxy = Server::in_front_of(registry.address(), move |ask| {
                is_wrong(ask).then(|| reply(status, &[("docker-content-digest", OTHER)], "")).flatten()
            });
            let text = stderr(&push(proxy.address(), &spec, &["--tag", "v1.0.0"]).code(2));
            assert!(text.contains(message), "{method} {part}: {text}");
            assert!(text.contains(&format!("is `{OTHER}`, it should be `sha256:")), "{method} {part}: {text}");
            assert!(text.contains("something in between changes what is sent"), "{method} {part}: {text}");
            assert_eq!(registry.tag(&format!("unkeyed/{name}"), "v1.0.0"), None, "{method} {part}");
        }
    });
}

#[test]
fn a_tag_with_a_wrong_digest_is_another_image() {
    on_each_registry(|registry| {
        let services = Services::new();
        let spec = services.spec(&[&services.add("api", "one")]);
        let proxy = Server::in_front_of(registry.address(), |_| reply(200, &[("docker-content-digest", OTHER)], ""));
        let text = stderr(&push(proxy.address(), &spec, &["--tag", "v1.0.0"]).code(1));
        assert!(text.contains(&format!("already exists with another digest: it is `{OTHER}`")), "{text}");
        assert_eq!(proxy.writes(), [""; 0]);
    });
}

#[test]
fn a_permission_that_ends_in_the_middle_leaves_no_tag_and_the_next_push_goes_on() {
    let denied = r#"{"errors":[{"code":"DENIED","message":"no more"}]}"#;
    let cases = [("POST", "/blobs/uploads/"), ("PUT", "/blobs/uploads/"), ("PUT", "/sha256:"), ("PUT", "/v1.0.0")];
    on_each_registry(|registry| {
        for (number, (method, part)) in cases.into_iter().enumerate() {
            let services = Services::new();
            let name = format!("api{number}");
            let spec = services.spec(&[&services.add_on(name.as_bytes(), &name, &name)]);
            let proxy = Server::in_front_of(registry.address(), move |ask| {
                let is_denied = ask.method == method && ask.path.contains(part);
                is_denied.then(|| reply(403, &[], denied)).flatten()
            });
            let text = stderr(&push(proxy.address(), &spec, &["--tag", "v1.0.0"]).code(2));
            assert!(text.contains("(403 Forbidden, without credentials): DENIED: no more"), "{method} {part}: {text}");
            let repository = format!("unkeyed/{name}");
            assert_eq!(registry.tag(&repository, "v1.0.0"), None, "{method} {part}");
            push(registry.address(), &spec, &["--tag", "v1.0.0"]).success();
            registry.assert_complete(&repository, "v1.0.0");
        }
    });
}

#[test]
fn a_registry_without_uploads_in_chunks_is_none_the_wiser() {
    on_each_registry(|registry| {
        let services = Services::new();
        let spec = services.spec(&[&services.add_on(&noise(400_000), "api", "one")]);
        let proxy = Server::in_front_of(registry.address(), |ask| {
            (ask.method == "PATCH").then(|| reply(405, &[], "")).flatten()
        });
        push(proxy.address(), &spec, &["--tag", "v1.0.0"]).success();
        assert!(proxy.log().iter().all(|line| !line.starts_with("PATCH ")), "{:?}", proxy.log());
        registry.assert_complete("unkeyed/api", "v1.0.0");
    });
}

#[test]
fn an_ssh_server_is_told_by_its_name_at_once() {
    let services = Services::new();
    let spec = services.spec(&[&services.add("api", "one")]);
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    std::thread::spawn(move || {
        while let Ok((mut stream, _)) = listener.accept() {
            let _ = std::io::Write::write_all(&mut stream, b"SSH-2.0-OpenSSH_10.0\r\n");
        }
    });
    for scheme in ["", "https://"] {
        let text = stderr(&push(&format!("{scheme}{address}"), &spec, &["--tag", "v1.0.0"]).code(2));
        let told = format!(
            "what answers for registry `{address}` is an SSH server\n\nhint: check host and port of `--registry`"
        );
        assert!(text.contains(&told) && !text.contains("attempt 2"), "{text}");
    }
}
