//! Several `image push` of the same tag at once.

use std::ops::Range;
use std::process::{Child, Output};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier};

use crate::push::spawn;
use crate::support::registry::{Registry, on_each_registry};
use crate::support::server::{Ask, Server};
use crate::support::services::{Service, Services};

/// Whether a request is where both pushes have to meet before either goes on.
type Meeting = fn(&Ask) -> bool;

const GUARD: Meeting = |ask| ask.method == "HEAD" && ask.path.ends_with("/manifests/v1.0.0");
const SET_TAG: Meeting = |ask| ask.method == "PUT" && ask.path.ends_with("/manifests/v1.0.0");
/// Each has read the tag twice before it sets it.
const READ_BACK: Meeting = |ask| ask.method == "GET" && ask.path.ends_with("/manifests/v1.0.0");

/// Pushes both at once; each meeting is for those of its requests of both together, an even number.
fn race(
    registry: &Registry,
    services: &Services,
    both: [&Service; 2],
    meetings: &[(Meeting, Range<usize>)],
) -> [Output; 2] {
    let meetings: Vec<_> = meetings
        .iter()
        .map(|(meeting, which)| (*meeting, which.clone(), AtomicUsize::new(0), Barrier::new(2)))
        .collect();
    let meetings = Arc::new(meetings);
    let proxy = Server::in_front_of(registry.address(), move |ask| {
        for (meeting, which, count, barrier) in meetings.iter() {
            if meeting(ask) && which.contains(&count.fetch_add(1, Ordering::Relaxed)) {
                barrier.wait();
            }
        }
        None
    });
    both.map(|service| spawn(proxy.address(), &services.spec(&[service]), &["--tag", "v1.0.0"]))
        .map(|process: Child| process.wait_with_output().unwrap())
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn the_same_image_twice_succeeds_twice() {
    on_each_registry(|registry| {
        let services = Services::new();
        let service = services.add("api", "one");
        // Both find the tag absent until the end.
        for output in race(registry, &services, [&service, &service], &[(SET_TAG, 0..2)]) {
            assert!(output.status.success(), "{}", text(&output));
        }
        assert_eq!(registry.tag("unkeyed/api", "v1.0.0").unwrap(), service.digest);
        registry.assert_complete("unkeyed/api", "v1.0.0");
    });
}

#[test]
fn of_two_images_one_has_the_tag_and_who_has_it_knows() {
    on_each_registry(|registry| {
        let services = Services::new();
        let both = [services.add("api", "one"), services.add("api", "two")];
        // Both find the tag absent at first; what comes then is theirs.
        let outputs = race(registry, &services, both.each_ref(), &[(GUARD, 0..2)]);
        registry.assert_complete("unkeyed/api", "v1.0.0");
        let tag = registry.tag("unkeyed/api", "v1.0.0").unwrap();
        let winner = both.iter().position(|service| service.digest == tag).unwrap();
        assert!(outputs[winner].status.success(), "{}", text(&outputs[winner]));
        let loser = &outputs[1 - winner];
        let is_told = match loser.status.code() {
            Some(1) => text(loser).contains("already exists with another digest"),
            Some(2) => text(loser).contains("says that tag `v1.0.0` is `"),
            // It had set the tag and read it back before the other one, which had found it absent, set it.
            code => code == Some(0),
        };
        assert!(is_told, "{}", text(loser));
    });
}

#[test]
fn who_is_overtaken_between_the_last_look_and_the_tag_reads_it_back() {
    on_each_registry(|registry| {
        let services = Services::new();
        let both = [services.add("api", "one"), services.add("api", "two")];
        // The worst case: both find the tag absent right before they set it, and read it back when both have.
        let outputs = race(registry, &services, both.each_ref(), &[(SET_TAG, 0..2), (READ_BACK, 4..6)]);
        registry.assert_complete("unkeyed/api", "v1.0.0");
        let tag = registry.tag("unkeyed/api", "v1.0.0").unwrap();
        let winner = both.iter().position(|service| service.digest == tag).unwrap();
        assert!(outputs[winner].status.success(), "{}", text(&outputs[winner]));
        let (loser, wanted) = (&outputs[1 - winner], &both[1 - winner].digest);
        assert_eq!(loser.status.code(), Some(2), "{}", text(loser));
        let message = format!("says that tag `v1.0.0` is `{tag}`, it should be `{wanted}`");
        assert!(text(loser).contains(&message), "{}", text(loser));
        assert!(text(loser).contains("hint: another push set it at the same time"), "{}", text(loser));
    });
}
