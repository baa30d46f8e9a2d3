//! `image push` to registries that are wrong about a tag at first, or keep it from being set twice.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::push::{push, stderr};
use super::registry::{Registry, on_each_registry};
use super::server::{Answer, Ask, Server, reply};
use super::services::Services;

const TAG: [&str; 2] = ["--tag", "v1.0.0"];
const PAGE: &str = "\n<html>404 default backend</html>";
const UNKNOWN: &str = r#"{"errors":[{"code":"MANIFEST_UNKNOWN","message":"manifest unknown"}]}"#;

fn is(ask: &Ask, method: &str) -> bool {
    ask.method == method && ask.path.ends_with("/manifests/v1.0.0")
}

/// Stands in front of a registry and answers some of the requests of one method for the tag itself.
fn answering(
    registry: &Registry,
    method: &'static str,
    answer: impl Fn(usize, &Ask) -> Answer + Send + Sync + 'static,
) -> Server {
    let count = AtomicUsize::new(0);
    Server::in_front_of(registry.address(), move |ask| {
        is(ask, method).then(|| answer(count.fetch_add(1, Ordering::Relaxed), ask)).flatten()
    })
}

#[test]
fn a_tag_that_only_get_knows_is_there() {
    on_each_registry(|registry| {
        let services = Services::new();
        let [one, other] = ["one", "two"].map(|content| services.add("api", content));
        push(registry.address(), &services.spec(&[&one]), &TAG).success();
        let server = answering(registry, "HEAD", |_, _| reply(404, &[], ""));
        let text = stderr(&push(server.address(), &services.spec(&[&other]), &TAG).code(1));
        assert!(text.contains(&one.digest) && text.contains(&other.digest), "{text}");
        let text = stderr(&push(server.address(), &services.spec(&[&one]), &TAG).success());
        assert!(text.contains("unchanged"), "{text}");
        assert_eq!(server.writes(), [""; 0]);
    });
}

#[test]
fn a_tag_that_shows_up_before_it_is_set_is_not_written_over() {
    on_each_registry(|registry| {
        let services = Services::new();
        let [one, other] = ["one", "two"].map(|content| services.add("api", content));
        push(registry.address(), &services.spec(&[&one]), &TAG).success();
        let count = AtomicUsize::new(0);
        let server = Server::in_front_of(registry.address(), move |ask| {
            let is_hidden = is(ask, "HEAD") || is(ask, "GET") && count.fetch_add(1, Ordering::Relaxed) == 0;
            is_hidden.then(|| reply(404, &[], UNKNOWN)).flatten()
        });
        push(server.address(), &services.spec(&[&other]), &TAG).code(1);
        assert_eq!(registry.tag("unkeyed/api", "v1.0.0").unwrap(), one.digest);
    });
}

#[test]
fn a_page_or_two_answers_that_differ_do_not_say_that_a_tag_is_new() {
    let (registry, services) = (Registry::start(), Services::new());
    let spec = services.spec(&[&services.add("api", "one")]);
    let pages: [fn(&Ask) -> Answer; 2] = [
        |ask| is(ask, "GET").then(|| reply(404, &[("content-type", "text/html")], PAGE)).flatten(),
        |ask| (is(ask, "GET") || is(ask, "HEAD")).then(|| reply(404, &[], PAGE)).flatten(),
    ];
    for answer in pages {
        let server = Server::in_front_of(registry.address(), answer);
        let text = stderr(&push(server.address(), &spec, &TAG).code(2));
        assert!(text.contains("tag `v1.0.0` is answered with `404 Not Found` and a web page"), "{text}");
        assert_eq!(server.writes(), [""; 0]);
    }
    let server = answering(&registry, "HEAD", |_, _| reply(200, &[], ""));
    let text = stderr(&push(server.address(), &spec, &TAG).code(2));
    assert!(text.contains("tag `v1.0.0` is there by `HEAD` and not by `GET`"), "{text}");
    assert_eq!(server.writes(), [""; 0]);
}
