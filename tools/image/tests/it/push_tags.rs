//! `image push` to registries that are wrong about a tag at first, or keep it from being set twice.

use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use super::push::{push, stderr};
use super::registry::{Registry, on_each_registry};
use super::server::{Answer, Ask, Server, reply};
use super::services::Services;

const TAG: [&str; 2] = ["--tag", "v1.0.0"];
const ECR: (u16, &str) = (400, r#"{"errors":[{"code":"TAG_INVALID","message":"the tag is immutable"}]}"#);
const HARBOR: (u16, &str) = (412, r#"{"errors":[{"code":"PRECONDITION","message":"configured as immutable"}]}"#);
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

/// Sets the tag behind the registry's back, by a push of its own, and answers as those do whose tags cannot be changed.
fn immutable(registry: &Registry, published: &Path, answers: &'static [(u16, &'static str)]) -> Server {
    let (address, published) = (registry.address().to_owned(), published.to_owned());
    answering(registry, "PUT", move |count, _| {
        push(&address, &published, &TAG).success();
        let (status, body) = answers[count.min(answers.len() - 1)];
        reply(status, &[], body)
    })
}

#[test]
fn who_is_refused_a_tag_that_has_this_image_has_succeeded() {
    let cases: [&[(u16, &str)]; 5] = [&[(503, ""), ECR], &[HARBOR], &[(409, "")], &[(405, "")], &[(403, "")]];
    on_each_registry(|registry| {
        for (number, answers) in cases.into_iter().enumerate() {
            let services = Services::new();
            let (own, taken) = (format!("api{number}"), format!("vault{number}"));
            let spec = services.spec(&[&services.add(&own, "one")]);
            push(immutable(registry, &spec, answers).address(), &spec, &TAG).success();
            // Whoever was faster with another image has the tag.
            let [winner, loser] = ["one", "two"].map(|content| services.spec(&[&services.add(&taken, content)]));
            let text = stderr(&push(immutable(registry, &winner, answers).address(), &loser, &TAG).code(1));
            assert!(text.contains("already exists with another digest"), "{text}");
        }
    });
}

#[test]
fn a_tag_that_is_refused_and_absent_is_told_in_the_registry_s_words() {
    let (registry, services) = (Registry::start(), Services::new());
    let spec = services.spec(&[&services.add("api", "one")]);
    let server = answering(&registry, "PUT", |_, _| {
        reply(400, &[], r#"{"errors":[{"code":"TAG_INVALID","message":"no such names"}]}"#)
    });
    let text = stderr(&push(server.address(), &spec, &TAG).code(2));
    assert!(text.contains("TAG_INVALID: no such names") && !text.contains("https://"), "{text}");
}

#[test]
fn what_was_just_written_and_is_not_known_yet_is_asked_for_again() {
    for body in [UNKNOWN, r#"{"errors":[{"code":"NOT_FOUND"}]}"#, "", PAGE] {
        let (registry, services) = (Registry::start(), Services::new());
        let service = services.add("api", "one");
        // The tag is read twice before it is set.
        let server = answering(&registry, "GET", move |count, _| (count == 2).then(|| reply(404, &[], body)).flatten());
        let text = stderr(&push(server.address(), &services.spec(&[&service]), &TAG).success());
        assert!(text.contains("took tag `v1.0.0` and answers `404 Not Found`"), "{text}");
    }
    let (registry, services) = (Registry::start(), Services::new());
    let service = services.add("api", "one");
    let (path, is_first) = (format!("/manifests/{}", service.digest), AtomicBool::new(true));
    let server = Server::in_front_of(registry.address(), move |ask| {
        let is_index = ask.method == "PUT" && ask.path.ends_with(&path);
        (is_index && is_first.swap(false, Ordering::Relaxed)).then(|| reply(404, &[], UNKNOWN)).flatten()
    });
    push(server.address(), &services.spec(&[&service]), &TAG).success();
    registry.assert_complete("unkeyed/api", "v1.0.0");
}

#[test]
fn a_tag_that_never_shows_is_an_error_in_the_end() {
    let (registry, services) = (Registry::start(), Services::new());
    let spec = services.spec(&[&services.add("api", "one")]);
    let server = answering(&registry, "GET", |_, _| reply(404, &[], UNKNOWN));
    let text = stderr(&push(server.address(), &spec, &TAG).code(2));
    assert!(text.contains("error: service `api`: registry") && text.contains("to who reads it"), "{text}");
    assert!(text.contains("hint: run the same command again"), "{text}");
}
