//! `image push` to each registry in each place where people have one: by itself, behind a password, with tokens, with TLS,
//! behind a proxy. All parts are real but the proxy, which is a tunnel of the test, and the token server.

use std::ffi::OsString;
use std::path::Path;

use crate::push::{reports, stderr};
use crate::support::certificates::{Certificates, NAME};
use crate::support::nginx::{Front, Guarded, in_front_of};
use crate::support::registry::{Registry, on_each_registry};
use crate::support::server::{Server, reply};
use crate::support::services::Services;
use crate::support::tokens::Tokens;
use crate::support::tunnel::Tunnel;

/// A way to a registry.
struct Way {
    /// What stands in front of `/unkeyed`.
    address: String,
    /// What the environment says about it.
    environment: Vec<(&'static str, OsString)>,
    /// How many requests it takes to see that nothing is to be done.
    requests: u64,
}

impl Way {
    fn to(address: impl Into<String>, requests: u64) -> Self {
        Self { address: address.into(), environment: Vec::new(), requests }
    }

    fn with(mut self, name: &'static str, value: impl Into<OsString>) -> Self {
        self.environment.push((name, value.into()));
        self
    }

    /// Pushes an image, the same once more, and another one under the same tag.
    fn check(&self, services: &Services) {
        let [one, other] = ["one", "two"].map(|content| services.add("api", content));
        let first = reports(&self.push(&services.spec(&[&one])).success());
        assert_eq!(
            (&first[0]["digest"], &first[0]["tags"][0]["outcome"]),
            (&one.digest.clone().into(), &"pushed".into())
        );
        let second = reports(&self.push(&services.spec(&[&one])).success());
        assert_eq!(second[0]["tags"][0]["outcome"], "unchanged");
        assert_eq!((&second[0]["requests"], &second[0]["bytes_sent"]), (&self.requests.into(), &0.into()));
        let refused = self.push(&services.spec(&[&other])).code(1);
        let text = String::from_utf8(refused.get_output().stdout.clone()).unwrap();
        assert!(text.contains(&one.digest) && text.contains(&other.digest), "{text}");
    }

    fn push(&self, spec: &Path) -> assert_cmd::assert::Assert {
        let mut command = super::command(&self.address, spec, &["--tag", "v1.0.0", "--json"]);
        command.env("DOCKER_CONFIG", spec.with_file_name("docker"));
        for name in ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy", "NO_PROXY", "no_proxy", "SSL_CERT_FILE"] {
            command.env_remove(name);
        }
        command.envs(self.environment.iter().cloned());
        assert_cmd::Command::from_std(command).assert()
    }
}

/// `octocat` with the password `hunter2`, for a host.
fn log_in(services: &Services, host: &str) {
    services.docker_config(&format!(r#"{{"auths": {{"{host}": {{"auth": "b2N0b2NhdDpodW50ZXIy"}}}}}}"#));
}

#[test]
fn bare() {
    on_each_registry(|registry| Way::to(registry.address(), 1).check(&Services::new()));
}

#[test]
fn behind_a_password() {
    on_each_registry(|registry| {
        for (guarded, requests) in [(Guarded::Everything, 2), (Guarded::Writing, 1)] {
            let services = Services::new();
            let front = Front { password: Some(guarded), ..Front::default() };
            let nginx = in_front_of(registry.address(), front);
            log_in(&services, nginx.address());
            let way = Way::to(nginx.address(), requests);
            if guarded == Guarded::Writing {
                way.push(&services.spec(&[&services.add("vault", "one")])).success();
                continue;
            }
            way.check(&services);
            // Once it is known how nginx wants to be asked, it is asked so at once, for each of the three pushes.
            let refused = nginx.requests().iter().filter(|request| request.status == 401).count();
            assert_eq!(refused, 3, "{:?}", nginx.requests());
        }
    });
}

#[test]
fn behind_a_limit() {
    on_each_registry(|registry| {
        let services = Services::new();
        let nginx = in_front_of(registry.address(), Front { limit: Some(64), ..Front::default() });
        let spec = services.spec(&[&services.add("api", "one")]);
        let text = stderr(&crate::push::push(nginx.address(), &spec, &["--tag", "v1.0.0"]).code(2));
        assert!(text.contains("answered `413 Payload Too Large` to: send blob"), "{text}");
        assert!(text.contains("`client_max_body_size`") && !text.contains("attempt 2"), "{text}");
        assert_eq!(registry.tag("unkeyed/api", "v1.0.0"), None);
    });
}

#[test]
fn with_tokens() {
    let services = Services::new();
    let tokens = Tokens::start(&services.path(""));
    let registry = Registry::distribution_with(&tokens.settings());
    log_in(&services, registry.address());
    // The question that is refused, the token, and the question once more.
    Way::to(registry.address(), 3).check(&services);
}

#[test]
fn with_tls_and_through_a_proxy() {
    on_each_registry(|registry| {
        let services = Services::new();
        let certificates = Certificates::new(&services.path(""));
        let tls = Some((certificates.certificate.as_path(), certificates.key.as_path()));
        let front = Front { tls, password: Some(Guarded::Everything), ..Front::default() };
        let nginx = in_front_of(registry.address(), front);
        log_in(&services, nginx.address());
        let way = |address: &str| Way::to(address, 2).with("SSL_CERT_FILE", &certificates.authority);
        way(&format!("https://{}", nginx.address())).push(&services.spec(&[&services.add("vault", "one")])).success();
        log_in(&services, NAME);
        let tunnel = Tunnel::to(nginx.address(), Some("Basic b2N0b2NhdDpodW50ZXIy"));
        let way = way(NAME).with("https_proxy", format!("octocat:hunter2@{}", tunnel.address()));
        way.with("NO_PROXY", "xample, .other:443").check(&services);
        assert!(tunnel.log().iter().all(|line| line == &format!("CONNECT {NAME}:443")), "{:?}", tunnel.log());
    });
}

#[test]
fn a_proxy_that_does_not_let_through_is_named() {
    let services = Services::new();
    let spec = services.spec(&[&services.add("api", "one")]);
    let tunnel = Tunnel::to(&parts::ports::free_address(), Some("Basic b2N0b2NhdDpodW50ZXIy"));
    // Whoever is not known there is not known a moment later either.
    for (proxy, hint) in [
        (tunnel.address(), "`HTTPS_PROXY`, which wants to know who asks: put `USER:PASSWORD@` in front"),
        (&parts::ports::free_address(), "`HTTPS_PROXY`: is that right, and does it let this through?"),
        (Server::start(|_| reply(403, &[], "forbidden")).address(), "`HTTPS_PROXY`: is that right, and does it let"),
    ] {
        let text = stderr(&Way::to(NAME, 0).with("HTTPS_PROXY", format!("http://{proxy}")).push(&spec).code(2));
        assert!(text.contains(&format!("`{NAME}` is reached by the proxy of {hint}")), "{text}");
        assert_eq!(tunnel.log().len(), 1);
    }
    for exceptions in
        ["*", "registry.example", ".example", "REGISTRY.example:443", "a.example b.example,registry.example"]
    {
        let way =
            Way::to(NAME, 0).with("HTTPS_PROXY", format!("http://{}", tunnel.address())).with("no_proxy", exceptions);
        let text = stderr(&way.push(&spec).code(2));
        assert!(text.contains(&format!("is `{NAME}` running and reachable from here?")), "{exceptions}: {text}");
    }
    assert_eq!(tunnel.log().len(), 1, "{:?}", tunnel.log());
    let text = stderr(&Way::to(NAME, 0).with("ALL_PROXY", "socks5://127.0.0.1:1080").push(&spec).code(2));
    assert!(text.contains("`ALL_PROXY` names no proxy that can be used: `socks5` is not spoken here"), "{text}");
}
