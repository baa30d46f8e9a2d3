//! Challenges, tokens, and docker's stored credentials.

use std::sync::LazyLock;

use reqwest::Url;
use reqwest::header::HeaderMap;

use super::challenge::Challenge;
use super::credentials;
use super::{Actions, Scope, token};

/// Making a client reads the machine's certificates, which takes longer than all the rest.
static HTTP: LazyLock<reqwest::Client> = LazyLock::new(|| {
    crate::certificates::install_provider();
    reqwest::Client::new()
});

/// A challenge, and the token that buys what it asks for.
pub fn answer(headers: &HeaderMap, body: &[u8]) {
    if let Some(token) = token::read(body) {
        assert!(token.header.is_sensitive());
    }
    let base = Url::parse("https://ghcr.io/v2/").expect("it is a URL");
    let Some(Challenge::Bearer { realm, service, scopes }) = Challenge::from_headers(headers, &base) else { return };
    if !crate::http::is_allowed(&realm) {
        return;
    }
    let repository = "ghcr.io/unkeyed/api".parse().expect("it is a repository");
    let scope = Scope::new(&repository, Actions::PullAndPush, None);
    let credentials =
        credentials::Credentials::Password { user: "me".to_owned(), password: "hunter2".to_owned().into() };
    let request = token::request(&HTTP, &realm, service.as_deref(), &scope.with(&scopes), &credentials).build();
    assert!(
        request.is_ok_and(|request| !request.url().as_str().contains("hunter2") || realm.as_str().contains("hunter2"))
    );
}

/// Docker's `config.json`. Keys that name a helper are left out: a fuzzer is not to start programs.
///
/// # Panics
/// When a header with a password does not say that it is a secret.
pub fn docker_config(bytes: &[u8]) {
    crate::daemon::fuzzing::contexts(bytes);
    let Ok(mut value) = serde_json::from_slice::<serde_json::Value>(bytes) else { return };
    // An array would be taken for the fields in order, a helper's name among them.
    let Some(members) = value.as_object_mut() else { return };
    members.retain(|key, _| key != "credHelpers" && key != "credsStore");
    let text = value.to_string();
    for registry in ["docker.io", "ghcr.io", "127.0.0.1:5000"] {
        if let Ok(found) = credentials::look_up_in(text.as_bytes(), registry) {
            assert!(found.basic_header().is_none_or(|header| header.is_sensitive()));
        }
    }
}
