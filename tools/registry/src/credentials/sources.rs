//! Where credentials are looked for, in the order of go-containerregistry (`authn.DefaultKeychain`), with the variable that
//! docker's command line reads in front.
//!
//! A file that knows nothing of a registry leaves it to the next one, as podman does: people who log in with podman have a
//! `config.json` all the same. So does a file in a usual place that is out of reach, as another user's home is after `su`;
//! one that a variable names has to be readable.

use std::ffi::OsString;
use std::io;
use std::os::unix::ffi::OsStringExt as _;
use std::path::{Path, PathBuf};

use super::document::Document;
use super::place::Place;
use crate::Error;
use http_client::environment;

/// The document that is a variable's text.
pub(super) fn variable() -> Option<Result<Document, Error>> {
    let name = environment::DOCKER_AUTH_CONFIG;
    environment::read(name).map(|text| Document::parse(Place::Variable(name), &OsString::into_vec(text)))
}

/// The files that there are, each read when it is its turn.
pub(super) fn documents() -> impl Iterator<Item = Result<Document, Error>> {
    let docker = environment::read_path(environment::DOCKER_CONFIG).map(|folder| config_file(&folder));
    let named = [docker, environment::read_path(environment::REGISTRY_AUTH_FILE)];
    let files = files(environment::docker_config_folder(), environment::read_path);
    files.into_iter().filter_map(move |path| match Document::read(&path) {
        Err(error) if is_out_of_reach(&error) && !named.contains(&Some(path)) => None,
        read => read.transpose(),
    })
}

/// Whether the file cannot be this user's.
fn is_out_of_reach(error: &Error) -> bool {
    match error {
        Error::ReadConfig { source, .. } => source.kind() == io::ErrorKind::PermissionDenied,
        Error::ConfigFolder { .. } => true,
        _ => false,
    }
}

fn config_file(folder: &Path) -> PathBuf {
    folder.join("config.json")
}

/// Docker's file, the one that is named for podman and its kin, and podman's own two: the session's and the lasting one.
fn files(docker: Option<PathBuf>, path: impl Fn(&str) -> Option<PathBuf>) -> Vec<PathBuf> {
    let containers = |folder: PathBuf| folder.join("containers/auth.json");
    let session = path(environment::XDG_RUNTIME_DIR).map(containers);
    let config = path(environment::XDG_CONFIG_HOME);
    let config = config.or_else(|| path(environment::HOME).map(|home| home.join(".config")));
    [
        docker.map(|folder| config_file(&folder)),
        path(environment::REGISTRY_AUTH_FILE),
        Some(session.unwrap_or_else(without_session)),
        config.map(containers),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Where podman keeps what has no session's folder, which is where root mostly is.
fn without_session() -> PathBuf {
    format!("/run/containers/{}/auth.json", rustix::process::getuid().as_raw()).into()
}

#[cfg(test)]
mod tests {
    use terminal::Diagnostic as _;

    use super::*;

    fn shown(docker: Option<&str>, variables: &[(&str, &str)]) -> String {
        let read = |name: &str| variables.iter().find(|(key, _)| *key == name).map(|(_, value)| PathBuf::from(value));
        let files = files(docker.map(PathBuf::from), read);
        files.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(" ")
    }

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

    #[test]
    fn docker_s_file_goes_before_podman_s() {
        let variables = [("HOME", "/h"), ("XDG_RUNTIME_DIR", "/r"), ("REGISTRY_AUTH_FILE", "/named.json")];
        assert_eq!(
            shown(Some("/h/.docker"), &variables),
            "/h/.docker/config.json /named.json /r/containers/auth.json /h/.config/containers/auth.json"
        );
    }

    #[test]
    fn podman_s_folders_have_defaults_of_their_own() {
        let session = without_session();
        assert_eq!(shown(None, &[]), session.display().to_string());
        assert_eq!(
            shown(None, &[("HOME", "/h"), ("XDG_CONFIG_HOME", "/c")]),
            format!("{} /c/containers/auth.json", session.display())
        );
    }
}
