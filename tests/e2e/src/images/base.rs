//! What is below the service in its image: certificates, accounts and time zones, and nothing that can be run.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use tar::EntryType;

use crate::command::{command, stdout};
use crate::layout::Entry;
use crate::workspace;

const ARCHITECTURES: [&str; 2] = ["amd64", "arm64"];
const BUNDLE: &str = "etc/ssl/certs/ca-certificates.crt";

/// What people would look for first in an image that they have got into.
const SHELLS: [&str; 6] = ["ash", "bash", "busybox", "dash", "sh", "zsh"];

#[test]
fn the_certificates_are_those_of_debian_and_no_others() {
    for architecture in ARCHITECTURES {
        let bundle = certificates(&text(&base(architecture), BUNDLE));
        // The whole web's trust in a handful of certificates would be a truncated file.
        assert!(bundle.len() > 100, "{architecture}: {}", bundle.len());
        // Online the base comes from a registry, pinned by its digest: this machine has nothing to compare it to.
        if workspace::is_airgap_root() {
            assert!(bundle == certificates_of_debian(), "{architecture}: not those of the package ca-certificates");
            for added in certificates_of_this_machine() {
                assert!(!bundle.contains(&added), "{architecture}: a certificate of this machine is in the image");
            }
        }
    }
}

#[test]
fn the_user_of_the_service_has_a_name_and_a_home() {
    for architecture in ARCHITECTURES {
        let entries = base(architecture);
        let accounts = text(&entries, "etc/passwd");
        let account = accounts.lines().find(|line| line.starts_with("nonroot:")).expect("nonroot");
        let fields: Vec<_> = account.split(':').collect();
        assert_eq!((fields[2], fields[3], fields[5]), ("65532", "65532", "/home/nonroot"), "{architecture}");
        let home = find(&entries, "home/nonroot");
        assert_eq!((home.kind, home.user), (EntryType::Directory, 65532), "{architecture}");
    }
}

#[test]
fn time_zones_and_names_of_services_are_there() {
    for architecture in ARCHITECTURES {
        let entries = base(architecture);
        for path in ["usr/share/zoneinfo/UTC", "usr/share/zoneinfo/Europe/Berlin", "etc/services", "etc/nsswitch.conf"]
        {
            find(&entries, path);
        }
    }
}

#[test]
fn there_is_no_shell_no_program_and_no_setuid_file() {
    for architecture in ARCHITECTURES {
        for entry in base(architecture) {
            let path = entry.path.display();
            let name = entry.path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            let is_file = entry.kind == EntryType::Regular;
            assert!(!SHELLS.contains(&name), "{architecture}: `{path}` is a shell");
            assert!(!is_file || entry.mode & 0o6000 == 0, "{architecture}: `{path}` has mode {:o}", entry.mode);
            assert!(!entry.content.starts_with(b"\x7fELF"), "{architecture}: `{path}` is a program");
        }
    }
}

/// All layers but the last one, which is the service's.
fn base(architecture: &str) -> Vec<Entry> {
    let image = workspace::image();
    let mut layers = image.layers(architecture);
    layers.pop();
    assert!(!layers.is_empty(), "{architecture} has no base");
    layers.iter().flat_map(|layer| image.entries(layer)).collect()
}

fn find<'a>(entries: &'a [Entry], path: &str) -> &'a Entry {
    let found = entries.iter().find(|entry| entry.path == Path::new(path));
    found.unwrap_or_else(|| panic!("the base has no `{path}`"))
}

fn text(entries: &[Entry], path: &str) -> String {
    String::from_utf8(find(entries, path).content.clone()).expect("UTF-8")
}

/// The files of the installed package, which is of the version that the base is made of.
fn certificates_of_debian() -> BTreeSet<String> {
    let files = stdout(command("dpkg").args(["--listfiles", "ca-certificates"]));
    let files = files.lines().map(Path::new).filter(|file| file.starts_with("/usr/share/ca-certificates"));
    files.filter(|file| file.extension().is_some_and(|end| end == "crt")).flat_map(certificates_of_file).collect()
}

/// What whoever runs this machine has added, such as a proxy's.
fn certificates_of_this_machine() -> BTreeSet<String> {
    let files = fs::read_dir("/usr/local/share/ca-certificates").into_iter().flatten().flatten();
    files.map(|file| file.path()).filter(|path| path.is_file()).flat_map(certificates_of_file).collect()
}

fn certificates_of_file(path: impl AsRef<Path>) -> BTreeSet<String> {
    certificates(&fs::read_to_string(path).expect("a certificate"))
}

/// Every certificate of a bundle, without what stands between them.
fn certificates(bundle: &str) -> BTreeSet<String> {
    const END: &str = "-----END CERTIFICATE-----";
    let parts = bundle.split_inclusive(END).filter(|part| part.ends_with(END));
    parts.map(|part| part[part.find("-----BEGIN CERTIFICATE-----").expect("a beginning")..].replace('\r', "")).collect()
}
