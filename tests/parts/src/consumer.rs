//! A workspace that takes its rules from the repository, as users of `service_image` do.

use std::fs;
use std::path::Path;

use crate::environment;
use crate::files::write;
use crate::workspace::{self, Workspace};

/// The modules that BUILD files of such a workspace name.
const MODULES: [&str; 3] = ["platforms", "rules_pkg", "rules_rust"];

/// Writes the workspace's own files into a folder; packages are the caller's.
pub fn workspace(folder: &Path, name: &str) -> Workspace {
    write(&folder.join("MODULE.bazel"), module(name));
    write(&folder.join(".bazelrc"), bazelrc());
    write(&folder.join("BUILD.bazel"), b"");
    Workspace::at(folder, [])
}

/// The BUILD file of a service whose programs are the files `amd64` and `arm64` of its package; `arguments` are more lines of
/// `service_image`.
pub fn service(arguments: &[&str]) -> String {
    let arguments = arguments.iter().map(|line| format!("    {line},\n")).collect::<Vec<_>>().concat();
    format!(
        "load(\"@unkey//build/util:service_image.bzl\", \"service_image\")\n\n\
         filegroup(\n    name = \"program\",\n    srcs = select({{\n        \
         \"@platforms//cpu:arm64\": [\"arm64\"],\n        \"@platforms//cpu:x86_64\": [\"amd64\"],\n    }}),\n)\n\n\
         service_image(\n    name = \"image\",\n    binary = \":program\",\n{arguments})\n"
    )
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
