//! Where credentials are looked for, in the order of go-containerregistry (`authn.DefaultKeychain`), with the variable that
//! docker's command line reads in front.
//!
//! A file that knows nothing of a registry leaves it to the next one, as podman does: people who log in with podman have a
//! `config.json` all the same. So does a file in a usual place that is out of reach, as another user's home is after `su`;
//! one that a variable names has to be readable.

use std::ffi::OsString;
use std::io;
use std::os::unix::ffi::OsStringExt as _;
use std::path::PathBuf;

use super::docker_config::DockerConfig;
use super::place::Place;
use crate::Error;
use http_client::environment;

/// The name of docker's file in its folder.
const CONFIG_FILE: &str = "config.json";

/// The document that is a variable's text.
pub(super) fn variable() -> Option<Result<DockerConfig, Error>> {
    let name = environment::DOCKER_AUTH_CONFIG;
    environment::read(name).map(|text| DockerConfig::parse(Place::Variable(name), &OsString::into_vec(text)))
}

/// The files that there are, each read when it is its turn.
pub(super) fn documents() -> impl Iterator<Item = Result<DockerConfig, Error>> {
    let docker = environment::read_path(environment::DOCKER_CONFIG).map(|folder| folder.join(CONFIG_FILE));
    let named = [docker, environment::read_path(environment::REGISTRY_AUTH_FILE)];
    files().into_iter().flatten().filter_map(move |path| match DockerConfig::read(&path) {
        Err(error) if is_out_of_reach(&error) && !named.contains(&Some(path)) => None,
        read => read.transpose(),
    })
}

/// Docker's file, the one that is named for podman and its kin, and podman's own two: the session's and the lasting one.
fn files() -> [Option<PathBuf>; 4] {
    // Where podman keeps what has no session's folder, which is where root mostly is.
    let without_session = || format!("/run/containers/{}", rustix::process::getuid().as_raw()).into();
    let session = environment::read_path(environment::XDG_RUNTIME_DIR).map(|folder| folder.join("containers"));
    let config = environment::read_path(environment::XDG_CONFIG_HOME)
        .or_else(|| environment::read_path(environment::HOME).map(|home| home.join(".config")));
    [
        environment::docker_config_folder().map(|folder| folder.join(CONFIG_FILE)),
        environment::read_path(environment::REGISTRY_AUTH_FILE),
        Some(session.unwrap_or_else(without_session).join("auth.json")),
        config.map(|folder| folder.join("containers/auth.json")),
    ]
}

/// Whether the file cannot be this user's.
fn is_out_of_reach(error: &Error) -> bool {
    match error {
        Error::ReadConfig { source, .. } => source.kind() == io::ErrorKind::PermissionDenied,
        Error::ConfigFolder { .. } => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use terminal::Diagnostic as _;

    use super::*;

    #[test]
    fn only_what_is_another_user_s_is_out_of_reach() {
        for (kind, expected) in [
            (io::ErrorKind::PermissionDenied, true),
            (io::ErrorKind::IsADirectory, false),
            (io::ErrorKind::Other, false),
        ] {
            let error = Error::ReadConfig { place: Place::File("/a".into()), source: kind.into() };
            assert_eq!(is_out_of_reach(&error), expected, "{kind}");
            assert!(error.hint().unwrap().starts_with("who may read `/a`?"));
        }
        assert!(is_out_of_reach(&Error::ConfigFolder { path: "/a/config.json".into() }));
        let broken = Error::Config { place: Place::Variable("A"), reason: String::new() };
        assert!(!is_out_of_reach(&broken));
    }
}
