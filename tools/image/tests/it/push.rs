//! `image push` against a real registry: what is sent, what is refused, what is said.

mod addresses;
mod authorization;
mod cases;
mod credentials;
mod dialects;
mod interrupted;
mod lookup;
mod matrix;
mod mounts;
mod output;
mod races;
mod tags;
mod tls;

use std::io::Write as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use assert_cmd::assert::Assert;
use serde_json::{Value, json};

use crate::support::registry::on_each_registry;
use crate::support::server::{Server, reply};
use crate::support::services::{Service, Services};

/// A push to `address` with the current user's credentials out of sight.
fn command(address: &str, spec: &Path, arguments: &[&str]) -> Command {
    // A shell starts what it puts into the background deaf to interrupts, and that is inherited.
    let mut command = Command::new("env");
    command.arg("--default-signal=INT").arg(crate::image().get_program()).args(["push", "--spec"]).arg(spec);
    command.args(["--registry", &format!("{address}/unkeyed")]).args(arguments);
    if !arguments.contains(&"--attempts") {
        command.args(["--attempts", "2"]);
    }
    command.env("DOCKER_CONFIG", spec.with_extension("no-config"));
    command
}

/// Runs it to its end.
pub fn push(address: &str, spec: &Path, arguments: &[&str]) -> Assert {
    assert_cmd::Command::from_std(command(address, spec, arguments)).assert()
}

/// The same as a process that is left to itself.
pub fn spawn(address: &str, spec: &Path, arguments: &[&str]) -> Child {
    let mut command = command(address, spec, arguments);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

pub fn stdout(assert: &Assert) -> String {
    String::from_utf8(assert.get_output().stdout.clone()).unwrap()
}

pub fn stderr(assert: &Assert) -> String {
    String::from_utf8(assert.get_output().stderr.clone()).unwrap()
}

pub fn reports(assert: &Assert) -> Value {
    serde_json::from_str(&stdout(assert)).unwrap()
}

#[test]
fn the_first_push_sends_all_in_order_and_the_second_nothing() {
    on_each_registry(|registry| {
        let services = Services::new();
        let service = services.add("api", "one");
        let spec = services.spec(&[&service]);
        let proxy = Server::in_front_of(registry.address(), |_| None);

        let first = push(proxy.address(), &spec, &["--tag", "v1.0.0"]).success();
        assert_eq!(stdout(&first), format!("{}/unkeyed/api@{}\n", proxy.address(), service.digest));
        assert_eq!(registry.tag("unkeyed/api", "v1.0.0").unwrap(), service.digest);
        let manifests = proxy.writes().into_iter().filter(|line| line.contains("/manifests/")).collect::<Vec<_>>();
        let path = |name: &str| format!("PUT /v2/unkeyed/api/manifests/{name}");
        let [amd64, arm64] = [0, 1].map(|image| path(&service.images[image].manifest));
        assert_eq!(manifests, [amd64, arm64, path(&service.digest), path("v1.0.0")]);
        let blobs = proxy.writes().iter().position(|line| line.contains("/manifests/")).unwrap();
        assert!(proxy.writes()[blobs..].iter().all(|line| line.contains("/manifests/")), "{:?}", proxy.writes());
        assert_eq!(proxy.log().last().unwrap(), "GET /v2/unkeyed/api/manifests/v1.0.0");

        let (asked, written) = (proxy.log().len(), proxy.writes().len());
        let second = push(proxy.address(), &spec, &["--tag", "v1.0.0"]).success();
        assert_eq!(stdout(&second), stdout(&first));
        assert_eq!(proxy.log()[asked..], ["HEAD /v2/unkeyed/api/manifests/v1.0.0"]);
        assert_eq!(proxy.writes().len(), written);
        // Uploads in pieces, which not every registry takes, are not used.
        assert!(proxy.log().iter().all(|line| !line.starts_with("PATCH ")), "{:?}", proxy.log());
    });
}

#[test]
fn json_says_all_and_counts_every_request() {
    on_each_registry(|registry| {
        let services = Services::new();
        let service = services.add("api", "one");
        let spec = services.spec(&[&service]);
        let proxy = Server::in_front_of(registry.address(), |_| None);
        let dry = reports(&push(proxy.address(), &spec, &["--tag", "v1.0.0", "--dry-run", "--json"]).success());
        assert_eq!((&dry[0]["tags"][0]["outcome"], &dry[0]["bytes_sent"]), (&"would-push".into(), &0.into()));
        assert!(dry[0]["bytes_missing"].as_u64().unwrap() > 0);
        assert_eq!(proxy.writes(), [""; 0]);
        let asked = proxy.log().len();
        let report = reports(&push(proxy.address(), &spec, &["--tag", "v1.0.0", "--json"]).success());
        assert_eq!(report[0]["requests"], proxy.log().len() - asked);
        assert_eq!(
            (&report[0]["digest"], &report[0]["tags"][0]["outcome"]),
            (&json!(service.digest), &json!("pushed"))
        );
        // The base layer is in both images and travels once.
        assert_eq!(report[0]["blobs_sent"], 5);
        assert_eq!(report[0]["platforms"][1]["platform"], "linux/arm64");
        assert!(report[0]["bytes_sent"].as_u64().unwrap() > report[0]["platforms"][0]["bytes"].as_u64().unwrap());
        let report = reports(&push(proxy.address(), &spec, &["--tag", "v1.0.0", "--json"]).success());
        assert_eq!((&report[0]["requests"], &report[0]["bytes_sent"]), (&1.into(), &0.into()));
    });
}

#[test]
fn several_services_and_tags_and_one_that_fails() {
    on_each_registry(|registry| {
        let services = Services::new();
        let [api, vault] = ["api", "vault"].map(|name| services.add(name, "one"));
        let broken = services.add("broken", "one");
        std::fs::remove_file(broken.blob(&broken.images[0].layer)).unwrap();
        let spec = services.spec(&[&api, &broken, &vault]);
        let outcome =
            push(registry.address(), &spec, &["--tag", "v1.0.0", "--tag", "v1.0.1-rc.1", "--development-tag"]).code(2);
        let line = |name: &str, digest: &str| format!("{}/unkeyed/{name}@{digest}\n", registry.address());
        assert_eq!(stdout(&outcome), line("api", &api.digest) + &line("vault", &vault.digest));
        for (name, service) in [("api", &api), ("vault", &vault)] {
            let development = format!("v0.0.0-dev.{}", &service.digest[7..19]);
            for tag in ["v1.0.0", "v1.0.1-rc.1", &development] {
                assert_eq!(registry.tag(&format!("unkeyed/{name}"), tag).as_ref(), Some(&service.digest), "{tag}");
            }
        }
        let message = stderr(&outcome);
        assert!(message.contains("error: service `broken`: layout"), "{message}");
        assert!(message.contains("service  tag"), "{message}");
    });
}

#[test]
fn a_tag_that_is_there_and_one_that_is_not() {
    on_each_registry(|registry| {
        let services = Services::new();
        let service = services.add("api", "one");
        let spec = services.spec(&[&service]);
        push(registry.address(), &spec, &["--tag", "v1.0.0"]).success();
        let proxy = Server::in_front_of(registry.address(), |_| None);
        // Everything but the tag is there, as after an interruption right before it.
        let arguments = ["--tag", "v1.0.0", "v1.0.1", "--json"];
        let report = reports(&push(proxy.address(), &spec, &arguments).success());
        let outcomes = [0, 1].map(|tag| report[0]["tags"][tag]["outcome"].as_str().unwrap());
        assert_eq!(outcomes, ["unchanged", "pushed"]);
        assert_eq!((&report[0]["blobs_sent"], &report[0]["blobs_existing"]), (&0.into(), &5.into()));
        assert_eq!(proxy.writes(), ["PUT /v2/unkeyed/api/manifests/v1.0.1"]);
        assert_eq!(proxy.log().last().unwrap(), "GET /v2/unkeyed/api/manifests/v1.0.1");
        registry.assert_complete("unkeyed/api", "v1.0.1");
    });
}

#[test]
fn json_has_an_entry_for_each_service_whatever_became_of_it() {
    on_each_registry(|registry| {
        let services = Services::new();
        let [old, new] = ["one", "two"].map(|content| services.add("api", content));
        let (vault, broken) = (services.add("vault", "one"), services.add("broken", "one"));
        std::fs::remove_file(broken.blob(&broken.images[0].layer)).unwrap();
        push(registry.address(), &services.spec(&[&old]), &["--tag", "v1.0.0"]).success();
        let spec = services.spec(&[&new, &vault, &broken]);
        let report = reports(&push(registry.address(), &spec, &["--tag", "v1.0.0", "--json"]).code(2));
        assert_eq!(report.as_array().unwrap().len(), 3);
        assert_eq!((&report[0]["service"], &report[0]["refused"]), (&"api".into(), &true.into()));
        assert!(report[0]["error"].as_str().unwrap().contains(&old.digest), "{report}");
        assert!(report[0]["hint"].as_str().unwrap().contains("published tags never move"), "{report}");
        assert_eq!((&report[1]["service"], &report[1]["tags"][0]["outcome"]), (&"vault".into(), &"pushed".into()));
        assert_eq!((&report[2]["service"], &report[2]["refused"]), (&"broken".into(), &false.into()));
        assert!(report[2]["error"].as_str().unwrap().contains("layout"), "{report}");
        let refused =
            reports(&push(registry.address(), &services.spec(&[&new]), &["--tag", "v1.0.0", "--json"]).code(1));
        assert_eq!(refused[0]["refused"], true);
    });
}

#[test]
fn help_has_the_exit_statuses_and_the_variables() {
    let help = stdout(&crate::image().args(["push", "--help"]).assert().success());
    for text in
        ["Exit status:", "1    refused", "2    could not tell", "130  interrupted", "SSL_CERT_FILE", "DOCKER_CONFIG"]
    {
        assert!(help.contains(text), "{text}: {help}");
    }
}

#[test]
fn a_choice_of_services_is_pushed_alone() {
    on_each_registry(|registry| {
        let services = Services::new();
        let [api, vault] = ["api", "vault"].map(|name| services.add(name, "one"));
        let spec = services.spec(&[&api, &vault]);
        push(registry.address(), &spec, &["--tag", "v1.0.0", "--service", "vault"]).success();
        assert!(registry.tag("unkeyed/vault", "v1.0.0").is_some());
        assert_eq!(registry.tag("unkeyed/api", "v1.0.0"), None);
        let unknown = push(registry.address(), &spec, &["--tag", "v1.0.0", "--service", "valt"]).code(2);
        assert_eq!(
            stderr(&unknown),
            "error: unknown service `valt`, known are `api`, `vault`\n\nhint: did you mean `--service vault`?\n"
        );
    });
}

#[test]
fn only_what_is_missing_is_sent() {
    on_each_registry(|registry| {
        let services = Services::new();
        let service = services.add("api", "one");
        let spec = services.spec(&[&service]);
        push(registry.address(), &spec, &["--tag", "v1.0.0"]).success();
        registry.remove_blob("unkeyed/api", &service.images[1].layer);
        let report = reports(&push(registry.address(), &spec, &["--tag", "v1.0.1", "--json"]).success());
        assert_eq!((&report[0]["blobs_sent"], &report[0]["blobs_existing"]), (&1.into(), &4.into()));
        assert!(registry.has_blob("unkeyed/api", &service.images[1].layer));
        registry.assert_complete("unkeyed/api", "v1.0.1");
    });
}

#[test]
fn blobs_are_mounted_from_another_repository() {
    on_each_registry(|registry| {
        let services = Services::new();
        let spec = services.spec(&[&services.add("api", "one")]);
        // A registry that keeps repositories apart, unlike crane's.
        let proxy = Server::in_front_of(registry.address(), |ask| match ask.method.as_str() {
            "HEAD" if ask.path.contains("/blobs/") => reply(404, &[], ""),
            "POST" if ask.path.contains("mount=sha256%3A") && ask.path.contains("from=unkeyed%2Fbase") => {
                reply(201, &[("location", "/v2/x")], "")
            }
            _ => None,
        });
        push(registry.address(), &spec, &["--tag", "v0.9.0"]).success();
        let base = format!("{}/unkeyed/base", proxy.address());
        let arguments = ["--tag", "v1.0.0", "--json", "--mount-from", &base];
        let report = reports(&push(proxy.address(), &spec, &arguments).success());
        assert_eq!((&report[0]["blobs_mounted"], &report[0]["blobs_sent"]), (&5.into(), &0.into()));
        let elsewhere = ["--tag", "v1.0.1", "--mount-from", "ghcr.io/unkeyed/base"];
        let message = stderr(&push(proxy.address(), &spec, &elsewhere).code(2));
        assert!(message.contains("they are in different registries"), "{message}");
    });
}

#[test]
fn arguments_that_make_no_sense() {
    let services = Services::new();
    let [api, vault] = ["api", "vault"].map(|name| services.add(name, "one"));
    let (one, two) = (services.spec(&[&api]), services.spec(&[&api, &vault]));
    for (spec, arguments, message) in [
        (&one, &["--registry", "127.0.0.1:1"][..], "no tag to publish under\n\nhint: use `--tag vX.Y.Z`"),
        (&one, &["--tag", "latest"], "tag `latest` is not a version"),
        (&one, &["--tag", "v1.2.3+meta"], "build metadata cannot be part of a tag"),
        (&one, &["--tag", "v1.2.3", "--repository", "ghcr.io/a/b:v1"], "give the tag by itself: `--tag v1`"),
        (&one, &["--tag", "v1.2.3", "--repository", "unkeyed/api"], "such as `ghcr.io/unkeyed/api`"),
        (&one, &["--tag", "v1.2.3", "--registry", "nohost"], "`--registry` makes no valid repository"),
        (
            &two,
            &["--tag", "v1.2.3", "--repository", "ghcr.io/a/b"],
            "`--repository` is for one service, 2 are selected",
        ),
        (&one, &["--registry", "a.io", "--repository", "ghcr.io/a/b"], "cannot be used with"),
        (&one, &["--tag", "v1.2.3", "--registry", "http://ghcr.io/a"], "hint: use `https://ghcr.io/a/api`"),
        (&one, &["--tag", "v1.2.3", "--registry", "ftp://ghcr.io"], "its scheme is neither `https` nor `http`"),
    ] {
        let assert = crate::image().arg("push").arg("--spec").arg(spec).args(arguments).assert().code(2);
        assert!(stderr(&assert).contains(message), "{arguments:?}: {}", stderr(&assert));
    }
}

/// What happens to a layout before it is pushed.
type Damage = fn(&Service);

#[test]
fn a_layout_that_lies_is_not_published() {
    let damages: [(Damage, &str); 5] = [
        (|service| flip(service, &service.images[1].layer), "has the content of"),
        (|service| append(service, &service.images[1].layer), "its descriptor says"),
        (|service| flip(service, &service.images[0].manifest), "has the content of"),
        (|service| flip(service, &service.images[0].config), "has the content of"),
        (|service| std::fs::remove_file(service.layout.join("index.json")).unwrap(), "`index.json` is missing"),
    ];
    on_each_registry(|registry| {
        for (damage, message) in damages {
            let services = Services::new();
            let service = services.add("api", "one");
            damage(&service);
            let proxy = Server::in_front_of(registry.address(), |_| None);
            let text = stderr(&push(proxy.address(), &services.spec(&[&service]), &["--tag", "v1.0.0"]).code(2));
            assert!(text.contains(message), "{text}");
            assert_eq!(proxy.writes(), [""; 0], "{message}");
        }
    });
}

fn flip(service: &Service, digest: &str) {
    let path = service.blob(digest);
    let mut bytes = std::fs::read(&path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(path, bytes).unwrap();
}

fn append(service: &Service, digest: &str) {
    std::fs::OpenOptions::new().append(true).open(service.blob(digest)).unwrap().write_all(b"x").unwrap();
}
