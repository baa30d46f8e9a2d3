//! `image load` into every kind of image store: a changed image travels without the layers that the daemon has.

use std::fs;
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;
use rcgen::{BasicConstraints, CertificateParams, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::command::{command, ended, stdout};
use crate::docker::{Docker, Store};
use crate::environment::DOCKER_HOST;
use crate::workspace::Workspace;

const TAG: &str = "unkey/stored:dev";

#[test]
fn docker_s_own_store_gets_only_what_changed() {
    assert_loads(Store::Classic, 1);
}

#[test]
fn containerd_s_store_gets_only_what_changed() {
    assert_loads(Store::Containerd, 1);
}

#[test]
fn podman_gets_all_layers() {
    assert_loads(Store::Podman, 2);
}

#[test]
fn a_daemon_behind_tls_is_for_who_has_a_certificate() {
    let certificates = tempfile::tempdir().expect("a folder");
    make_certificates(certificates.path());
    let docker = Docker::start_behind_tls(certificates.path());
    let images = Images::make();
    assert_eq!(images.load(&docker, "one")["outcome"], "loaded");
    assert_eq!(files(&docker), ["base", "one"]);
    let mut load = command(&images.loader);
    load.args(["load", "--spec"]).arg(images.spec("one")).env(DOCKER_HOST, docker.host());
    let said = format!("error: the daemon at `{}` speaks TLS, and nothing here says so", docker.host());
    ended(&mut load).exited(2).complains(&[&said, "hint: set `DOCKER_TLS_VERIFY=1`"]);
}

/// PEM files of an authority, and of what it made for a daemon on this machine and for its client.
fn make_certificates(folder: &Path) {
    let write = |name: &str, text: String| fs::write(folder.join(name), text).expect("written");
    let mut parameters = CertificateParams::new(Vec::new()).expect("no names");
    parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().expect("a key");
    write("ca.pem", parameters.self_signed(&key).expect("a certificate").pem());
    let issuer = Issuer::new(parameters, key);
    for (name, key_name, purpose) in [
        ("server.pem", "server-key.pem", ExtendedKeyUsagePurpose::ServerAuth),
        ("cert.pem", "key.pem", ExtendedKeyUsagePurpose::ClientAuth),
    ] {
        let key = KeyPair::generate().expect("a key");
        let mut parameters = CertificateParams::new(vec!["127.0.0.1".to_owned()]).expect("a name");
        parameters.extended_key_usages = vec![purpose];
        write(name, parameters.signed_by(&key, &issuer).expect("a certificate").pem());
        write(key_name, key.serialize_pem());
    }
}

/// Loads an image, the same again, and one that differs in its last of two layers; looks into both.
fn assert_loads(store: Store, sent_of_changed: usize) {
    let docker = Docker::start(store);
    let images = Images::make();
    for (name, outcome, sent) in [("one", "loaded", 2), ("one", "unchanged", 0), ("two", "loaded", sent_of_changed)] {
        let report = images.load(&docker, name);
        let sent = (json!(outcome), json!(sent), json!(2 - sent));
        let found = (&report["outcome"], &report["layers_sent"], &report["layers_existing"]);
        assert_eq!(found, (&sent.0, &sent.1, &sent.2), "{store:?}: {report}");
        assert_eq!(files(&docker), ["base", name], "{store:?}");
    }
}

/// The files of a container of the image.
fn files(docker: &Docker) -> Vec<String> {
    let container = docker.run(&["create", TAG, "/none"]).succeeded().stdout.trim().to_owned();
    let folder = tempfile::tempdir().expect("a folder");
    let archive = folder.path().join("container.tar");
    docker.run(&["export", "--output", archive.to_str().expect("UTF-8"), &container]).succeeded();
    docker.run(&["rm", &container]).succeeded();
    let mut archive = tar::Archive::new(fs::File::open(archive).expect("an archive"));
    let paths =
        archive.entries().expect("a tar").map(|entry| entry.expect("an entry").path().expect("a path").into_owned());
    // The daemon adds what every container has: /dev, /etc/hosts and the like.
    let mut names: Vec<_> = paths.map(|path| path.display().to_string()).filter(|name| is_ours(name)).collect();
    names.sort();
    names
}

fn is_ours(name: &str) -> bool {
    ["base", "one", "two"].contains(&name)
}

/// Two images on the same first layer.
struct Images {
    assembler: PathBuf,
    loader: PathBuf,
    folder: TempDir,
}

impl Images {
    fn make() -> Self {
        let [assembler, loader] =
            ["//tools/image_build", "//tools/image"].map(|tool| Workspace::own().build(&[], tool));
        let images = Self { assembler, loader, folder: tempfile::tempdir().expect("a folder") };
        for name in ["base", "one", "two"] {
            layer(&images.path(name).with_extension("tar.gz"), name);
        }
        images.assemble("one");
        images.assemble("two");
        images
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn assemble(&self, name: &str) {
        let mut assemble = command(&self.assembler);
        // The machine's: a daemon creates no container for another one.
        let architecture = if cfg!(target_arch = "aarch64") { "arm64" } else { "amd64" };
        assemble.args(["assemble", "--os", "linux", "--architecture", architecture]);
        for layer in ["base", name] {
            assemble.arg("--layer").arg(self.path(layer).with_extension("tar.gz")).args(["--created-by", layer]);
        }
        stdout(assemble.arg("--output").arg(self.path(name)));
        let service = json!({
            "service": name, "repository": "ghcr.io/unkeyed/stored", "local_tag": TAG, "layout": self.path(name),
        });
        fs::write(self.spec(name), json!({"services": [service]}).to_string()).expect("written");
    }

    fn spec(&self, name: &str) -> PathBuf {
        self.path(name).with_extension("json")
    }

    /// The tool's report of one load.
    fn load(&self, docker: &Docker, name: &str) -> Value {
        let mut load = command(&self.loader);
        load.args(["load", "--json", "--spec"]).arg(self.spec(name));
        let report = ended(docker.point(&mut load)).succeeded().stdout;
        let report: Value = serde_json::from_str(&report).expect("JSON");
        report[0].clone()
    }
}

/// A compressed archive with one file.
fn layer(path: &Path, name: &str) {
    let file = fs::File::create(path).expect("made");
    let mut builder = tar::Builder::new(GzEncoder::new(file, Compression::fast()));
    let mut header = tar::Header::new_ustar();
    header.set_size(name.len() as u64);
    header.set_mode(0o644);
    builder.append_data(&mut header, name, name.as_bytes()).expect("added");
    builder.into_inner().and_then(GzEncoder::finish).expect("written");
}
