//! Whose each `.bzl` file is.
//!
//! Bazel tells which BUILD and `.bzl` files some packages load, all in one list. Which package loads which of them is in the
//! `load` statements of these files. Where such a statement leaves a doubt, more files count: one of the same name in another
//! repository, every `.bzl` file where a statement cannot be read, and for every package what none of them is seen to load.

use std::collections::{BTreeMap, BTreeSet};

use super::label::{Label, Package};

/// The BUILD and `.bzl` files of some packages.
pub(super) struct Loads<'a> {
    /// Each file with those that it loads.
    loaded: BTreeMap<Label<'a>, BTreeSet<Label<'a>>>,
    /// Those that no package is seen to load.
    unclaimed: BTreeSet<Label<'a>>,
}

impl<'a> Loads<'a> {
    /// Puts together what `files`, all that Bazel lists for these packages, load from each other.
    pub(super) fn new(
        files: &BTreeSet<Label<'a>>,
        packages: &BTreeSet<Package<'a>>,
        read: impl Fn(&Label) -> Option<String>,
    ) -> Self {
        let loaded = |file: &Label<'a>| -> BTreeSet<Label<'a>> {
            let source = read(file);
            let statements = source.as_deref().and_then(statements);
            let is_meant = |other: &Label| match &statements {
                Some(statements) => statements.iter().any(|text| is_meant(other, text, file)),
                None => true,
            };
            files.iter().filter(|other| !other.is_build_file() && is_meant(other)).copied().collect()
        };
        let loaded = files.iter().map(|file| (*file, loaded(file))).collect();
        let mut loads = Self { loaded, unclaimed: BTreeSet::new() };
        let claimed = loads.of(packages);
        loads.unclaimed = files.difference(&claimed).copied().collect();
        loads
    }

    /// What these packages load, directly or not, their BUILD files and those beside each `.bzl` file.
    pub(super) fn of(&self, packages: &BTreeSet<Package<'a>>) -> BTreeSet<Label<'a>> {
        let is_first = |file: &&Label<'a>| file.is_build_file() && packages.contains(&file.package);
        let mut open: Vec<Label<'a>> = self.loaded.keys().filter(is_first).chain(&self.unclaimed).copied().collect();
        let mut found = BTreeSet::new();
        while let Some(file) = open.pop() {
            if found.insert(file) {
                open.extend(self.loaded.get(&file).into_iter().flatten());
            }
        }
        let folders: BTreeSet<Package<'a>> = found.iter().map(|file| file.package).collect();
        found.extend(self.loaded.keys().filter(|file| file.is_build_file() && folders.contains(&file.package)));
        found
    }
}

/// The labels in the `load` statements of a file; nothing where one is in no form that is known here.
fn statements(source: &str) -> Option<Vec<&str>> {
    let is_first = |start: usize| start == 0 || source[..start].ends_with('\n');
    let starts = source.match_indices("load").map(|(start, _)| start).filter(|start| is_first(*start));
    let arguments =
        starts.filter_map(|start| source[start + "load".len()..].trim_start_matches([' ', '\t']).strip_prefix('('));
    arguments.map(first_text).collect()
}

/// The string that stands first in what follows a parenthesis.
fn first_text(arguments: &str) -> Option<&str> {
    let mut rest = arguments.trim_start();
    while let Some(comment) = rest.strip_prefix('#') {
        rest = comment.split_once('\n')?.1.trim_start();
    }
    let quote = rest.chars().next().filter(|first| ['"', '\''].contains(first))?;
    rest[1..].split_once(quote).map(|(text, _)| text).filter(|text| !text.is_empty())
}

/// Whether a `load` statement in `from` can mean a file. What a repository is called there is not known here.
fn is_meant(file: &Label, text: &str, from: &Label) -> bool {
    if let Some(name) = text.strip_prefix(':') {
        return file.package == from.package && file.name == name;
    }
    let Some((repository, rest)) = text.split_once("//") else { return false };
    let is_in_repository = !repository.is_empty() || file.package.repository == from.package.repository;
    is_in_repository && rest.split_once(':') == Some((file.package.folder, file.name))
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILES: [(&str, &str); 10] = [
        ("@@//build/api:BUILD.bazel", "load(\"//rules:image.bzl\", \"image\")\n"),
        ("@@//build/worker:BUILD.bazel", "load('@tools//:defs.bzl', \"worker\")\nloaded = 1\n"),
        ("@@//rules:BUILD.bazel", "load(\"//deep:not_of_others.bzl\", \"x\")\n"),
        (
            "@@//rules:image.bzl",
            "\"\"\"Text.\n\nload: no statement\n\"\"\"\nload(\n    # Why.\n    \":names.bzl\",\n    \"NAMES\",\n)\n",
        ),
        ("@@//rules:names.bzl", "NAMES = []\n"),
        ("@@//deep:not_of_others.bzl", ""),
        ("@@//deep:BUILD", ""),
        ("@@tools~//:defs.bzl", "load (\"//:names.bzl\", \"NAMES\")\n"),
        ("@@tools~//:names.bzl", ""),
        ("@@other~//:names.bzl", ""),
    ];

    fn of(packages: &[&str], replaced: Option<(&str, &str)>) -> BTreeSet<String> {
        let text = |label: &Label| {
            let named =
                FILES.iter().copied().chain(replaced).rev().find(|(name, _)| Label::parse(name) == Some(*label));
            named.map(|(_, text)| text.to_owned())
        };
        let files = FILES.iter().filter_map(|(name, _)| Label::parse(name)).collect();
        let package = |folder| Package { repository: "", folder };
        let all = ["build/api", "build/worker", "rules"].map(package).into();
        let loads = Loads::new(&files, &all, text);
        let found = loads.of(&packages.iter().copied().map(package).collect());
        let shown = |label: Label| format!("@@{}//{}:{}", label.package.repository, label.package.folder, label.name);
        found.into_iter().map(shown).collect()
    }

    /// What no package loads: `@@other~//:names.bzl` is there so that there is such a file.
    const UNCLAIMED: &str = "@@other~//:names.bzl";

    #[test]
    fn a_package_has_the_files_that_it_loads_and_the_build_files_beside_them() {
        let expected = |files: &[&str]| files.iter().map(|file| (*file).to_owned()).collect::<BTreeSet<_>>();
        let api = ["@@//build/api:BUILD.bazel", "@@//rules:BUILD.bazel", "@@//rules:image.bzl", "@@//rules:names.bzl"];
        assert_eq!(of(&["build/api"], None), expected(&[&api[..], &[UNCLAIMED]].concat()));
        let worker = ["@@//build/worker:BUILD.bazel", "@@tools~//:defs.bzl", "@@tools~//:names.bzl", UNCLAIMED];
        assert_eq!(of(&["build/worker"], None), expected(&worker));
    }

    #[test]
    fn a_statement_that_cannot_be_read_loads_every_bzl_file() {
        for text in ["load(NAME, \"x\")", "load(r\"//rules:names.bzl\", \"x\")", "load(", "load(# and no more"] {
            let found = of(&["build/worker"], Some(("@@//build/worker:BUILD.bazel", text)));
            let expected =
                FILES.iter().map(|(name, _)| (*name).to_owned()).filter(|name| name != "@@//build/api:BUILD.bazel");
            assert_eq!(found, expected.collect(), "`{text}`");
        }
    }

    #[test]
    fn a_repository_by_another_name_is_any() {
        let found = of(&["build/api"], Some(("@@//rules:names.bzl", "load(\"@x//:names.bzl\", \"x\")")));
        assert!(found.contains("@@tools~//:names.bzl") && found.contains("@@other~//:names.bzl"), "{found:?}");
    }
}
