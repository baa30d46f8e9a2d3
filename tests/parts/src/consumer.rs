//! A workspace that takes its rules from the repository, as users of `service_image` do.

use std::fs;
use std::path::Path;

use crate::environment;
use crate::workspace::{self, Workspace};

/// The modules that BUILD files of such a workspace name.
const MODULES: [&str; 3] = ["platforms", "rules_pkg", "rules_rust"];

/// Writes the workspace's own files into a folder; packages are the caller's.
pub fn workspace(folder: &Path, name: &str) -> Workspace {
    write(&folder.join("MODULE.bazel"), module(name).as_bytes());
    write(&folder.join(".bazelrc"), bazelrc().as_bytes());
    write(&folder.join("BUILD.bazel"), b"");
    Workspace::at(folder, [])
}

/// Writes a file. An unchanged one keeps its time, so that Bazel need not look at it again.
pub fn write(path: &Path, content: &[u8]) {
    if fs::read(path).is_ok_and(|existing| existing == content) {
        return;
    }
    fs::create_dir_all(path.parent().expect("a folder")).expect("made");
    fs::write(path, content).unwrap_or_else(|error| panic!("`{}`: {error}", path.display()));
}

/// The versions are the repository's: a consumer that names lower ones gets these all the same.
fn module(name: &str) -> String {
    let own = fs::read_to_string(workspace::root().join("MODULE.bazel")).expect("MODULE.bazel");
    let line = |module: &&str| {
        let start = format!("bazel_dep(name = \"{module}\"");
        own.lines().find(|line| line.starts_with(&start)).unwrap_or_else(|| panic!("no {module}: {own}")).to_owned()
    };
    let dependencies: Vec<_> = MODULES.iter().map(line).collect();
    format!(
        "module(name = \"{name}\")\n\n{}\nbazel_dep(name = \"unkey\")\n\n\
         register_toolchains(\n    \"@unkey//build/util/toolchains:all\",\n    dev_dependency = True,\n)\n",
        dependencies.join("\n")
    )
}

/// The repository is named here because `--ignore_dev_dependency` also drops a MODULE.bazel's own overrides.
fn bazelrc() -> String {
    let root = workspace::root().display();
    let cache = environment::cache().join("bazel");
    format!(
        "common --noenable_workspace\ncommon --lockfile_mode=off\n\
         common --override_module=unkey={root}\n\
         common --disk_cache={cache}\n\
         common --noexperimental_check_external_repository_files\n\
         build --incompatible_strict_action_env\n\
         common:airgap --ignore_dev_dependency\n\
         common:airgap --override_module=rules_oci={root}/airgap/rules_oci\n\
         common:airgap --extra_toolchains=@unkey//airgap/toolchains:all\n\
         common:airgap --action_env=PYTHONWARNINGS=ignore\n",
        cache = cache.display()
    )
}
