//! Whom a push says to be: every place that credentials are found in, every form that they have there, and which of them
//! wins. The registry only listens to who is there.

use std::fs;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use assert_cmd::assert::Assert;
use serde_json::{Value, json};

use crate::push::stderr;
use crate::support::server::{Server, reply};
use crate::support::services::Services;

/// `u:p` and `old:old`, as docker stores them.
const STORED: &str = "dTpw";
const OLD: &str = "b2xkOm9sZA==";

const BASIC: &str = "Basic dTpw";

/// A registry that lets nobody in, and a home folder.
struct Scene {
    services: Services,
    server: Server,
    seen: Arc<Mutex<Vec<String>>>,
    variables: Vec<(&'static str, String)>,
}

impl Scene {
    fn new() -> Self {
        let seen = Arc::new(Mutex::new(Vec::new()));
        let server = Server::start({
            let seen = Arc::clone(&seen);
            move |ask| {
                seen.lock().unwrap().push(ask.header("authorization").to_owned());
                reply(401, &[("www-authenticate", r#"Basic realm="test""#)], "")
            }
        });
        let services = Services::new();
        fs::create_dir(services.path("bin")).unwrap();
        Self { services, server, seen, variables: Vec::new() }
    }

    /// One whose docker has this configuration, `HOST` being the registry's address.
    fn with(config: &str) -> Self {
        let scene = Self::new();
        scene.write(".docker/config.json", config);
        scene
    }

    /// Writes a file of the home folder.
    fn write(&self, path: &str, text: &str) -> PathBuf {
        let path = self.services.path(path);
        parts::files::write(&path, self.named(text));
        path
    }

    fn named(&self, text: &str) -> String {
        text.replace("HOST", self.server.address())
    }

    fn set(mut self, name: &'static str, value: impl Into<String>) -> Self {
        let value = self.named(&value.into());
        self.variables.push((name, value));
        self
    }

    /// A credential helper that answers this; what it was asked for is in `asked`.
    fn helper(self, name: &str, answer: &str, status: i32) -> Self {
        let asked = self.services.path("asked").display().to_string();
        let script = format!("#!/bin/sh\n(cat; echo) >>'{asked}'\ncat <<'END'\n{answer}\nEND\nexit {status}\n");
        parts::files::write_program(&self.services.path(&format!("bin/docker-credential-{name}")), self.named(&script));
        self
    }

    fn asked(&self) -> String {
        fs::read_to_string(self.services.path("asked")).unwrap_or_default()
    }

    /// Pushes to `HOST/team-a/api`.
    fn push(&self) -> Assert {
        let mut image = crate::image();
        let registry = format!("{}/team-a", self.server.address());
        image.args(["push", "--attempts", "1", "--tag", "v1.0.0", "--registry", &registry, "--spec"]);
        image.arg(self.services.spec(&[&self.services.add("api", "one")]));
        for name in ["DOCKER_CONFIG", "DOCKER_AUTH_CONFIG", "REGISTRY_AUTH_FILE", "XDG_CONFIG_HOME"] {
            image.env_remove(name);
        }
        image.env("HOME", self.services.path("")).env("XDG_RUNTIME_DIR", self.services.path("run"));
        image.env("PATH", format!("{}:/usr/bin:/bin", self.services.path("bin").display()));
        image.envs(self.variables.iter().map(|(name, value)| (name, value))).assert()
    }

    /// Who came, by the last request; empty for nobody.
    fn sent(&self) -> String {
        let text = stderr(&self.push().code(2));
        assert!(text.contains("(401 Unauthorized, with"), "{text}");
        self.seen.lock().unwrap().pop().unwrap()
    }

    /// Nothing was sent, and why.
    fn refused(&self) -> String {
        let text = stderr(&self.push().code(2));
        assert!(
            text.contains(&format!("cannot get the credentials of registry `{}`: ", self.server.address())),
            "{text}"
        );
        assert!(!text.contains("hunter2"), "{text}");
        assert!(self.seen.lock().unwrap().iter().all(String::is_empty));
        text
    }
}

fn auths(key: &str, auth: &str) -> Value {
    json!({"auths": {key: {"auth": auth}}})
}

#[test]
fn entries_in_every_form() {
    for (entry, expected) in [
        (json!({"auth": STORED}), BASIC),
        (json!({"username": "u", "password": "p"}), BASIC),
        (json!({"auth": "", "username": "u", "password": "p"}), BASIC),
        (json!({"auth": "dT\r\npw\n"}), BASIC),
        // With what `echo` and old decoders leave behind it.
        (json!({"auth": "dTpwCg=="}), BASIC),
        (json!({"auth": "dTpwAAA="}), BASIC),
        (json!({"Auth": STORED, "identityToken": null}), BASIC),
        (json!({"auth": "dTpwOnA6cQ"}), "Basic dTpwOnA6cQ=="),
        (json!({"auth": STORED, "identitytoken": ""}), BASIC),
        (json!({"registrytoken": "abc"}), "Bearer abc"),
        (json!({"auth": STORED, "registrytoken": "abc"}), "Bearer abc"),
        (json!({"auth": ""}), ""),
        (json!({}), ""),
        (Value::Null, ""),
    ] {
        let scene = Scene::with(&json!({"auths": {"b.io": null, "HOST": entry, "c.io": {"auth": "%"}}}).to_string());
        assert_eq!(scene.sent(), expected, "{entry}");
    }
}

#[test]
fn keys_in_every_spelling() {
    for key in
        ["HOST", "HOST/", "HOST/v1/", "HOST/v2/", "http://HOST/v2/", "https://HOST", "HOST/team-a", "HOST/team-a/api"]
    {
        assert_eq!(Scene::with(&auths(key, STORED).to_string()).sent(), BASIC, "{key}");
    }
    for key in ["HOST/team-b", "HOST/team-a/api/x", "HOST/team", "127.0.0.1", "localhost"] {
        assert_eq!(Scene::with(&auths(key, STORED).to_string()).sent(), "", "{key}");
    }
    for config in [
        json!({"auths": {"HOST": {"auth": OLD}, "HOST/team-a": {"auth": STORED}, "HOST/team-b": {"auth": OLD}}}),
        // An entry that says nobody leaves it to the next.
        json!({"auths": {"HOST/team-a": {}, "HOST": null, "https://HOST/v1/": {"auth": STORED}}}),
        json!({"HttpHeaders": 5, "Auths": {"HOST": {"auth": STORED}}}),
    ] {
        assert_eq!(Scene::with(&config.to_string()).sent(), BASIC, "{config}");
    }
}

#[test]
fn an_empty_configuration_is_none() {
    for text in ["", "\n", "{}", "null", r#"{"auths": null}"#, r#"{"auths": {}, "credsStore": ""}"#] {
        assert_eq!(Scene::with(text).sent(), "", "{text:?}");
    }
}

#[test]
fn helpers_go_before_what_an_earlier_login_left() {
    let answer = r#"{"ServerURL": "HOST", "Username": "u", "Secret": "p"}"#;
    for config in [
        json!({"auths": {"HOST": {"auth": OLD}}, "credsStore": "test"}),
        json!({"auths": {"HOST": {"auth": OLD}}, "credHelpers": {"HOST": "test"}}),
        json!({"credHelpers": {"HOST": "test"}, "credsStore": "other"}),
        json!({"credHelpers": {"HOST/team-a": "test"}}),
    ] {
        let scene = Scene::with(&config.to_string()).helper("test", answer, 0);
        assert_eq!(scene.sent(), BASIC, "{config}");
        assert_eq!(scene.asked(), format!("{}\n", scene.server.address()));
    }
    let config = json!({"auths": {"HOST": {"auth": STORED}}, "credsStore": "test"}).to_string();
    for (answer, status) in [
        ("credentials not found in native keychain", 1),
        ("The specified item could not be found in the keychain.", 1),
        ("{}", 0),
        ("", 0),
        (r#"{"Username": "<token>", "Secret": ""}"#, 0),
    ] {
        assert_eq!(Scene::with(&config).helper("test", answer, status).sent(), BASIC, "{answer}");
    }
    // An empty name takes the registry out of the store's hands.
    let config = json!({"auths": {"HOST": {"auth": STORED}}, "credHelpers": {"HOST": ""}, "credsStore": "test"});
    let scene = Scene::with(&config.to_string()).helper("test", r#"{"Username": "q", "Secret": "hunter2"}"#, 0);
    assert_eq!((scene.sent().as_str(), scene.asked().as_str()), (BASIC, ""));
}

#[test]
fn what_a_helper_cannot_do_is_told_by_its_name() {
    let scene = Scene::with(r#"{"credsStore": "gone"}"#);
    let text = scene.refused();
    let config = scene.services.path(".docker/config.json").display().to_string();
    assert!(
        text.contains(&format!(
            "`{config}` names a credential helper that does not work: cannot run the credential helper \
             `docker-credential-gone`: No such file or directory"
        )),
        "{text}"
    );
    let hint = format!("hint: `docker-credential-gone` is not on the `PATH`: install it, or take it out of `{config}`");
    assert!(text.contains(&hint), "{text}");

    for (answer, status, told) in [
        ("hunter2", 3, "the credential helper `docker-credential-test` does not get: exit status: 3"),
        ("hunter2", 0, "`docker-credential-test` answers with something else than credentials"),
        (r#"["u", "hunter2"]"#, 0, "`docker-credential-test` answers with something else than credentials"),
    ] {
        let text = Scene::with(r#"{"credsStore": "test"}"#).helper("test", answer, status).refused();
        assert!(text.contains(told), "{text}");
    }
    let text = Scene::with(r#"{"credsStore": "x/../../evil"}"#).refused();
    assert!(text.contains("`x/../../evil` is no helper's name: it has a `/` in it"), "{text}");
}

#[test]
fn what_cannot_be_read_is_told_by_its_place() {
    for (config, reason) in [
        ("{", "is no configuration of docker's: EOF while parsing an object at line 1 column 1"),
        ("[]", "is no configuration of docker's: it is not an object"),
        ("\u{feff}{}", "is no configuration of docker's: it begins with a byte order mark"),
        (r#"{"auths": ["hunter2"]}"#, "is no configuration of docker's: its `auths` is of the wrong kind"),
        (r#"{"auths": {"HOST": "hunter2"}}"#, "cannot be used: it is neither an object nor `null`"),
        (r#"{"auths": {"HOST": {"auth": "aHVudGVyMg=="}}}"#, "cannot be used: its `auth` is not `user:password`"),
        (r#"{"auths": {"HOST": {"auth": "%%%"}}}"#, "cannot be used: its `auth` is not base64"),
        (r#"{"auths": {"HOST": {"auth": "//79"}}}"#, "cannot be used: its `auth` is not UTF-8"),
        (r#"{"auths": {"HOST": {"auth": 5}}}"#, "cannot be used: a member of it is not text"),
        (r#"{"credsStore": 1}"#, "its `credsStore` is of the wrong kind"),
        (r#"{"credHelpers": {"HOST": {}}}"#, "its `credHelpers` is of the wrong kind"),
    ] {
        let scene = Scene::with(config);
        let text = scene.refused();
        let place = format!("`{}`", scene.services.path(".docker/config.json").display());
        assert!(text.contains(reason) && text.contains(&place), "{text}");
        assert!(text.contains("\n\nhint: "), "{text}");
    }
    let text = Scene::new().set("DOCKER_AUTH_CONFIG", "{").refused();
    assert!(text.contains("`DOCKER_AUTH_CONFIG` is no configuration of docker's: EOF"), "{text}");
    assert!(text.contains("hint: mend `DOCKER_AUTH_CONFIG`, or unset it"), "{text}");
}

#[test]
fn every_place_is_looked_at_and_the_first_that_knows_the_registry_wins() {
    let found = auths("HOST", STORED).to_string();
    let [session, lasting] = ["run/containers/auth.json", ".config/containers/auth.json"];
    for path in [".docker/config.json", session, lasting] {
        let scene = Scene::new();
        scene.write(path, &found);
        assert_eq!(scene.sent(), BASIC, "{path}");
    }
    let scene = Scene::with(&found);
    scene.write(session, &auths("HOST", OLD).to_string());
    assert_eq!(scene.sent(), BASIC);
    // A configuration of docker's that is for something else is no reason to be nobody.
    let scene = Scene::with(r#"{"currentContext": "default", "auths": {"b.io": {"auth": "%"}}}"#);
    scene.write(session, &found);
    scene.write(lasting, &auths("HOST", OLD).to_string());
    assert_eq!(scene.sent(), BASIC);
}

#[test]
fn variables_name_other_places() {
    let (found, old) = (auths("HOST", STORED).to_string(), auths("HOST", OLD).to_string());
    assert_eq!(Scene::with(&old).set("DOCKER_AUTH_CONFIG", &*found).sent(), BASIC);
    assert_eq!(Scene::with(&found).set("DOCKER_AUTH_CONFIG", auths("b.io", OLD).to_string()).sent(), BASIC);
    // A relative one begins where the command was typed.
    for (path, variable, value) in [
        ("dc/config.json", "DOCKER_CONFIG", "dc"),
        ("named.json", "REGISTRY_AUTH_FILE", "./named.json"),
        ("xdg/containers/auth.json", "XDG_CONFIG_HOME", "xdg"),
        ("home/.docker/config.json", "HOME", "home"),
    ] {
        let scene = Scene::new();
        scene.write(path, &found);
        let absolute = scene.services.path(value).display().to_string();
        assert_eq!(scene.set(variable, absolute).sent(), BASIC, "{variable}");
        let scene = Scene::new();
        scene.write(path, &found);
        let typed = scene.services.path("").display().to_string();
        assert_eq!(scene.set(variable, value).set("BUILD_WORKING_DIRECTORY", typed).sent(), BASIC, "{variable}");
    }
}

#[test]
fn a_file_that_is_named_for_its_folder_is_told() {
    let scene = Scene::new();
    let file = scene.write("elsewhere/config.json", &auths("HOST", STORED).to_string()).display().to_string();
    let text = scene.set("DOCKER_CONFIG", &*file).refused();
    assert!(text.contains(&format!("`{file}` is a file, not the folder of one")), "{text}");
    assert_eq!(Scene::new().set("DOCKER_CONFIG", "/dev/null").sent(), "", "which says that there is none");
}

#[test]
fn a_variable_that_says_nothing_leaves_it_to_the_files() {
    let found = auths("HOST", STORED).to_string();
    let helpers = json!({"credsStore": "gone", "credHelpers": {"HOST": "gone"}}).to_string();
    let broken = auths("HOST", "%").to_string();
    for text in [helpers.as_str(), "/builds/project.tmp/DOCKER_AUTH_CONFIG", "[]", broken.as_str()] {
        assert_eq!(Scene::with(&found).set("DOCKER_AUTH_CONFIG", text).sent(), BASIC, "{text}");
    }
    assert_eq!(Scene::new().set("DOCKER_AUTH_CONFIG", helpers).sent(), "");
    let text = Scene::new().set("DOCKER_AUTH_CONFIG", "/builds/project.tmp/DOCKER_AUTH_CONFIG").refused();
    assert!(text.contains("hint: mend `DOCKER_AUTH_CONFIG`, or unset it"), "{text}");
}

#[test]
fn a_usual_place_that_cannot_be_one_is_stepped_over() {
    let found = auths("HOST", STORED).to_string();
    for path in [".docker", "run/containers"] {
        let scene = Scene::new();
        scene.write(path, "");
        scene.write(".config/containers/auth.json", &found);
        assert_eq!(scene.sent(), BASIC, "{path}");
    }
    let scene = Scene::with(&found);
    let named = scene.write("file", "").join("auth.json").display().to_string();
    let expected = format!("`{}` is a file, not the folder of one", scene.services.path("file").display());
    fs::remove_file(scene.services.path(".docker/config.json")).unwrap();
    let text = scene.set("REGISTRY_AUTH_FILE", named).refused();
    assert!(text.contains(&expected), "{text}");
}
