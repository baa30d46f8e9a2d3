//! `image push` that is ended in the middle, and the run after it.

use std::path::Path;
use std::process::{Child, ExitStatus};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::sleep;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use crate::push::{push, reports, spawn};
use crate::support::registry::{Registry, on_each_registry};
use crate::support::server::{Server, reply};
use crate::support::services::Services;

/// One blob after the other: then the same request is always at the same place.
const ARGUMENTS: [&str; 4] = ["--tag", "v1.0.0", "--concurrency", "1"];

/// More requests than any push of the tests makes.
const MANY: usize = 100;

/// Starts a push and ends it by `signal` when its request with this number arrives; nothing when it makes fewer.
fn interrupt(registry: &Registry, spec: &Path, number: usize, signal: Signal) -> Option<ExitStatus> {
    let (is_over, is_reached) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
    let (over, reached) = (Arc::clone(&is_over), Arc::clone(&is_reached));
    let count = AtomicUsize::new(0);
    let proxy = Server::in_front_of(registry.address(), move |_| {
        if count.fetch_add(1, Ordering::Relaxed) + 1 != number {
            return None;
        }
        reached.store(true, Ordering::Relaxed);
        while !over.load(Ordering::Relaxed) {
            sleep(Duration::from_millis(5));
        }
        // It must not get through after all when its sender is dead.
        reply(503, &[], "")
    });
    let mut process = spawn(proxy.address(), spec, &ARGUMENTS);
    while !is_reached.load(Ordering::Relaxed) {
        if let Some(status) = process.try_wait().unwrap() {
            assert!(status.success(), "{status}");
            return None;
        }
        sleep(Duration::from_millis(5));
    }
    kill_process(pid(&process), signal).unwrap();
    let status = process.wait().unwrap();
    is_over.store(true, Ordering::Relaxed);
    Some(status)
}

fn pid(process: &Child) -> Pid {
    Pid::from_raw(process.id().try_into().unwrap()).unwrap()
}

#[test]
fn a_push_that_is_killed_at_any_request_leaves_a_tag_that_is_absent_or_complete() {
    on_each_registry(|registry| {
        let services = Services::new();
        let mut count = 0;
        for number in 1..MANY {
            // Another image in another repository each time: nothing is there.
            let name = format!("api{number}");
            let service = services.add_on(name.as_bytes(), &name, &name);
            let (spec, repository) = (services.spec(&[&service]), format!("unkeyed/{name}"));
            if interrupt(registry, &spec, number, Signal::KILL).is_none() {
                count = number - 1;
                break;
            }
            registry.assert_absent_or_complete(&repository, "v1.0.0");
            push(registry.address(), &spec, &["--tag", "v1.0.0"]).success();
            assert_eq!(registry.tag(&repository, "v1.0.0").unwrap(), service.digest);
            registry.assert_complete(&repository, "v1.0.0");
        }
        // Five blobs, two images, an index and a tag: each is looked for and written, and the tag is read back.
        assert!((20..MANY).contains(&count), "{count} requests");
    });
}

#[test]
fn what_has_arrived_before_a_kill_is_not_sent_again() {
    on_each_registry(|registry| {
        let services = Services::new();
        let service = services.add("api", "one");
        let spec = services.spec(&[&service]);
        // A tag is asked for twice, `/v2/` and five blobs once, two blobs take two requests each; the third one's bytes are next.
        interrupt(registry, &spec, 8 + 2 * 2 + 2, Signal::KILL).expect("there are more requests");
        assert_eq!(registry.tag("unkeyed/api", "v1.0.0"), None);
        let report = reports(&push(registry.address(), &spec, &["--tag", "v1.0.0", "--json"]).success());
        assert_eq!((&report[0]["blobs_sent"], &report[0]["blobs_existing"]), (&3.into(), &2.into()));
        registry.assert_complete("unkeyed/api", "v1.0.0");
    });
}

#[test]
fn an_interrupt_ends_the_process_at_once() {
    use std::os::unix::process::ExitStatusExt as _;
    on_each_registry(|registry| {
        let services = Services::new();
        let spec = services.spec(&[&services.add("api", "one")]);
        let status = interrupt(registry, &spec, 10, Signal::INT).expect("there are more requests");
        // What a shell calls 130.
        assert_eq!(status.signal(), Some(Signal::INT.as_raw()));
        assert_eq!(registry.tag("unkeyed/api", "v1.0.0"), None);
    });
}
