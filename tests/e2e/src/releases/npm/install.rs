//! What people get who install the client: by npm, pnpm and Yarn, into projects that have nothing.

use std::path::Path;

use ::npm::{LATEST, NEXT};
use parts::files::write;

use super::super::client;
use super::{Market, folders};
use crate::command::{Ended, ended};

/// The package that fits this machine.
const OWN: &str = if cfg!(target_arch = "aarch64") { "cli-linux-arm64" } else { "cli-linux-x64" };

/// What Yarn 4 wants of a registry that is not reached by TLS, and of packages that were published a moment ago.
const YARN: &str = "\
enableTelemetry: false
npmMinimalAgeGate: 0
unsafeHttpWhitelist: [\"127.0.0.1\"]
";

/// A registry with a release.
fn market() -> Market {
    let market = Market::open();
    stock(&market, "v1.2.3", LATEST);
    market
}

/// Publishes a version without looking first.
fn stock(market: &Market, version: &str, tag: &str) {
    for package in market.packages(version, "one") {
        market.npm().publish(&package, tag, false).expect("published");
    }
}

/// What a package manager runs from the project.
fn run(market: &Market, project: &Path, manager: &str, run: &[&str], arguments: &[&str]) -> Ended {
    ended(&mut market.in_project(project, manager, &[run, &["unkey"], arguments].concat()))
}

/// Adds the client to a project of each package manager. What is done there: run the client with these arguments.
fn in_every_project(market: &Market, look: impl Fn(&str, &dyn Fn(&[&str]) -> Ended)) {
    for (manager, add, exec) in [
        ("npm", &["install", "unkey"][..], &["exec", "--"][..]),
        ("pnpm", &["add", "unkey"], &["exec"]),
        ("yarn", &["add", "unkey"], &["run"]),
        ("yarn-classic", &["add", "unkey"], &["run", "--silent"]),
    ] {
        let project = market.project(manager);
        // Where the user's folder is, pnpm and Yarn keep what they have downloaded.
        let yarn = format!("{YARN}npmRegistryServer: \"{}\"\nglobalFolder: .yarn/global\n", market.verdaccio.url());
        write(&project.join(".yarnrc.yml"), yarn);
        write(&project.join(".yarnrc"), format!("registry \"{}/\"\ncache-folder .cache\n", market.verdaccio.url()));
        write(&project.join(".npmrc"), "store-dir=.store\ncache-dir=.cache\n");
        write(&project.join("yarn.lock"), "");
        ended(&mut market.in_project(&project, manager, add)).succeeded().lacks(&["script"]);
        look(manager, &|arguments| run(market, &project, manager, exec, arguments));
    }
}

#[test]
fn every_package_manager_brings_the_client_of_a_release() {
    let market = Market::open();
    // By their names, `unkey` comes last.
    for (_, tarball) in client::files(&client::published("npm")) {
        let publish = ["publish", &tarball.to_string_lossy(), "--tag", LATEST, "--access", "public"];
        ended(&mut market.in_project(&market.project("publisher"), "npm", &publish)).succeeded();
    }
    in_every_project(&market, |manager, unkey| {
        let said = unkey(&["version"]).succeeded();
        assert!(said.stdout.split_whitespace().any(|word| word == client::VERSION), "{manager}: {}", said.report());
        unkey(&["healthcheck", "http://127.0.0.1:1"]).exited(2);
    });
}

/// The tarballs that were downloaded so far.
fn tarballs(market: &Market) -> Vec<String> {
    let requests = market.verdaccio.requests();
    requests.into_iter().filter(|request| request.starts_with("GET") && request.contains("/-/")).collect()
}

#[test]
fn every_package_manager_brings_the_one_that_fits() {
    let market = market();
    in_every_project(&market, |manager, unkey| {
        let said = unkey(&["version", "a b", "*"]).succeeded();
        assert_eq!(said.stdout.trim(), "a client called with version a b *", "{manager}: {}", said.report());
        unkey(&["exit", "7"]).exited(7);
        // Yarn downloads more than it installs.
        if ["npm", "pnpm"].contains(&manager) {
            let is_wanted = |tarball: &String| tarball.contains(OWN) || tarball.contains("/unkey/");
            let tarballs = tarballs(&market);
            assert!(tarballs.iter().all(is_wanted), "{manager}: {tarballs:?}");
        }
    });
    assert!(tarballs(&market).len() >= 2, "they came from here");
    assert_eq!(folders(&market.folder.path().join("npm/node_modules/@unkey")), [OWN], "no other platform's");
    assert!(market.folder.path().join("yarn/.pnp.cjs").is_file(), "without `node_modules`, as Yarn has it by default");
}

#[test]
fn what_is_not_installed_is_told() {
    let market = market();
    let not_installed =
        format!("error: the package `@unkey/{OWN}`, which has the binary for this platform, is not installed");
    for (name, options, got) in [
        ("omitted", &["--omit=optional"][..], vec![]),
        // As for an image of another system, or with `node_modules` carried to another machine.
        ("elsewhere", &["--os=win32", "--cpu=x64"], vec!["cli-win32-x64"]),
        ("nowhere", &["--os=freebsd", "--cpu=x64"], vec![]),
    ] {
        let project = market.project(name);
        ended(&mut market.in_project(&project, "npm", &[&["install", "unkey"], options].concat())).succeeded();
        assert_eq!(folders(&project.join("node_modules/@unkey")), got, "{name}");
        let said = run(&market, &project, "npm", &["exec", "--"], &["version"]).exited(2);
        said.complains(&[
            &not_installed,
            "hint: install `unkey` again with optional dependencies (without `--omit=optional`",
        ]);
    }
}

#[test]
fn the_version_that_was_asked_for_is_got() {
    let market = market();
    stock(&market, "v2.0.0-rc.1", NEXT);
    for (wanted, got) in [("unkey", "1.2.3"), ("unkey@next", "2.0.0-rc.1"), ("unkey@1.2.3", "1.2.3")] {
        let project = market.project(wanted);
        ended(&mut market.in_project(&project, "npm", &["install", wanted])).succeeded();
        for package in ["unkey", &format!("@unkey/{OWN}")] {
            let manifest = project.join("node_modules").join(package).join("package.json");
            let manifest = std::fs::read_to_string(manifest).expect("installed");
            assert!(manifest.contains(&format!("\"version\": \"{got}\"")), "{wanted}: {manifest}");
        }
    }
}
