//! Layouts as people type them: where a relative path leads, and what is said of one that leads nowhere.

use std::path::{Path, PathBuf};

use http_client::environment;
use oci::reference::LocalTag;
use terminal::Failure;

/// The layout that was typed. `bazel run` starts programs in a folder of their own, and says where it was typed: what is not
/// here is looked for there.
pub fn layout(typed: &Path) -> Result<PathBuf, Failure> {
    if typed.exists() {
        return Ok(typed.to_owned());
    }
    let there = environment::where_typed(typed);
    if there.exists() {
        return Ok(there);
    }
    let path = typed.display();
    let is_reference = typed.to_str().is_some_and(|typed| typed.contains('@') || typed.parse::<LocalTag>().is_ok());
    let hint = if is_reference {
        format!(
            "layouts on disk are read, not registries: `skopeo copy --all docker://{path} oci:image` makes one of it in `image`"
        )
    } else {
        "name the folder of an OCI image layout, such as `bazel-bin/build/api/image` after `./bazelw build //build/api:image`"
            .to_owned()
    };
    Err(Failure::unknown(format!("there is no `{path}`")).with_hint(hint))
}

/// What to type to run another verb on a layout.
pub fn command(verb: &str, layout: &Path) -> String {
    format!("./bazelw run //tools/image -- {verb} {}", layout.display())
}
