//! Who we are to a registry: from docker's `config.json` and the credential helpers that it names.

use std::fs::File;
use std::io;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use docker_credential::{CredentialRetrievalError, DockerCredential};
use reqwest::header::HeaderValue;

use super::super::error::RegistryError;
use crate::environment;
use crate::secret::Secret;

/// The key that docker stores Docker Hub's credentials under.
const DOCKER_HUB_KEY: &str = "https://index.docker.io/v1/";

/// What every credential helper says when it has nothing, on top of a failing exit status.
const HELPER_HAS_NOTHING: &str = "credentials not found";

/// What docker has stored for a registry.
#[derive(Clone, Debug)]
pub(super) enum Credentials {
    Anonymous,
    Password { user: String, password: Secret },
    IdentityToken(Secret),
}

impl Credentials {
    /// The `Authorization` header of the Basic scheme, which knows only users and passwords.
    pub(super) fn basic_header(&self) -> Option<HeaderValue> {
        let Self::Password { user, password } = self else { return None };
        let encoded = STANDARD.encode(format!("{user}:{}", password.expose()));
        let mut value = HeaderValue::from_str(&format!("Basic {encoded}")).ok()?;
        value.set_sensitive(true);
        Some(value)
    }

    /// For errors.
    pub(super) fn describe(&self) -> &'static str {
        match self {
            Self::Anonymous => "without credentials",
            Self::Password { .. } | Self::IdentityToken(_) => "with the configured credentials",
        }
    }
}

/// Looks the registry up. No configuration and no entry mean anonymous; anything else that fails is an error, since a
/// silent fall back to anonymous would show as a baffling refusal later.
pub(super) async fn find(registry: &str) -> Result<Credentials, RegistryError> {
    let name = registry.to_owned();
    let error = |reason| RegistryError::Credentials { registry: registry.to_owned(), reason };
    // A helper is a process that may ask the user or the network.
    match tokio::task::spawn_blocking(move || look_up(&name)).await {
        Ok(found) => found.map_err(error),
        Err(panicked) => Err(error(panicked.to_string())),
    }
}

fn look_up(registry: &str) -> Result<Credentials, String> {
    let Some(path) = environment::docker_config_folder().map(|folder| folder.join("config.json")) else {
        return Ok(Credentials::Anonymous);
    };
    let file = match File::open(&path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Credentials::Anonymous),
        Err(error) => return Err(format!("`{}` cannot be read: {error}", path.display())),
    };
    look_up_in(io::BufReader::new(file), registry).map_err(|reason| format!("{reason} (`{}`)", path.display()))
}

/// What docker files a registry's credentials under.
pub(crate) fn key(registry: &str) -> &str {
    match registry {
        "docker.io" | "index.docker.io" => DOCKER_HUB_KEY,
        other => other,
    }
}

/// What a `config.json` says, helpers asked.
pub(super) fn look_up_in(config: impl io::Read, registry: &str) -> Result<Credentials, String> {
    from_docker(docker_credential::get_credential_from_reader(config, key(registry)))
}

fn from_docker(found: Result<DockerCredential, CredentialRetrievalError>) -> Result<Credentials, String> {
    match found {
        Ok(DockerCredential::IdentityToken(token)) => Ok(Credentials::IdentityToken(token.into())),
        Ok(DockerCredential::UsernamePassword(user, password)) => {
            Ok(Credentials::Password { user, password: password.into() })
        }
        Err(CredentialRetrievalError::NoCredentialConfigured) => Ok(Credentials::Anonymous),
        Err(CredentialRetrievalError::HelperFailure { stdout, .. }) if stdout.contains(HELPER_HAS_NOTHING) => {
            Ok(Credentials::Anonymous)
        }
        // What a helper prints may hold the secret itself, so only its name is passed on.
        Err(CredentialRetrievalError::HelperFailure { helper, .. }) => {
            Err(format!("credential helper `{helper}` failed"))
        }
        Err(other) => Err(other.to_string().to_lowercase()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn helper_failure(stdout: &str) -> Result<DockerCredential, CredentialRetrievalError> {
        Err(CredentialRetrievalError::HelperFailure {
            helper: "docker-credential-x".to_owned(),
            stdout: stdout.to_owned(),
            stderr: String::new(),
        })
    }

    #[test]
    fn a_helper_without_an_entry_means_anonymous() {
        let found = from_docker(helper_failure("credentials not found in native keychain\n"));
        assert!(matches!(found, Ok(Credentials::Anonymous)));
    }

    #[test]
    fn a_failing_helper_is_named_and_its_output_is_not() {
        let error = from_docker(helper_failure("hunter2")).unwrap_err();
        assert_eq!(error, "credential helper `docker-credential-x` failed");
    }

    #[test]
    fn basic_headers_are_sensitive() {
        let credentials = Credentials::Password { user: "a".to_owned(), password: "b".to_owned().into() };
        let header = credentials.basic_header().unwrap();
        assert_eq!((header.to_str().unwrap(), header.is_sensitive()), ("Basic YTpi", true));
        assert!(Credentials::Anonymous.basic_header().is_none());
    }
}
