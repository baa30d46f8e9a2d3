//! `image login`: what is stored where, what stays as it is, what is refused; and that push finds it.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::PathBuf;

use assert_cmd::assert::Assert;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use parts::terminal;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::push::stderr;
use crate::support::registry::on_each_registry;
use crate::support::server::{Server, reply};
use crate::support::services::Services;

/// `octocat:hunter2`.
const STORED: &str = "b2N0b2NhdDpodW50ZXIy";

/// A folder for docker's configuration, and one for programs beside it.
struct Home(TempDir);

impl Home {
    fn new() -> Self {
        let home = Self(tempfile::tempdir().unwrap());
        fs::create_dir(home.path("bin")).unwrap();
        home
    }

    /// One with this configuration.
    fn with(config: &str) -> Self {
        let home = Self::new();
        fs::create_dir(home.path("docker")).unwrap();
        fs::write(home.config(), config).unwrap();
        home
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn config(&self) -> PathBuf {
        self.path("docker/config.json")
    }

    fn document(&self) -> Value {
        serde_json::from_str(&fs::read_to_string(self.config()).unwrap()).unwrap()
    }

    /// A credential helper that keeps what it gets, and ends with this status.
    fn helper(&self, name: &str, status: i32) -> PathBuf {
        let (program, kept) = (self.path(&format!("bin/docker-credential-{name}")), self.path("kept"));
        let script =
            format!("#!/bin/sh\necho \"$1\" >'{0}.verb'\ncat >'{0}'\necho hunter2\nexit {status}\n", kept.display());
        parts::files::write_program(&program, script);
        kept
    }

    fn login(&self, registry: &str, password: &str) -> Assert {
        self.command(registry).write_stdin(password).assert()
    }

    fn command(&self, registry: &str) -> assert_cmd::Command {
        let mut image = self.image();
        image.args(["login", registry, "--username", "octocat", "--password-stdin"]);
        image
    }

    fn logout(&self, registry: &str) -> Assert {
        self.image().args(["logout", registry]).assert()
    }

    fn image(&self) -> assert_cmd::Command {
        let mut image = crate::image();
        image.env("DOCKER_CONFIG", self.path("docker"));
        image.env("PATH", format!("{}:/usr/bin:/bin", self.path("bin").display()));
        image
    }
}

/// The login ended with status 2 and left the configuration as it was.
fn refused(home: &Home, outcome: Assert, before: Option<&str>) -> String {
    let text = stderr(&outcome.code(2).stdout(""));
    assert_eq!(fs::read_to_string(home.config()).ok().as_deref(), before, "{text}");
    assert!(!text.contains("hunter2") && !text.contains(STORED), "{text}");
    text
}

#[test]
fn what_is_stored_is_what_push_sends() {
    on_each_registry(|registry| {
        let services = Services::new();
        let service = services.add("api", "one");
        let server = Server::in_front_of(registry.address(), |ask| {
            let is_known = ask.header("authorization") == format!("Basic {STORED}");
            (!is_known).then(|| reply(401, &[("www-authenticate", r#"Basic realm="test""#)], "")).flatten()
        });
        let home = Home::new();
        home.login(&format!("{}/unkeyed", server.address()), "hunter2\n").success();
        let target = format!("{}/unkeyed", server.address());
        let mut push = crate::image();
        push.args(["push", "--attempts", "1", "--tag", "v1.0.0", "--registry", &target, "--spec"]);
        push.arg(services.spec(&[&service])).env("DOCKER_CONFIG", home.path("docker")).assert().success();
        assert_eq!(registry.tag("unkeyed/api", "v1.0.0").unwrap(), service.digest);
    });
}

#[test]
fn a_new_file_is_for_its_owner_s_eyes() {
    let home = Home::new();
    let text = stderr(&home.login("ghcr.io", "hunter2").success().stdout(""));
    assert_eq!(text, format!("ghcr.io: stored in `{}`, which is not encrypted\n", home.config().display()));
    assert_eq!(home.document(), json!({"auths": {"ghcr.io": {"auth": STORED}}}));
    for (path, mode) in [(home.config(), 0o600), (home.path("docker"), 0o700)] {
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, mode, "{}", path.display());
    }
    assert_eq!(fs::read_dir(home.path("docker")).unwrap().count(), 1, "nothing is left beside it");
}

#[test]
fn what_else_is_in_the_file_stays_in_its_place() {
    let home = Home::with(
        r#"{"z": [1.5], "auths": {"a.io": {"auth": "x"}, "ghcr.io": {"identitytoken": "old"}}, "credHelpers": {"b.io": "c"}}"#,
    );
    fs::set_permissions(home.config(), fs::Permissions::from_mode(0o644)).unwrap();
    let text = stderr(&home.login("https://ghcr.io/unkeyed", "hunter2").success());
    let expected = json!({
        "z": [1.5],
        "auths": {"a.io": {"auth": "x"}, "ghcr.io": {"auth": STORED}},
        "credHelpers": {"b.io": "c"},
    });
    assert_eq!(home.document().to_string(), expected.to_string(), "the order too");
    assert_eq!(fs::metadata(home.config()).unwrap().permissions().mode() & 0o777, 0o644, "the mode too");
    assert!(text.ends_with("which is not encrypted and which others may read\n"), "{text}");
}

#[test]
fn a_relative_folder_begins_where_the_command_was_typed() {
    let cases = [("dc", "dc"), ("./dc", "dc"), ("deep/er", "deep/er"), ("../typed/dc", "../typed/dc"), (".", "")];
    for (relative, below) in cases {
        let home = Home::new();
        let [typed, runfiles] = ["typed", "runfiles"].map(|name| home.path(name));
        // A folder of the same name that the program starts beside is another one.
        for folder in [&typed, &runfiles.join("dc")] {
            fs::create_dir_all(folder).unwrap();
        }
        let mut login = home.command("ghcr.io");
        login.env("DOCKER_CONFIG", relative).env("BUILD_WORKING_DIRECTORY", &typed).current_dir(&runfiles);
        let text = stderr(&login.write_stdin("hunter2").assert().success());
        let written = typed.join(below).join("config.json");
        assert!(fs::read_to_string(&written).unwrap().contains(STORED), "{relative}");
        assert!(text.starts_with(&format!("ghcr.io: stored in `{}`", written.display())), "{text}");
        assert!(!runfiles.join("dc/config.json").exists() && !runfiles.join("config.json").exists());
        let mut logout = home.image();
        logout.args(["logout", "ghcr.io"]).env("DOCKER_CONFIG", relative).env("BUILD_WORKING_DIRECTORY", &typed);
        assert!(stderr(&logout.current_dir(&runfiles).assert().success()).contains("removed from"));
        assert!(!fs::read_to_string(&written).unwrap().contains(STORED), "{relative}");
    }
    let home = Home::new();
    let mut login = home.command("ghcr.io");
    login.env("DOCKER_CONFIG", "dc").env_remove("BUILD_WORKING_DIRECTORY").current_dir(home.path("bin"));
    let text = stderr(&login.write_stdin("hunter2").assert().success());
    assert!(text.contains(&format!("stored in `{}`", home.path("bin/dc/config.json").display())), "{text}");
}

#[test]
fn the_file_is_no_folder() {
    let home = Home::with("{}");
    for verb in ["login", "logout"] {
        let mut command = if verb == "login" { home.command("ghcr.io") } else { home.image() };
        if verb == "logout" {
            command.args(["logout", "ghcr.io"]);
        }
        let outcome = command.env("DOCKER_CONFIG", home.config()).write_stdin("hunter2").assert();
        let text = refused(&home, outcome, Some("{}"));
        let expected = format!("error: `{}` is a file, not the folder of one", home.config().display());
        assert!(text.starts_with(&expected), "{text}");
        assert!(text.contains("hint: `DOCKER_CONFIG` names the folder that `config.json` is in"), "{text}");
    }
}

#[test]
fn an_empty_file_is_written_like_none() {
    for config in ["", "\n", "null", "{}", r#"{"auths": null}"#] {
        let home = Home::with(config);
        home.login("ghcr.io", "hunter2").success();
        assert_eq!(home.document(), json!({"auths": {"ghcr.io": {"auth": STORED}}}), "{config:?}");
    }
}

#[test]
fn a_link_stays_a_link() {
    for is_there in [true, false] {
        let home = Home::with("{}");
        let elsewhere = home.path("elsewhere.json");
        fs::rename(home.config(), &elsewhere).unwrap();
        symlink(&elsewhere, home.config()).unwrap();
        if !is_there {
            fs::remove_file(&elsewhere).unwrap();
        }
        home.login("ghcr.io", "hunter2").success();
        assert!(fs::symlink_metadata(home.config()).unwrap().is_symlink());
        assert!(fs::read_to_string(elsewhere).unwrap().contains(STORED));
    }
}

#[test]
fn a_logout_takes_every_spelling_away_and_nothing_else() {
    let home = Home::with(
        r#"{"auths": {"GHCR.io": {"auth": "x"}, "https://ghcr.io/v1/": {}, "a.io": {"auth": "x"}, "ghcr.io/team": {}}, "z": 1}"#,
    );
    home.login("ghcr.io", "hunter2").success();
    let text = stderr(&home.logout("ghcr.io/unkeyed").success().stdout(""));
    assert_eq!(text, format!("ghcr.io: removed from `{}`\n", home.config().display()));
    assert_eq!(home.document(), json!({"auths": {"a.io": {"auth": "x"}, "ghcr.io/team": {}}, "z": 1}));
    let before = fs::read_to_string(home.config()).unwrap();
    assert_eq!(stderr(&home.logout("ghcr.io").success()), "ghcr.io: nothing is stored\n");
    assert_eq!(fs::read_to_string(home.config()).unwrap(), before);
    assert_eq!(stderr(&Home::new().logout("docker.io").success()), "docker.io: nothing is stored\n");
}

#[test]
fn a_logout_has_the_helper_forget() {
    let home = Home::with(r#"{"credsStore": "test", "auths": {"https://index.docker.io/v1/": {}}}"#);
    let kept = home.helper("test", 0);
    let text = stderr(&home.logout("docker.io").success());
    let removed = format!("docker.io: removed from `{}`\n", home.config().display());
    assert_eq!(text, format!("docker.io: forgotten by `docker-credential-test`\n{removed}"));
    assert_eq!(fs::read_to_string(&kept).unwrap(), "https://index.docker.io/v1/");
    assert_eq!(fs::read_to_string(kept.with_extension("verb")).unwrap(), "erase\n");
    assert_eq!(home.document(), json!({"credsStore": "test", "auths": {}}));
    home.helper("test", 1);
    let text = stderr(&home.logout("docker.io").code(2));
    assert!(text.contains("the credential helper `docker-credential-test` does not erase: exit status: 1"), "{text}");
    assert!(!text.contains("hunter2"), "{text}");
}

#[test]
fn a_helper_that_does_not_erase_leaves_no_password_in_the_file() {
    for (members, status) in [
        (r#""credsStore": "test""#, Some(1)),
        (r#""credsStore": "gone""#, None),
        (r#""credHelpers": {"ghcr.io": "gone"}"#, None),
        (r#""credsStore": "../evil""#, None),
    ] {
        let home =
            Home::with(&format!(r#"{{{members}, "auths": {{"ghcr.io": {{"auth": "{STORED}"}}, "a.io": {{}}}}}}"#));
        status.map(|status| home.helper("test", status));
        let text = stderr(&home.logout("ghcr.io").code(2));
        assert!(text.contains("names a credential helper that does not work: "), "{text}");
        assert_eq!(home.document()["auths"], json!({"a.io": {}}), "{members}");
    }
}

#[test]
fn a_helper_gets_what_it_is_configured_for_and_the_file_does_not() {
    for (config, registry) in [
        (r#"{"credsStore": "test", "auths": {"ghcr.io": {"auth": "old"}}}"#, "ghcr.io"),
        (r#"{"credsStore": "other", "credHelpers": {"ghcr.io": "test"}}"#, "ghcr.io"),
        (r#"{"credHelpers": {"https://index.docker.io/v1/": "test"}}"#, "docker.io"),
    ] {
        let home = Home::with(config);
        let kept = home.helper("test", 0);
        let text = stderr(&home.login(registry, "hunter2").success().stdout(""));
        assert_eq!(text, format!("{registry}: stored by `docker-credential-test`\n"));
        let key = if registry == "docker.io" { "https://index.docker.io/v1/" } else { registry };
        let request: Value = serde_json::from_str(&fs::read_to_string(kept).unwrap()).unwrap();
        assert_eq!(request, json!({"ServerURL": key, "Username": "octocat", "Secret": "hunter2"}));
        assert_eq!(home.document()["auths"], json!({ key: {} }));
    }
}

#[test]
fn a_helper_that_fails_stores_nothing_and_says_nothing_of_the_secret() {
    let config = r#"{"credsStore": "test"}"#;
    let home = Home::with(config);
    let named = format!("error: `{}` names a credential helper that does not work: ", home.config().display());
    let text = refused(&home, home.login("ghcr.io", "hunter2"), Some(config));
    assert!(text.starts_with(&format!("{named}cannot run the credential helper `docker-credential-test`: ")), "{text}");
    assert!(text.contains("\n\nhint: `docker-credential-test` is not on the `PATH`: install it, or take it"), "{text}");
    home.helper("test", 1);
    let text = refused(&home, home.login("ghcr.io", "hunter2"), Some(config));
    let failed = "the credential helper `docker-credential-test` does not store: exit status: 1";
    assert!(text.starts_with(&format!("{named}{failed}")), "{text}");
    assert!(text.contains("\n\nhint: does `docker-credential-test list` work?"), "{text}");
}

#[test]
fn a_file_that_is_no_configuration_is_left_alone() {
    for (config, message) in [
        ("[]", "is no configuration of docker's: it is not an object"),
        ("\u{feff}{}", "is no configuration of docker's: it begins with a byte order mark"),
        ("{\"auths\": ", "is no configuration of docker's: EOF"),
        (r#"{"auths": []}"#, "is no configuration of docker's: its `auths` is of the wrong kind"),
        (r#"{"credHelpers": "a"}"#, "is no configuration of docker's: its `credHelpers` is of the wrong kind"),
        (r#"{"credsStore": 1}"#, "is no configuration of docker's: its `credsStore` is of the wrong kind"),
    ] {
        let home = Home::with(config);
        let text = refused(&home, home.login("ghcr.io", "hunter2"), Some(config));
        assert!(text.starts_with(&format!("error: `{}` {message}", home.config().display())), "{text}");
        assert!(text.contains("\n\nhint: mend it or move it away"), "{text}");
    }
}

#[test]
fn what_makes_no_sense_is_refused_with_a_hint() {
    for (registry, password, message, hint) in [
        ("ghcr.io", "", "the password is empty", "is the variable set that it comes from?"),
        ("ghcr.io", "\n", "the password is empty", "is the variable set that it comes from?"),
        ("ghcr.io", "a\0b", "the password has a NUL in it", "pipe in the password"),
        ("ghcr.io", "\r\n", "the password is empty", "is the variable set that it comes from?"),
        ("ghcr.io", " \n", "the password is empty", "is the variable set that it comes from?"),
        ("unkeyed", "hunter2", "`unkeyed` is no registry: ", "name its host, such as `ghcr.io`"),
        ("http://ghcr.io", "hunter2", "`http://ghcr.io` is no registry: ", "name its host, such as `ghcr.io`"),
    ] {
        let home = Home::new();
        let text = refused(&home, home.login(registry, password), None);
        assert!(text.starts_with(&format!("error: {message}")), "{text}");
        assert!(text.contains(&format!("\n\nhint: {hint}")), "{text}");
    }
    for username in ["", "a:b", "a\nb"] {
        let home = Home::new();
        let mut login = home.image();
        login.args(["login", "ghcr.io", "--username", username, "--password-stdin"]).write_stdin("hunter2");
        let text = refused(&home, login.assert(), None);
        assert!(text.starts_with(&format!("error: `{username}` is no user name: ")), "{text}");
    }
}

#[test]
fn a_password_that_is_typed_is_refused() {
    let home = Home::new();
    let (_controller, terminal) = terminal::open();
    // assert_cmd always pipes stdin.
    let image = home.command("ghcr.io");
    let mut command = std::process::Command::new(image.get_program());
    let output =
        command.args(image.get_args()).env("DOCKER_CONFIG", home.path("docker")).stdin(terminal).output().unwrap();
    let text = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{text}");
    assert!(text.starts_with("error: the password would be seen: stdin is a terminal\n\nhint: pipe it in: "), "{text}");
    assert!(!home.config().exists());
}

#[test]
fn without_a_home_there_is_no_place() {
    let home = Home::new();
    let outcome =
        home.command("ghcr.io").env_remove("DOCKER_CONFIG").env_remove("HOME").write_stdin("hunter2").assert();
    let text = refused(&home, outcome, None);
    assert_eq!(text, "error: there is no folder for docker's `config.json`\n\nhint: set `DOCKER_CONFIG` or `HOME`\n");
}

#[test]
fn a_key_of_many_lines_is_stored_as_it_is() {
    let key = "{\n\t\"type\": \"service_account\",\r\n\t\"private_key\": \"-----BEGIN\\n\"\n}";
    for (password, stored) in [
        (format!("{key}\n"), key),
        (key.to_owned(), key),
        ("a\n\n".to_owned(), "a\n"),
        ("a\r\n".to_owned(), "a"),
        ("a\u{1b}[0m".to_owned(), "a\u{1b}[0m"),
    ] {
        let home = Home::new();
        home.login("us-docker.pkg.dev", &password).success();
        let encoded = STANDARD.encode(format!("octocat:{stored}"));
        assert_eq!(home.document(), json!({"auths": {"us-docker.pkg.dev": {"auth": encoded}}}), "{password:?}");
    }
}

#[test]
fn a_password_is_stored_whole_or_not_at_all() {
    let longest = "x".repeat(64 * 1024);
    let home = Home::new();
    home.login("ghcr.io", &longest).success();
    let encoded = STANDARD.encode(format!("octocat:{longest}"));
    assert_eq!(home.document(), json!({"auths": {"ghcr.io": {"auth": encoded}}}));
    let home = Home::new();
    for longer in [format!("{longest}x"), "x".repeat(1 << 20)] {
        let text = refused(&home, home.login("ghcr.io", &longer), None);
        assert!(text.starts_with("error: the password is longer than 65536 bytes\n\nhint: "), "{text}");
    }
}

#[test]
fn there_is_no_flag_for_a_password() {
    let text = stderr(&crate::image().args(["login", "ghcr.io", "--username", "a"]).assert().code(2));
    assert!(text.contains("--password-stdin"), "{text}");
    crate::image().args(["login", "ghcr.io", "--username", "a", "--password", "b"]).assert().code(2);
}
