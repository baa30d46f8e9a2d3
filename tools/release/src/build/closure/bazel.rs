//! Closures as Bazel knows them: what an image's target depends on as it is built, and what the packages of that load.
//!
//! Asks for configured targets: only they tell which toolchains are used, and a query of unconfigured ones fails where a
//! branch of a `select` that is never taken leads nowhere. BUILD and `.bzl` files are no dependencies of targets, so a
//! second question is for them. Both are asked once for all services, because most of the answer is the same for each, and
//! taken apart here. Modules count where they are folders of this repository.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
use std::process::{ExitStatus, Output};

use services::CLI;

use super::graph::Graph;
use super::label::{Label, Package};
use super::loads::Loads;
use super::repositories::Repositories;
use super::{Closure, Closures};
use crate::build::{BINARIES, Bazel, BuildError, QUIET};
use crate::error::Error;

/// The main repository is `@@` everywhere.
const FULL_LABELS: &str = "--consistent_labels";

/// Asks the repository's own Bazel.
#[derive(Debug, Clone)]
pub struct BazelClosures {
    bazel: Bazel,
}

impl BazelClosures {
    /// Of the work tree that this Bazel is in.
    #[must_use]
    pub fn new(bazel: Bazel) -> Self {
        Self { bazel }
    }

    /// The graph of these targets and what they depend on. Behind a broken one Bazel goes on, so that all of those are named.
    fn graph(&self, targets: &[String]) -> Result<Graph, BuildError> {
        let expression = format!("deps(set({}))", targets.join(" "));
        let form = [FULL_LABELS, "--output=graph", "--nograph:factored", "--graph:node_limit=-1"];
        let arguments = [&["cquery", "--keep_going"], &QUIET[..], &form, &["--", &expression]].concat();
        let output = self.bazel.output(&arguments)?;
        let graph = Graph::parse(&String::from_utf8_lossy(&output.stdout));
        let broken: Vec<String> = targets.iter().filter(|target| !graph.has(target)).cloned().collect();
        if broken.is_empty() { answer(output, targets).map(|_| graph) } else { Err(ended(output.status, &broken)) }
    }

    /// The BUILD and `.bzl` files that these packages load, and the BUILD files beside those.
    fn build_files(&self, targets: &[String], packages: &BTreeSet<Package>) -> Result<String, BuildError> {
        let patterns = packages.iter().map(|package| format!("@@{}//{}:all", package.repository, package.folder));
        let expression = format!("buildfiles(set({}))", patterns.collect::<Vec<_>>().join(" "));
        let flags = [FULL_LABELS, "--order_output=no", "--", &expression];
        let labels = answer(self.bazel.output(&[&["query"], &QUIET[..], &flags].concat())?, targets)?;
        String::from_utf8(labels).map_err(|_| unknown(targets, "its answer is not UTF-8".to_owned()))
    }

    fn repositories(&self, targets: &[String]) -> Result<Repositories, BuildError> {
        let output_base = answer(self.bazel.output(&[&["info"], &QUIET[..], &["output_base"]].concat())?, targets)?;
        let output_base = Path::new(OsStr::from_bytes(output_base.strip_suffix(b"\n").unwrap_or(&output_base)));
        Ok(Repositories::new(self.bazel.root(), output_base))
    }
}

/// What Bazel prints, or that it fails, and for which targets it was asked.
fn answer(output: Output, targets: &[String]) -> Result<Vec<u8>, BuildError> {
    if output.status.success() { Ok(output.stdout) } else { Err(ended(output.status, targets)) }
}

fn ended(status: ExitStatus, targets: &[String]) -> BuildError {
    unknown(targets, format!("{status}, what it said is above"))
}

fn unknown(targets: &[String], message: String) -> BuildError {
    let targets: Vec<String> = targets.iter().map(|target| format!("`{}`", target.trim_start_matches('@'))).collect();
    BuildError::Dependencies { targets: targets.join(", "), message }
}

impl Closures for BazelClosures {
    fn closures(&self, services: &[&str]) -> Result<BTreeMap<String, Closure>, Error> {
        let (cli, services) = self.split(services);
        let mut closures = self.asked(&services)?;
        if cli {
            let own = closures.remove(CLI).map_or_else(Closure::of_cli, |asked| asked.and(Closure::of_cli()));
            closures.insert(CLI.to_owned(), own);
        }
        Ok(closures)
    }

    fn root(&self) -> Option<&Path> {
        Some(self.bazel.root())
    }
}

impl BazelClosures {
    /// Whether the client is among them, and those that Bazel is asked of: of the client only where Bazel builds it. Before it did,
    /// that was Cargo's alone.
    fn split<'a>(&self, services: &[&'a str]) -> (bool, Vec<&'a str>) {
        let is_built = self.bazel.root().join("cli/BUILD.bazel").is_file();
        let asked = services.iter().copied().filter(|service| *service != CLI || is_built).collect();
        (services.contains(&CLI), asked)
    }

    fn asked(&self, services: &[&str]) -> Result<BTreeMap<String, Closure>, Error> {
        if services.is_empty() {
            return Ok(BTreeMap::new());
        }
        let target = |service: &&str| match *service {
            CLI => format!("@@{BINARIES}"),
            service => format!("@@//build/{service}:image"),
        };
        let targets: Vec<String> = services.iter().map(target).collect();
        let graph = self.graph(&targets)?;
        let mut repositories = self.repositories(&targets)?;
        let nodes = graph.labels().map(|label| Label::parse(label).filter(|label| repositories.has(label)));
        let nodes: Vec<Option<Label>> = nodes.collect();
        let packages = nodes.iter().flatten().map(|label| label.package).collect();
        let text = self.build_files(&targets, &packages)?;
        let build_files: BTreeSet<Label> = text.lines().filter_map(Label::parse).collect();
        let labels: BTreeSet<Label> = nodes.iter().flatten().chain(&build_files).copied().collect();
        // Labels of rules look like those of files.
        let paths: BTreeMap<Label, String> =
            labels.into_iter().filter_map(|label| Some((label, repositories.existing(&label)?))).collect();
        let loads = Loads::new(&build_files, &packages, |file| fs::read_to_string(repositories.place(file)).ok());
        let mut closures = BTreeMap::new();
        for (service, target) in services.iter().zip(&targets) {
            let labels: BTreeSet<Label> = graph.below(target).into_iter().filter_map(|node| nodes[node]).collect();
            let build_files = loads.of(&labels.iter().map(|label| label.package).collect());
            let labels = labels.union(&build_files).filter_map(|label| paths.get(label).cloned());
            closures.insert((*service).to_owned(), Closure::new(labels));
        }
        Ok(closures)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;
    use std::path::PathBuf;

    use tempfile::TempDir;

    use super::*;

    /// Logs its commands, and answers for the services `api` and `worker`; `broken` is in no graph.
    const BAZEL: &str = r#"#!/bin/sh
echo "$1" >> calls
case "$1 $*" in
  info*) pwd ;;
  cquery*)
    cat graph
    case "$*" in *build/broken*) exit 1 ;; esac ;;
  query*) printf '@@//build/%s\n' api:BUILD.bazel worker:BUILD.bazel worker:own.bzl util:image.bzl util:BUILD.bazel ;;
esac
"#;

    const GRAPH: &str = r#"  "@@//build/api:image (1)"
  "@@//build/api:image (1)" -> "@@//build/api:main.rs (null)"
  "@@//build/api:image (1)" -> "@@crates//:lib.rs (null)"
  "@@//build/worker:image (1)"
  "@@//build/worker:image (1)" -> "@@//build/worker:main.rs (null)"
"#;

    const LOAD: &str = "load(\"//build/util:image.bzl\", \"image\")\n";

    struct Scene {
        folder: TempDir,
    }

    impl Scene {
        fn new() -> Self {
            let scene = Self { folder: tempfile::tempdir().unwrap() };
            for (file, text) in [
                ("bazelw", BAZEL),
                ("graph", GRAPH),
                ("build/api/BUILD.bazel", LOAD),
                ("build/api/main.rs", ""),
                ("build/util/BUILD.bazel", ""),
                ("build/util/image.bzl", ""),
                ("build/worker/BUILD.bazel", &format!("load(\":own.bzl\", \"own\")\n{LOAD}")),
                ("build/worker/main.rs", ""),
                ("build/worker/own.bzl", ""),
            ] {
                fs::create_dir_all(scene.path(file).parent().unwrap()).unwrap();
                fs::write(scene.path(file), text).unwrap();
            }
            fs::set_permissions(scene.path("bazelw"), fs::Permissions::from_mode(0o755)).unwrap();
            scene
        }

        fn path(&self, file: &str) -> PathBuf {
            self.folder.path().join(file)
        }

        fn closures(&self, services: &[&str]) -> Result<BTreeMap<String, Closure>, Error> {
            BazelClosures::new(Bazel::new(self.folder.path())).closures(services)
        }

        /// The commands that Bazel was called with.
        fn calls(&self) -> Vec<String> {
            let calls = fs::read_to_string(self.path("calls")).unwrap_or_default();
            calls.lines().map(str::to_owned).collect()
        }
    }

    #[test]
    fn bazel_is_asked_once_for_all_services_and_each_has_its_own_closure() {
        let scene = Scene::new();
        let closures = scene.closures(&["api", "worker"]).unwrap();
        assert_eq!(scene.calls(), ["cquery", "info", "query"]);
        let shared = ["build/util/BUILD.bazel", "build/util/image.bzl"];
        let expected = |own: &[&str]| Closure::new(own.iter().chain(&shared).map(|path| (*path).to_owned()));
        assert_eq!(closures.len(), 2);
        assert_eq!(closures["api"], expected(&["build/api/BUILD.bazel", "build/api/main.rs"]));
        let worker = ["build/worker/BUILD.bazel", "build/worker/main.rs", "build/worker/own.bzl"];
        assert_eq!(closures["worker"], expected(&worker));
    }

    #[test]
    fn bazel_is_not_asked_for_nothing() {
        let scene = Scene::new();
        assert_eq!(scene.closures(&[]).unwrap(), BTreeMap::new());
        assert_eq!(scene.calls(), Vec::<String>::new());
    }

    #[test]
    fn a_broken_image_is_named_without_the_others() {
        let error = Scene::new().closures(&["api", "broken", "worker"]).unwrap_err();
        let expected =
            "Bazel cannot tell the dependencies of `//build/broken:image`: exit status: 1, what it said is above";
        assert_eq!(error.to_string(), expected);
    }

    #[test]
    fn a_bazel_that_fails_is_no_closure() {
        let scene = Scene::new();
        fs::write(scene.path("bazelw"), "#!/bin/sh\nexit 7\n").unwrap();
        let error = scene.closures(&["api", "worker"]).unwrap_err();
        let expected = "Bazel cannot tell the dependencies of `//build/api:image`, `//build/worker:image`: exit status: 7, \
                        what it said is above";
        assert_eq!(error.to_string(), expected);
        fs::remove_file(scene.path("bazelw")).unwrap();
        assert!(matches!(scene.closures(&["api"]), Err(Error::Build(BuildError::Start { .. }))));
    }
}
