//! Several services to one registry: what one repository has is mounted into the others and travels once.

use std::path::Path;

use crate::push::{push, reports, stderr};
use crate::support::registry::{Registry, on_each_registry};
use crate::support::server::{Answer, Ask, Server, reply};
use crate::support::services::{Service, Services, noise};

const NAMES: [&str; 7] = ["api", "vault", "ctrl", "frontline", "krane", "sentinel", "preflight"];

/// Blobs of a service that no other one has: two configs and two layers.
const OWN: u64 = 4;

/// Services with a common base layer and nothing else in common.
fn family(services: &Services) -> Vec<Service> {
    NAMES.iter().map(|name| services.add_on(&noise(200_000), name, name)).collect()
}

/// Pushes all; how many blobs were sent and mounted.
fn push_family(address: &str, spec: &Path) -> (u64, u64) {
    let report = reports(&push(address, spec, &["--tag", "v1.0.0", "--json"]).success());
    let sum = |field: &str| report.as_array().unwrap().iter().map(|one| one[field].as_u64().unwrap()).sum();
    (sum("blobs_sent"), sum("blobs_mounted"))
}

fn uploads(proxy: &Server) -> u64 {
    proxy.log().iter().filter(|line| line.starts_with("PUT ") && line.contains("/blobs/uploads/")).count() as u64
}

fn assert_all_complete(registry: &Registry) {
    for name in NAMES {
        registry.assert_complete(&format!("unkeyed/{name}"), "v1.0.0");
    }
}

fn is_mount(ask: &Ask) -> bool {
    ask.method == "POST" && ask.path.contains("mount=sha256")
}

#[test]
fn seven_services_send_their_base_layer_once() {
    let (registry, services) = (Registry::distribution(), Services::new());
    let family = family(&services);
    let proxy = Server::in_front_of(registry.address(), |_| None);
    let (sent, mounted) = push_family(proxy.address(), &services.spec(&family.iter().collect::<Vec<_>>()));
    assert_eq!((sent, mounted), (7 * OWN + 1, 6));
    assert_eq!(uploads(&proxy), sent);
    assert_all_complete(&registry);
}

#[test]
fn what_a_published_service_has_is_mounted_into_a_new_one() {
    let (registry, services) = (Registry::distribution(), Services::new());
    let family = family(&services);
    let (new, published) = family.split_last().unwrap();
    push_family(registry.address(), &services.spec(&published.iter().collect::<Vec<_>>()));
    let proxy = Server::in_front_of(registry.address(), |_| None);
    // The published ones are looked at in one request each, which is enough to know what they have.
    let spec = services.spec(&[new, &published[0], &published[1]]);
    let report = reports(&push(proxy.address(), &spec, &["--tag", "v1.0.0", "--json"]).success());
    assert_eq!((&report[0]["blobs_sent"], &report[0]["blobs_mounted"]), (&OWN.into(), &1.into()));
    assert_eq!((&report[1]["requests"], &report[2]["requests"]), (&1.into(), &1.into()));
    assert_all_complete(&registry);
}

#[test]
fn a_registry_that_cannot_mount_gets_the_bytes() {
    // Crane's registry answers 202 and wants the bytes.
    let (registry, services) = (Registry::start(), Services::new());
    let spec = services.spec(&family(&services).iter().collect::<Vec<_>>());
    assert_eq!(push_family(registry.address(), &spec), (7 * OWN + 7, 0));
    assert_all_complete(&registry);
    // Others do not know what is asked.
    for status in [202, 400, 403, 404, 405, 500, 501, 503, 504] {
        let (registry, services) = (Registry::distribution(), Services::new());
        let spec = services.spec(&family(&services).iter().collect::<Vec<_>>());
        let proxy =
            Server::in_front_of(registry.address(), move |ask| is_mount(ask).then(|| reply(status, &[], "")).flatten());
        assert_eq!(push_family(proxy.address(), &spec), (7 * OWN + 7, 0), "{status}");
        assert_all_complete(&registry);
    }
}

#[test]
fn a_mount_that_was_none_is_made_good_by_the_bytes() {
    let (registry, services) = (Registry::distribution(), Services::new());
    let spec = services.spec(&family(&services).iter().collect::<Vec<_>>());
    let proxy = Server::in_front_of(registry.address(), |ask| {
        is_mount(ask).then(|| reply(201, &[("location", "/v2/somewhere")], "")).flatten()
    });
    assert_eq!(push_family(proxy.address(), &spec), (7 * OWN + 7, 0));
    assert_all_complete(&registry);
}

#[test]
fn a_mount_that_meets_a_busy_registry_is_tried_again() {
    let (registry, services) = (Registry::distribution(), Services::new());
    let family = family(&services);
    let is_first = std::sync::atomic::AtomicBool::new(true);
    let proxy = Server::in_front_of(registry.address(), move |ask| {
        let is_unlucky = is_mount(ask) && is_first.swap(false, std::sync::atomic::Ordering::Relaxed);
        is_unlucky.then(|| reply(503, &[("retry-after", "0")], "")).flatten()
    });
    let spec = services.spec(&family.iter().collect::<Vec<_>>());
    assert_eq!(push_family(proxy.address(), &spec), (7 * OWN + 1, 6));
    assert_all_complete(&registry);
}

#[test]
fn who_waits_for_a_service_that_fails_sends_by_itself() {
    on_each_registry(|registry| {
        let services = Services::new();
        let [api, vault] = ["api", "vault"].map(|name| services.add_on(&noise(200_000), name, name));
        let proxy = Server::in_front_of(registry.address(), |ask| {
            ask.line().starts_with("PUT /v2/unkeyed/api/blobs/").then(|| reply(403, &[], "")).flatten()
        });
        let text = stderr(&push(proxy.address(), &services.spec(&[&api, &vault]), &["--tag", "v1.0.0"]).code(2));
        assert!(text.contains("error: service `api`") && !text.contains("error: service `vault`"), "{text}");
        assert_eq!(registry.tag("unkeyed/api", "v1.0.0"), None);
        registry.assert_complete("unkeyed/vault", "v1.0.0");
    });
}

/// A registry with tokens that say how many repositories they are for; `most` is what its token server grants.
fn with_scopes(registry: &Registry, most: usize) -> Server {
    Server::in_front_of(registry.address(), move |ask| {
        let (scopes, header) = (ask.path.matches("scope=").count(), ask.header("authorization"));
        if !ask.path.starts_with("/token") {
            let is_allowed = if is_mount(ask) { header == "Bearer for-2" } else { header.starts_with("Bearer for-") };
            return if is_allowed || ask.path == "/v2/" { None } else { challenge(ask) };
        }
        if scopes > most {
            return reply(403, &[], r#"{"errors":[{"code":"DENIED","message":"too much"}]}"#);
        }
        reply(200, &[], format!(r#"{{"token": "for-{scopes}", "expires_in": 300}}"#))
    })
}

fn challenge(ask: &Ask) -> Answer {
    let challenge = format!(r#"Bearer realm="http://{}/token",service="test""#, ask.header("host"));
    reply(401, &[("www-authenticate", &challenge)], "")
}

#[test]
fn only_a_mount_needs_a_token_for_two_repositories() {
    let (registry, services) = (Registry::distribution(), Services::new());
    let spec = services.spec(&family(&services).iter().collect::<Vec<_>>());
    assert_eq!(push_family(with_scopes(&registry, 2).address(), &spec), (7 * OWN + 1, 6));
    assert_all_complete(&registry);
    // Two requests say that all is in place: one is refused, or none where the token comes first, and one is answered.
    let proxy = with_scopes(&registry, 1);
    let report = reports(&push(proxy.address(), &spec, &["--tag", "v1.0.0", "--json"]).success());
    let requests: Vec<_> = report.as_array().unwrap().iter().map(|one| one["requests"].as_u64().unwrap()).collect();
    assert!(requests.iter().all(|requests| *requests <= 3), "{requests:?}");
}

#[test]
fn a_token_server_that_refuses_to_read_elsewhere_costs_the_mount_only() {
    let (registry, services) = (Registry::distribution(), Services::new());
    let spec = services.spec(&family(&services).iter().collect::<Vec<_>>());
    assert_eq!(push_family(with_scopes(&registry, 1).address(), &spec), (7 * OWN + 7, 0));
    assert_all_complete(&registry);
}
