//! Challenges, tokens, and docker's stored credentials.

use std::sync::LazyLock;

use reqwest::Url;
use reqwest::header::HeaderMap;

use super::challenge::Challenge;
use super::{Actions, Scope, token};
use crate::credentials::{Credentials, DockerConfig, Place, Wanted};

/// Making a client reads the machine's certificates, which takes longer than all the rest.
static HTTP: LazyLock<reqwest::Client> = LazyLock::new(|| {
    http_client::certificates::install_provider();
    reqwest::Client::new()
});

/// A challenge, and the token that buys what it asks for.
pub fn answer(headers: &HeaderMap, body: &[u8]) {
    if let Some(token) = token::read(body) {
        assert!(token.header.is_sensitive());
    }
    let base = Url::parse("https://ghcr.io/v2/").expect("it is a URL");
    let Some(Challenge::Bearer { realm, service, scopes }) = Challenge::from_headers(headers, &base) else { return };
    if !http_client::is_allowed(&realm) {
        return;
    }
    let repository = "ghcr.io/unkeyed/api".parse().expect("it is a repository");
    let scope = Scope::new(&repository, Actions::PullAndPush, None);
    let credentials = Credentials::Password { user: "me".to_owned(), password: "hunter2".to_owned().into() };
    let request = token::request(&HTTP, &realm, service.as_deref(), &scope.with(&scopes), &credentials).build();
    assert!(
        request.is_ok_and(|request| !request.url().as_str().contains("hunter2") || realm.as_str().contains("hunter2"))
    );
}

/// Docker's `config.json`. Helpers are named and not started.
///
/// # Panics
/// When a header with a password does not say that it is a secret, or a helper is the path of a program.
pub fn docker_config(bytes: &[u8]) {
    let Ok(document) = DockerConfig::parse(Place::Variable("TEST"), bytes) else { return };
    for registry in ["docker.io", "ghcr.io", "127.0.0.1:5000"] {
        let wanted = Wanted::new(registry, "unkeyed/api");
        if let Ok(found) = document.stored(&wanted) {
            assert!(found.basic_header().is_none_or(|header| header.is_sensitive()));
        }
        if let Ok(Some(helper)) = document.helper(&wanted) {
            assert!(helper.program().starts_with("docker-credential-") && !helper.program().contains('/'));
        }
    }
}
