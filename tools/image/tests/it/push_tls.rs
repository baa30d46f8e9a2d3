//! `image push` over TLS, to registries on this machine that have certificates of an authority of the test.

use std::path::Path;

use assert_cmd::assert::Assert;

use super::certificates::{Certificates, NAME};
use super::push::{stderr, stdout};
use super::registry::{Registry, on_each_registry};
use super::services::Services;

fn push(registry: &str, spec: &Path, authorities: Option<&Path>) -> Assert {
    let mut command = super::image();
    command.args(["push", "--attempts", "3", "--tag", "v1.0.0", "--registry", registry, "--spec"]).arg(spec);
    command
        .env("DOCKER_CONFIG", spec.with_extension("no-config"))
        .env_remove("SSL_CERT_FILE")
        .env_remove("SSL_CERT_DIR");
    authorities.map(|path| command.env("SSL_CERT_FILE", path));
    command.assert()
}

#[test]
fn an_authority_of_one_s_own_is_trusted_when_it_is_named() {
    let services = Services::new();
    let certificates = Certificates::new(&services.path(""));
    let registry = Registry::distribution_with_tls(&certificates.certificate, &certificates.key);
    let service = services.add("api", "one");
    let spec = services.spec(&[&service]);
    let address = format!("https://{}/unkeyed", registry.address());

    let text = stderr(&push(&address, &spec, None).code(2));
    assert!(text.contains("UnknownIssuer"), "{text}");
    assert!(text.contains("name the authority's PEM file in `SSL_CERT_FILE`; the system's stay trusted"), "{text}");
    // It does not become trusted by asking again.
    assert!(!text.contains("attempt 2"), "{text}");

    let pushed = push(&address, &spec, Some(&certificates.authority)).success();
    assert_eq!(stdout(&pushed), format!("{}/unkeyed/api@{}\n", registry.address(), service.digest));
    let unchanged = stderr(&push(&address, &spec, Some(&certificates.authority)).success());
    assert!(unchanged.contains("unchanged"), "{unchanged}");
}

#[test]
fn a_certificate_that_is_named_is_its_own_authority() {
    for is_authority in [true, false] {
        let services = Services::new();
        let certificates = Certificates::self_signed(&services.path(""), is_authority, "127.0.0.1");
        let registry = Registry::distribution_with_tls(&certificates.certificate, &certificates.key);
        let spec = services.spec(&[&services.add("api", "one")]);
        let address = format!("https://{}/unkeyed", registry.address());
        push(&address, &spec, None).code(2);
        // Among others, one of which no program understands.
        let bundle = services.path("bundle.pem");
        let other = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n".to_owned();
        let own = std::fs::read_to_string(&certificates.certificate).unwrap();
        std::fs::write(&bundle, other + &own).unwrap();
        push(&address, &spec, Some(&bundle)).success();
        // Another certificate for the same name is not this one.
        let others = tempfile::tempdir().unwrap();
        let another = Certificates::self_signed(others.path(), is_authority, "127.0.0.1");
        push(&address, &spec, Some(&another.certificate)).code(2);
    }
}

#[test]
fn a_certificate_is_for_the_names_in_it() {
    for is_authority in [true, false] {
        let services = Services::new();
        let certificates = Certificates::self_signed(&services.path(""), is_authority, NAME);
        let registry = Registry::distribution_with_tls(&certificates.certificate, &certificates.key);
        let spec = services.spec(&[&services.add("api", "one")]);
        let address = format!("https://{}/unkeyed", registry.address());
        let text = stderr(&push(&address, &spec, Some(&certificates.certificate)).code(2));
        assert!(text.contains("hint: the certificate is another server's: name the registry as"), "{text}");
    }
}

#[test]
fn https_to_a_registry_in_plain_http_is_told() {
    let services = Services::new();
    let spec = services.spec(&[&services.add("api", "one")]);
    on_each_registry(|registry| {
        let text = stderr(&push(&format!("https://{}/unkeyed", registry.address()), &spec, None).code(2));
        assert!(text.contains("does not speak TLS at that port"), "{text}");
    });
}

#[test]
fn a_relative_file_is_found_where_the_command_was_typed() {
    let services = Services::new();
    let certificates = Certificates::new(&services.path(""));
    let registry = Registry::distribution_with_tls(&certificates.certificate, &certificates.key);
    let spec = services.spec(&[&services.add("api", "one")]);
    let mut command = super::image();
    let address = format!("https://{}/unkeyed", registry.address());
    command.args(["push", "--attempts", "1", "--tag", "v1.0.0", "--registry", &address, "--spec"]).arg(&spec);
    command.env("DOCKER_CONFIG", services.path("none")).env("SSL_CERT_FILE", "authority.pem");
    command.env("BUILD_WORKING_DIRECTORY", services.path("")).assert().success();
}

#[test]
fn plain_http_to_a_registry_with_tls_is_an_error() {
    let services = Services::new();
    let certificates = Certificates::new(&services.path(""));
    let registry = Registry::distribution_with_tls(&certificates.certificate, &certificates.key);
    let spec = services.spec(&[&services.add("api", "one")]);
    for scheme in ["", "http://"] {
        let address = format!("{scheme}{}/unkeyed", registry.address());
        let text = stderr(&push(&address, &spec, Some(&certificates.authority)).code(2));
        assert!(text.contains("400 Bad Request"), "{text}");
    }
}

#[test]
fn a_file_without_certificates_is_named() {
    let services = Services::new();
    let spec = services.spec(&[&services.add("api", "one")]);
    let text = stderr(&push("https://127.0.0.1:1/unkeyed", &spec, Some(&spec)).code(2));
    assert!(text.contains(&format!("cannot read the certificates in `{}`", spec.display())), "{text}");
    assert!(text.contains("hint: `SSL_CERT_FILE` must name a PEM file"), "{text}");
}
