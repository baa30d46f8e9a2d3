//! `image push` where somebody else has the tag, or gets it first.

use std::path::Path;

use super::{push, stderr};
use crate::support::registry::{Registry, on_each_registry};
use crate::support::server::{Server, reply, reply_when};
use crate::support::services::Services;

const TAG: [&str; 2] = ["--tag", "v1.0.0"];
const IMMUTABLE_400: (u16, &str) = (400, r#"{"errors":[{"code":"TAG_INVALID","message":"the tag is immutable"}]}"#);
const IMMUTABLE_412: (u16, &str) = (412, r#"{"errors":[{"code":"PRECONDITION","message":"configured as immutable"}]}"#);

#[test]
fn another_image_under_the_same_tag_is_refused() {
    on_each_registry(|registry| {
        let services = Services::new();
        let [old, new] = ["one", "two"].map(|content| services.add("api", content));
        push(registry.address(), &services.spec(&[&old]), &TAG).success();
        // Whether or not `HEAD` knows the tag. The free tag is first, and is not set either.
        for hides_head in [false, true] {
            let server = Server::in_front_of(registry.address(), move |ask| {
                reply_when(hides_head && ask.is_manifest("HEAD", "v1.0.0"), 404, &[], "")
            });
            let refused = push(server.address(), &services.spec(&[&new]), &["--tag", "v1.0.1", "v1.0.0"]).code(1);
            let text = stderr(&refused.stdout(""));
            assert!(text.contains(&old.digest) && text.contains(&new.digest), "{text}");
            assert!(text.contains("hint: published tags never move"), "{text}");
            let text = stderr(&push(server.address(), &services.spec(&[&old]), &TAG).success());
            assert!(text.contains("unchanged"), "{text}");
            assert_eq!(server.writes(), [""; 0]);
        }
        assert_eq!(registry.tag("unkeyed/api", "v1.0.0").unwrap(), old.digest);
        assert_eq!(registry.tag("unkeyed/api", "v1.0.1"), None);
    });
}

#[test]
fn a_tag_that_appears_during_the_upload_is_not_overwritten() {
    on_each_registry(|registry| {
        let services = Services::new();
        let (mine, other) = (services.add("api", "one"), services.add("api", "two"));
        let (address, other_spec) = (registry.address().to_owned(), services.spec(&[&other]));
        let server = Server::in_front_of(registry.address(), move |ask| {
            // When the index arrives, everything is there but the tag.
            if ask.is_manifest("PUT", "sha256:") {
                push(&address, &other_spec, &TAG).success();
            }
            None
        });
        push(server.address(), &services.spec(&[&mine]), &TAG).code(1);
        assert_eq!(registry.tag("unkeyed/api", "v1.0.0").unwrap(), other.digest);
    });
}

/// Sets the tag behind the registry's back, by a push of its own, and answers as those do whose tags cannot be changed.
fn immutable(registry: &Registry, published: &Path, answers: &'static [(u16, &'static str)]) -> Server {
    let (address, published) = (registry.address().to_owned(), published.to_owned());
    Server::in_front_of(registry.address(), move |ask| {
        if !ask.is_manifest("PUT", "v1.0.0") {
            return None;
        }
        push(&address, &published, &TAG).success();
        let (status, body) = answers[ask.repeats.min(answers.len() - 1)];
        reply(status, &[], body)
    })
}

#[test]
fn who_is_refused_a_tag_that_has_this_image_has_succeeded() {
    let cases: [&[(u16, &str)]; 5] =
        [&[(503, ""), IMMUTABLE_400], &[IMMUTABLE_412], &[(409, "")], &[(405, "")], &[(403, "")]];
    let registry = Registry::start();
    for (number, answers) in cases.into_iter().enumerate() {
        let services = Services::new();
        let (own, taken) = (format!("api{number}"), format!("vault{number}"));
        let spec = services.spec(&[&services.add(&own, "one")]);
        push(immutable(&registry, &spec, answers).address(), &spec, &TAG).success();
        // Whoever was faster with another image has the tag.
        let [winner, loser] = ["one", "two"].map(|content| services.spec(&[&services.add(&taken, content)]));
        let text = stderr(&push(immutable(&registry, &winner, answers).address(), &loser, &TAG).code(1));
        assert!(text.contains("already exists with another digest"), "{text}");
    }
}
