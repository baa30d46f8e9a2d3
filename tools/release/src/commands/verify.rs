//! `release verify`: reads the tag, rebuilds, prints both digests.

use std::path::Path;

use release::build::Cache;
use release::git::Repository;
use release::plan::request;
use release::publish::verify::{Comparison, Verification, VerifyRequest, verify};
use terminal::{Exit, Failure, Table, stdout};

use crate::cli::verify::VerifyArgs;
use crate::commands::plan::prereleases;

/// Runs the verb.
pub fn run(folder: &Path, arguments: &VerifyArgs) -> Result<Exit, Failure> {
    let tag = request::image_tag(&arguments.tag)?;
    let repository = Repository::open(folder)?;
    let request = VerifyRequest {
        tag,
        prereleases: prereleases(arguments.allow_prerelease_off_main),
        registry: arguments.registry.clone(),
        cache: if arguments.trust_cache { Cache::Use } else { Cache::Ignore },
    };
    let verification = verify(&repository, &request, progress_bar::on_stderr().as_ref())?;
    if arguments.json {
        stdout::print_json(&verification)?;
    } else {
        stdout::print(&text(&verification))?;
    }
    if verification.is_same() {
        return Ok(Exit::Success);
    }
    let message = format!("the published image of `{}` is not what its commit makes here", verification.tag);
    let hint = "`airgap/root.sh info` and `bazelw version` tell the compilers; others make another image";
    Err(Failure::refused(message).with_hint(hint))
}

fn text(verification: &Verification) -> String {
    let mut table = Table::new(&["", "published", "rebuilt", ""]);
    let row = |name: &str, digests: &Comparison| {
        let text = |digest: &Option<String>| digest.clone().unwrap_or_else(|| "-".to_owned());
        let word = if digests.is_same() { "same" } else { "DIFFERENT" };
        vec![name.to_owned(), text(&digests.published), text(&digests.rebuilt), word.to_owned()]
    };
    table.push(row("index", &verification.index));
    for platform in &verification.platforms {
        table.push(row(&platform.platform, &platform.digests));
    }
    let reference = format!("{}:{}", verification.repository, verification.tag.version());
    format!("{reference} of {}\n{}", verification.commit, table.render())
}
