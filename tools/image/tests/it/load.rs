//! `image load` against a daemon that says what it was sent. A real daemon is the end-to-end tests' business.

mod tls;

use std::path::Path;

use assert_cmd::assert::Assert;

use crate::push::{stderr, stdout};
use crate::support::daemon::{Kind, State, TestDaemon};
use crate::support::services::{Service, Services};

fn load(daemon: &TestDaemon, spec: &Path, arguments: &[&str]) -> Assert {
    crate::image().args(["load", "--spec"]).arg(spec).args(arguments).env("DOCKER_HOST", daemon.address()).assert()
}

/// The archive's entries for an image with these layers.
fn entries(service: &Service, image: usize, layers: &[&str]) -> Vec<String> {
    let image = &service.images[image];
    let blobs = [image.config.as_str(), &image.manifest].into_iter().chain(layers.iter().copied());
    let mut names: Vec<_> = blobs.map(|digest| format!("blobs/{}", digest.replace(':', "/"))).collect();
    names.extend(["index.json", "manifest.json", "oci-layout"].map(str::to_owned));
    names.sort();
    names
}

#[test]
fn the_first_load_sends_the_image_for_the_daemon_and_the_second_nothing() {
    let services = Services::new();
    let service = services.add("api", "one");
    let spec = services.spec(&[&service]);
    let daemon = TestDaemon::start(State::default());
    let image = &service.images[0];
    let first = load(&daemon, &spec, &[]).success();
    assert_eq!(stdout(&first), format!("Loaded unkey/api:dev {}\n", image.config));
    assert_eq!(daemon.state().archives, [entries(&service, 0, &[&image.base, &image.layer])]);
    let second = load(&daemon, &spec, &[]).success();
    assert_eq!(stdout(&second), stdout(&first));
    assert_eq!(stderr(&second), "api: `unkey/api:dev` is this image already, nothing was sent\n");
    assert_eq!(daemon.state().archives.len(), 1);
}

#[test]
fn only_the_tag_is_set_where_the_image_is_known() {
    let services = Services::new();
    let service = services.add("api", "one");
    let spec = services.spec(&[&service]);
    let daemon = TestDaemon::start(State::default());
    load(&daemon, &spec, &[]).success();
    let tagged = load(&daemon, &spec, &["--tag", "localhost:5005/api:tilt-0af"]).success();
    assert_eq!(stdout(&tagged), format!("Loaded localhost:5005/api:tilt-0af {}\n", service.images[0].config));
    assert_eq!(daemon.state().archives.len(), 1);
    assert_eq!(daemon.state().tags["localhost:5005/api:tilt-0af"], service.images[0].config);
}

#[test]
fn only_what_the_daemon_lacks_is_sent() {
    let says_all = "open layer: no such file; sending all layers";
    let of = |kind| State { kind, ..State::default() };
    let lacking = |kind| State { kind, wants_all_layers: true, ..State::default() };
    let forbidding = |forbidden: &[&'static str]| State { forbidden: forbidden.to_vec(), ..State::default() };
    // How many layers are in each archive of an image whose base layer is there already.
    for (state, sent, says) in [
        (of(Kind::Docker), &[1][..], ""),
        (of(Kind::Containerd), &[1], ""),
        (of(Kind::Podman), &[2], ""),
        (lacking(Kind::Docker), &[1, 2], says_all),
        // It takes an image that it cannot unpack.
        (lacking(Kind::Containerd), &[1, 2], "lacks a layer that another image has; sending all layers"),
        // It does not say what it is, or has.
        (forbidding(&["info"]), &[2], ""),
        (forbidding(&["images/json"]), &[2], ""),
        (forbidding(&["info", "images/json"]), &[2], ""),
    ] {
        let services = Services::new();
        let (old, new) = (services.add("api", "one"), services.add("api", "two"));
        let image = &new.images[0];
        let daemon = TestDaemon::start(state);
        load(&daemon, &services.spec(&[&old]), &[]).success();
        let loaded = load(&daemon, &services.spec(&[&new]), &["--json"]).success();
        let layers = [image.base.as_str(), &image.layer];
        let expected: Vec<_> = sent.iter().map(|count| entries(&new, 0, &layers[2 - count..])).collect();
        assert_eq!(daemon.state().archives[1..], expected);
        assert!(stderr(&loaded).contains(says), "{}", stderr(&loaded));
        let report: serde_json::Value = serde_json::from_str(&stdout(&loaded)).unwrap();
        let last = *sent.last().unwrap();
        assert_eq!((&report[0]["layers_sent"], &report[0]["layers_existing"]), (&last.into(), &(2 - last).into()));
        assert_eq!(daemon.state().tags["unkey/api:dev"], image.config);
        assert_eq!(daemon.state().images[&image.config].len(), 2);
    }
}

#[test]
fn questions_that_fail_cost_bytes_and_not_the_load_but_for_the_last() {
    let services = Services::new();
    let (old, new) = (services.add("api", "one"), services.add("api", "two"));
    let daemon = TestDaemon::start(State::default());
    load(&daemon, &services.spec(&[&old]), &[]).success();
    daemon.state().failing_questions = 3;
    load(&daemon, &services.spec(&[&new]), &[]).success();
    // The tag is read afterwards, and has to be.
    let daemon = TestDaemon::start(State { failing_questions: 9, ..State::default() });
    let text = stderr(&load(&daemon, &services.spec(&[&new]), &[]).code(2));
    assert!(text.contains("the daemon failed to inspect image `unkey/api:dev`"), "{text}");
}

#[test]
fn an_image_that_was_never_unpacked_is_an_error() {
    let services = Services::new();
    let spec = services.spec(&[&services.add("api", "one")]);
    let daemon = TestDaemon::start(State { kind: Kind::Containerd, is_full: true, ..State::default() });
    let text = stderr(&load(&daemon, &spec, &[]).code(2));
    assert!(text.contains("the daemon could not unpack the layers of `unkey/api:dev`"), "{text}");
    assert!(text.contains("hint: see the daemon's own log, and whether its disk is full"), "{text}");
    // The tag is this image's now, but it is not there.
    daemon.state().is_full = false;
    load(&daemon, &spec, &[]).success();
    assert_eq!(daemon.state().archives.len(), 2);
}

#[test]
fn another_platform_is_a_matter_of_a_flag() {
    let services = Services::new();
    let service = services.add("api", "one");
    let spec = services.spec(&[&service]);
    let daemon = TestDaemon::start(State::default());
    let loaded = load(&daemon, &spec, &["--platform", "linux/arm64"]).success();
    assert_eq!(stdout(&loaded), format!("Loaded unkey/api:dev {}\n", service.images[1].config));
    for (same, image) in
        [("linux/arm64/v8", 1), ("linux/aarch64", 1), ("Linux/ARM64", 1), ("linux/x86_64", 0), ("linux/amd64/v3", 0)]
    {
        let loaded = load(&daemon, &spec, &["--platform", same]).success();
        assert_eq!(stdout(&loaded), format!("Loaded unkey/api:dev {}\n", service.images[image].config), "{same}");
    }
    let text = stderr(&load(&daemon, &spec, &["--platform", "linux/s390x"]).code(2));
    assert!(text.contains("has no image for `linux/s390x`, only for `linux/amd64`, `linux/arm64`"), "{text}");
    let text = stderr(&load(&daemon, &spec, &["--platform", "amd64"]).code(2));
    assert!(text.contains("`amd64` is not a platform such as `linux/amd64`"), "{text}");
}

#[test]
fn the_tag_is_looked_at_after_loading() {
    let services = Services::new();
    let service = services.add("api", "one");
    let daemon = TestDaemon::start(State { is_forgetful: true, ..State::default() });
    let text = stderr(&load(&daemon, &services.spec(&[&service]), &[]).code(2));
    let expected = &service.images[0].config;
    assert!(
        text.contains(&format!("after loading, `unkey/api:dev` is image `none`, it should be `{expected}`")),
        "{text}"
    );
}

#[test]
fn a_layer_that_lies_is_not_sent() {
    let services = Services::new();
    let service = services.add("api", "one");
    let path = service.blob(&service.images[0].layer);
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[20] ^= 1;
    std::fs::write(&path, bytes).unwrap();
    let daemon = TestDaemon::start(State::default());
    let text = stderr(&load(&daemon, &services.spec(&[&service]), &[]).code(2));
    assert!(text.contains("has the content of"), "{text}");
    assert!(daemon.state().archives.is_empty());
}

#[test]
fn no_daemon_is_told_so() {
    let services = Services::new();
    let spec = services.spec(&[&services.add("api", "one")]);
    let socket = format!("unix://{}", services.path("docker.sock").display());
    let outcome = crate::image().args(["load", "--spec"]).arg(&spec).env("DOCKER_HOST", &socket).assert().code(2);
    let text = stderr(&outcome);
    assert!(text.starts_with(&format!("error: cannot reach a Docker daemon at `{socket}`")), "{text}");
    assert!(
        text.ends_with("\n\nhint: start Docker, or set `DOCKER_HOST` to the socket of a daemon that runs\n"),
        "{text}"
    );
    let outcome =
        crate::image().args(["load", "--spec"]).arg(&spec).env("DOCKER_HOST", "ssh://me@host").assert().code(2);
    let text = stderr(&outcome);
    assert!(text.starts_with("error: daemon address `ssh://me@host` (`DOCKER_HOST`) is not supported: "), "{text}");
    assert!(text.contains("\n\nhint: forward its socket, `ssh -nNT -L "), "{text}");
}

#[test]
fn the_docker_context_names_the_daemon() {
    let services = Services::new();
    let spec = services.spec(&[&services.add("api", "one")]);
    let daemon = TestDaemon::start(State::default());
    let config = services.path("docker");
    // `printf test | sha256sum`
    let meta = config.join("contexts/meta/9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08");
    std::fs::create_dir_all(&meta).unwrap();
    std::fs::write(config.join("config.json"), r#"{"currentContext": "test"}"#).unwrap();
    let text = format!(r#"{{"Name": "test", "Endpoints": {{"docker": {{"Host": "{}"}}}}}}"#, daemon.address());
    std::fs::write(meta.join("meta.json"), text).unwrap();
    let mut command = crate::image();
    command.args(["load", "--spec"]).arg(&spec).env("DOCKER_CONFIG", &config).env_remove("DOCKER_HOST");
    command.env_remove("DOCKER_CONTEXT").assert().success();
    assert_eq!(daemon.state().archives.len(), 1);
}

#[test]
fn a_tag_is_for_one_service() {
    let services = Services::new();
    let [api, vault] = ["api", "vault"].map(|name| services.add(name, "one"));
    let spec = services.spec(&[&api, &vault]);
    let daemon = TestDaemon::start(State::default());
    let text = stderr(&load(&daemon, &spec, &["--tag", "a:b"]).code(2));
    assert!(text.contains("`--tag` is for one service, 2 are selected"), "{text}");
    load(&daemon, &spec, &["--service", "vault", "--tag", "a:b"]).success();
    assert_eq!(daemon.state().tags["a:b"], vault.images[0].config);
    let text = stderr(&load(&daemon, &spec, &["--service", "api", "--tag", "a"]).code(2));
    assert!(text.contains("local tag `a` is not a valid `REPOSITORY:TAG`: the tag is missing"), "{text}");
}
