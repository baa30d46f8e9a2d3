//! `image push` over TLS, to registries on this machine that have certificates of an authority of the test.

use std::path::Path;

use assert_cmd::assert::Assert;

use super::{stderr, stdout};
use crate::support::certificates::{Certificates, NAME};
use crate::support::registry::{Registry, on_each_registry};
use crate::support::services::Services;

fn push(address: &str, spec: &Path, authorities: Option<&Path>) -> Assert {
    let mut command = super::command(address, spec, &["--tag", "v1.0.0", "--attempts", "3"]);
    // A relative file is found where the command was typed.
    command.env("BUILD_WORKING_DIRECTORY", spec.parent().unwrap());
    command.env_remove("SSL_CERT_FILE").env_remove("SSL_CERT_DIR");
    authorities.map(|path| command.env("SSL_CERT_FILE", path));
    assert_cmd::Command::from_std(command).assert()
}

#[test]
fn an_authority_of_one_s_own_is_trusted_when_it_is_named() {
    let services = Services::new();
    let certificates = Certificates::new(&services.path(""));
    let registry = Registry::distribution_with_tls(&certificates.certificate, &certificates.key);
    let service = services.add("api", "one");
    let spec = services.spec(&[&service]);
    let address = format!("https://{}", registry.address());

    let text = stderr(&push(&address, &spec, None).code(2));
    assert!(text.contains("UnknownIssuer"), "{text}");
    assert!(text.contains("name the authority's PEM file in `SSL_CERT_FILE`; the system's stay trusted"), "{text}");
    // It does not become trusted by asking again.
    assert!(!text.contains("attempt 2"), "{text}");

    let pushed = push(&address, &spec, Some(&certificates.authority)).success();
    assert_eq!(stdout(&pushed), format!("{}/unkeyed/api@{}\n", registry.address(), service.digest));
    let unchanged = stderr(&push(&address, &spec, Some(Path::new("authority.pem"))).success());
    assert!(unchanged.contains("unchanged"), "{unchanged}");
}

#[test]
fn a_certificate_that_is_named_is_its_own_authority_for_the_names_in_it() {
    for is_authority in [true, false] {
        let services = Services::new();
        let certificates = Certificates::self_signed(&services.path(""), is_authority, "127.0.0.1");
        let registry = Registry::distribution_with_tls(&certificates.certificate, &certificates.key);
        let spec = services.spec(&[&services.add("api", "one")]);
        let address = format!("https://{}", registry.address());
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
        let named = Certificates::self_signed(others.path(), is_authority, NAME);
        let registry = Registry::distribution_with_tls(&named.certificate, &named.key);
        let address = format!("https://{}", registry.address());
        let text = stderr(&push(&address, &spec, Some(&named.certificate)).code(2));
        assert!(text.contains("hint: the certificate is another server's: name the server as"), "{text}");
    }
}

#[test]
fn https_to_a_registry_in_plain_http_is_told() {
    let services = Services::new();
    let spec = services.spec(&[&services.add("api", "one")]);
    on_each_registry(|registry| {
        let text = stderr(&push(&format!("https://{}", registry.address()), &spec, None).code(2));
        assert!(text.contains("does not speak TLS at that port"), "{text}");
    });
}

#[test]
fn plain_http_to_a_registry_with_tls_is_an_error() {
    let services = Services::new();
    let certificates = Certificates::new(&services.path(""));
    let registry = Registry::distribution_with_tls(&certificates.certificate, &certificates.key);
    let spec = services.spec(&[&services.add("api", "one")]);
    for scheme in ["", "http://"] {
        let address = format!("{scheme}{}", registry.address());
        let text = stderr(&push(&address, &spec, Some(&certificates.authority)).code(2));
        assert!(text.contains("400 Bad Request"), "{text}");
    }
}

#[test]
fn a_file_without_certificates_is_named() {
    let services = Services::new();
    let spec = services.spec(&[&services.add("api", "one")]);
    let text = stderr(&push("https://127.0.0.1:1", &spec, Some(&spec)).code(2));
    assert!(text.contains(&format!("cannot read the certificates in `{}`", spec.display())), "{text}");
    assert!(text.contains("hint: `SSL_CERT_FILE` must name a PEM file"), "{text}");
}
