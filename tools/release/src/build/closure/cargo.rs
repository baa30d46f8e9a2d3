//! What of Cargo's files reaches a service's crates.
//!
//! Cargo.lock and the root's manifest are shared by everything here, so a change of them counts only where it is about a
//! crate that the service's own packages need: those packages whose BUILD file Bazel lists, and what the lock says that they
//! need, down to the last crate, of any platform. Development dependencies of those packages do not count.
//!
//! One thing is approximated. Features are unified over the whole workspace, so a package that has nothing to do with the
//! service can switch on a feature of a crate that the service uses. What manifests of this repository ask for is compared,
//! of every package; what third-party crates ask of each other is not in the lock, and only counts for the service's own.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::Deserialize;
use services::CLI;
use toml::{Table, Value};

use super::Closure;
use crate::build::BuildError;
use crate::build::error::read;

/// The tables of a manifest that name what is built into a crate.
const BUILT_IN: [&str; 2] = ["dependencies", "build-dependencies"];

/// The table that names what only its tests need.
const DEVELOPMENT: &str = "dev-dependencies";

/// Keys of manifests that decide about no build.
const IRRELEVANT: [&str; 5] = [DEVELOPMENT, "test", "bench", "example", "lints"];

/// One that decides about builds by Cargo, and about none by Bazel.
const PROFILE: &str = "profile";

/// The crates of one service.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Crates {
    /// The service's own packages: folder to name.
    packages: BTreeMap<String, String>,
    /// Of those, by name, what only their tests need.
    development: BTreeMap<String, BTreeSet<String>>,
    /// Every crate that they need.
    names: BTreeSet<String>,
    /// Whether it is built by Cargo too.
    has_profiles: bool,
}

#[derive(Deserialize)]
struct Lock {
    #[serde(default, rename = "package")]
    packages: Vec<Locked>,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
struct Locked {
    name: String,
    version: String,
    source: Option<String>,
    checksum: Option<String>,
    #[serde(default)]
    dependencies: Vec<String>,
}

impl Crates {
    /// Those of the packages that `closure` has, in the repository with this root. None where it has no Cargo workspace.
    ///
    /// # Errors
    /// When the root's manifest, a manifest that it names, or the lock cannot be read.
    pub fn read(root: &Path, closure: &Closure) -> Result<Self, BuildError> {
        let path = root.join("Cargo.toml");
        if !path.is_file() {
            return Ok(Self::default());
        }
        let manifest = parse(&path, "manifest", &read(&path)?)?;
        let members = manifest.get("workspace").and_then(|workspace| workspace.get("members"));
        let mut crates = Self { has_profiles: closure.paths().contains(CLI), ..Self::default() };
        for folder in members.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str) {
            if closure.has_package(folder) {
                let path = root.join(folder).join("Cargo.toml");
                crates.add(folder, &parse(&path, "manifest", &read(&path)?)?);
            }
        }
        let path = root.join("Cargo.lock");
        let lock: Lock = parse_as(&path, "lock", &read(&path)?)?;
        crates.names = crates.needed(&lock).into_iter().map(|locked| locked.name).collect();
        Ok(crates)
    }

    fn add(&mut self, folder: &str, manifest: &Table) {
        let name = manifest.get("package").and_then(|package| package.get("name")).and_then(Value::as_str);
        let Some(name) = name else { return };
        let built_in = dependencies(manifest, &BUILT_IN);
        let development = dependencies(manifest, &[DEVELOPMENT]);
        let only = development.into_keys().filter(|name| !built_in.contains_key(name)).collect();
        self.packages.insert(folder.to_owned(), name.to_owned());
        self.development.insert(name.to_owned(), only);
    }

    /// Whether a change of a manifest or the lock reaches the service. What cannot be read does.
    #[must_use]
    pub fn is_reached(&self, path: &str, old: &str, new: &str) -> bool {
        if path == "Cargo.lock" {
            return differs(old, new, |text| toml::from_str(text).ok().map(|lock| self.needed(&lock)));
        }
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        if folder.is_empty() {
            differs(old, new, |text| Some(self.of_workspace(text.parse().ok()?)))
        } else if self.packages.contains_key(folder) {
            differs(old, new, |text| Some(self.without_irrelevant(text.parse().ok()?)))
        } else {
            differs(old, new, |text| Some(self.features(&text.parse().ok()?)))
        }
    }

    /// The entries of a lock that the service's packages need, themselves included.
    fn needed(&self, lock: &Lock) -> BTreeSet<Locked> {
        let mut found: BTreeMap<(&str, &str), &Locked> = BTreeMap::new();
        let is_own = |locked: &&Locked| locked.source.is_none() && self.development.contains_key(&locked.name);
        let mut open: Vec<&Locked> = lock.packages.iter().filter(is_own).collect();
        while let Some(locked) = open.pop() {
            if found.insert((locked.name.as_str(), locked.version.as_str()), locked).is_some() {
                continue;
            }
            let names = self.dependencies_of(locked);
            open.extend(names.flat_map(|wanted| lock.packages.iter().filter(move |locked| is_meant(locked, wanted))));
        }
        let entry = |locked: &Locked| {
            let dependencies = self.dependencies_of(locked).map(str::to_owned).collect();
            Locked { dependencies, ..locked.clone() }
        };
        found.into_values().map(entry).collect()
    }

    fn dependencies_of<'a>(&'a self, locked: &'a Locked) -> impl Iterator<Item = &'a str> {
        let development = self.development.get(&locked.name).filter(|_| locked.source.is_none());
        let is_built_in = move |wanted: &&str| {
            let name = wanted.split(' ').next().unwrap_or_default();
            development.is_none_or(|development| !development.contains(name))
        };
        locked.dependencies.iter().map(String::as_str).filter(is_built_in)
    }

    /// What the root's manifest says that reaches the service.
    fn of_workspace(&self, manifest: Table) -> Table {
        let mut manifest = self.without_irrelevant(manifest);
        if let Some(workspace) = manifest.get_mut("workspace").and_then(Value::as_table_mut) {
            for key in ["members", "exclude", "default-members", "lints", "metadata"] {
                workspace.remove(key);
            }
            if let Some(dependencies) = workspace.get_mut("dependencies").and_then(Value::as_table_mut) {
                dependencies.retain(|name, value| self.names.contains(package_name(name, value)));
            }
        }
        manifest
    }

    fn without_irrelevant(&self, mut manifest: Table) -> Table {
        manifest.retain(|key, _| !IRRELEVANT.contains(&key) && (self.has_profiles || key != PROFILE));
        if let Some(targets) = manifest.get_mut("target").and_then(Value::as_table_mut) {
            for target in targets.iter_mut().filter_map(|(_, target)| target.as_table_mut()) {
                target.remove(DEVELOPMENT);
            }
        }
        manifest
    }

    /// The features that a manifest asks of the service's crates.
    fn features(&self, manifest: &Table) -> BTreeMap<String, BTreeSet<String>> {
        let mut asked = dependencies(manifest, &[BUILT_IN[0], BUILT_IN[1], DEVELOPMENT]);
        asked.retain(|name, features| self.names.contains(name) && !features.is_empty());
        asked
    }
}

/// Whether what a view shows of two texts differs, or cannot be seen.
fn differs<T: PartialEq>(old: &str, new: &str, view: impl Fn(&str) -> Option<T>) -> bool {
    match (view(old), view(new)) {
        (Some(old), Some(new)) => old != new,
        _ => true,
    }
}

/// `name`, `name version` or `name version (source)`, as short as it is clear.
fn is_meant(locked: &Locked, wanted: &str) -> bool {
    let mut words = wanted.splitn(3, ' ');
    let source = |word: &str| word.strip_prefix('(').and_then(|word| word.strip_suffix(')')).map(str::to_owned);
    words.next() == Some(locked.name.as_str())
        && words.next().is_none_or(|version| version == locked.version)
        && words.next().is_none_or(|word| source(word) == locked.source)
}

/// The crates in these tables of a manifest, of every platform, with the features that are asked of them.
fn dependencies(manifest: &Table, kinds: &[&str]) -> BTreeMap<String, BTreeSet<String>> {
    let targets = manifest.get("target").and_then(Value::as_table).into_iter().flatten();
    let tables = targets.filter_map(|(_, target)| target.as_table()).chain([manifest]);
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for table in tables {
        let entries = kinds.iter().filter_map(|kind| table.get(*kind)).filter_map(Value::as_table).flatten();
        for (name, value) in entries {
            let features = value.get("features").and_then(Value::as_array).into_iter().flatten();
            let features = features.filter_map(Value::as_str).map(str::to_owned);
            found.entry(package_name(name, value).to_owned()).or_default().extend(features);
        }
    }
    found
}

/// A dependency can have another name than its crate.
fn package_name<'a>(name: &'a str, value: &'a Value) -> &'a str {
    value.get("package").and_then(Value::as_str).unwrap_or(name)
}

fn parse(path: &Path, kind: &'static str, text: &str) -> Result<Table, BuildError> {
    parse_as(path, kind, text)
}

fn parse_as<T: serde::de::DeserializeOwned>(path: &Path, kind: &'static str, text: &str) -> Result<T, BuildError> {
    let failed = |error: toml::de::Error| error.message().to_owned();
    toml::from_str(text).map_err(failed).map_err(|message| BuildError::Parse { path: path.to_owned(), kind, message })
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOCK: &str = r#"
version = 4
[[package]]
name = "api"
version = "0.0.0"
dependencies = ["serde", "syn 2.0.1", "tempfile"]
[[package]]
name = "serde"
version = "1.0.1"
source = "registry"
checksum = "aa"
dependencies = ["itoa"]
[[package]]
name = "itoa"
version = "1.0.0"
source = "registry"
checksum = "bb"
[[package]]
name = "syn"
version = "1.0.9"
source = "registry"
checksum = "cc"
[[package]]
name = "syn"
version = "2.0.1"
source = "registry"
checksum = "dd"
[[package]]
name = "tempfile"
version = "3.0.0"
source = "registry"
checksum = "ee"
[[package]]
name = "tool"
version = "0.0.0"
dependencies = ["syn 1.0.9", "serde"]
"#;

    const WORKSPACE: &str = r#"
[workspace]
members = ["svc/api", "tools/tool"]
[workspace.dependencies]
serde = "1"
tempfile = "3"
syn2 = { package = "syn", version = "2" }
[profile.dev]
opt-level = 1
"#;

    const MANIFEST: &str = r#"
[package]
name = "api"
[dependencies]
serde.workspace = true
[target.'cfg(unix)'.dependencies]
syn2.workspace = true
[dev-dependencies]
tempfile.workspace = true
"#;

    /// A service of the one package `svc/api`.
    fn crates() -> Crates {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join("svc/api")).unwrap();
        for (name, text) in [("Cargo.toml", WORKSPACE), ("Cargo.lock", LOCK), ("svc/api/Cargo.toml", MANIFEST)] {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        let closure = Closure::new(["svc/api/BUILD.bazel".to_owned()]);
        Crates::read(folder.path(), &closure).unwrap()
    }

    #[test]
    fn profiles_count_for_what_cargo_builds() {
        let new = WORKSPACE.replace("opt-level = 1", "opt-level = 3");
        let with_cargo = Crates { has_profiles: true, ..crates() };
        assert!(with_cargo.is_reached("Cargo.toml", WORKSPACE, &new));
        assert!(!crates().is_reached("Cargo.toml", WORKSPACE, &new));
    }

    #[test]
    fn the_crates_are_those_that_the_packages_need() {
        let names: Vec<String> = crates().names.into_iter().collect();
        assert_eq!(names, ["api", "itoa", "serde", "syn"]);
    }

    #[test]
    fn of_the_lock_only_those_count() {
        let crates = crates();
        for (from, to, expected) in [
            ("checksum = \"aa\"", "checksum = \"a0\"", true),
            ("name = \"itoa\"\nversion = \"1.0.0\"", "name = \"itoa\"\nversion = \"1.0.1\"", true),
            ("checksum = \"dd\"", "checksum = \"d0\"", true),
            ("[\"itoa\"]", "[]", true),
            // The other version, a test's crate, a tool's.
            ("checksum = \"cc\"", "checksum = \"c0\"", false),
            ("checksum = \"ee\"", "checksum = \"e0\"", false),
            (", \"tempfile\"]", "]", false),
            ("[\"syn 1.0.9\", \"serde\"]", "[]", false),
            ("version = 4", "version = 5", false),
            ("version = 4", "version = ", true),
        ] {
            let new = LOCK.replacen(from, to, 1);
            assert_ne!(new, LOCK, "`{from}` is there");
            assert_eq!(crates.is_reached("Cargo.lock", LOCK, &new), expected, "{from} -> {to}");
        }
        assert!(crates.is_reached("Cargo.lock", "", LOCK));
        assert!(!Crates::default().is_reached("Cargo.lock", "", LOCK));
    }

    #[test]
    fn of_the_workspace_only_what_the_service_uses_counts() {
        let crates = crates();
        for (from, to, expected) in [
            ("serde = \"1\"", "serde = { version = \"1\", features = [\"rc\"] }", true),
            ("version = \"2\"", "version = \"2\", default-features = false", true),
            ("tempfile = \"3\"", "tempfile = \"4\"", false),
            (", \"tools/tool\"", "", false),
            ("opt-level = 1", "opt-level = 3", false),
            ("[profile.dev]", "[patch.crates-io]\nserde.path = \"x\"\n[profile.dev]", true),
        ] {
            let new = WORKSPACE.replacen(from, to, 1);
            assert_ne!(new, WORKSPACE, "`{from}` is there");
            assert_eq!(crates.is_reached("Cargo.toml", WORKSPACE, &new), expected, "{from} -> {to}");
        }
    }

    #[test]
    fn of_manifests_all_but_tests_counts_for_the_service_and_features_for_all() {
        let crates = crates();
        let own = |new: &str| crates.is_reached("svc/api/Cargo.toml", MANIFEST, new);
        assert!(own(&MANIFEST.replace("serde.workspace = true", "")));
        assert!(!own(&MANIFEST.replace("tempfile.workspace = true", "insta.workspace = true")));
        let other = |new: &str| crates.is_reached("tools/tool/Cargo.toml", "[package]\nname = \"tool\"", new);
        assert!(other("[dependencies]\nserde = { workspace = true, features = [\"rc\"] }"));
        assert!(other("[target.'cfg(unix)'.dev-dependencies]\nsyn2 = { package = \"syn\", features = [\"full\"] }"));
        assert!(!other("[dependencies]\nserde.workspace = true"));
        assert!(!other("[dependencies]\ntempfile = { version = \"3\", features = [\"x\"] }"));
    }
}
