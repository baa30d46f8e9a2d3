//! The `package.json` of each package.

use serde_json::{Map, Value, json};

use crate::pack::Source;
use crate::platform::Platform;

/// The package that people install.
pub(crate) const LAUNCHER: &str = "unkey";

/// Where the launcher is in it.
pub(crate) const LAUNCHER_FILE: &str = "bin/unkey.js";

/// What the workspace's crates are licensed under, as SPDX has it.
const LICENSE: &str = "Apache-2.0";

/// The client's folder in the repository.
const DIRECTORY: &str = "cli";

/// The package with the binary of one platform.
///
/// No `libc` for Linux: that binary is linked statically with musl and runs beside any C library. With `libc: ["glibc"]` or
/// `["musl"]`, npm would leave it out on half of the machines where it runs.
pub(crate) fn platform(source: &Source, platform: Platform) -> String {
    let own = json!({
        "os": [platform.os()],
        "cpu": [platform.cpu()],
        // The binary has to be a file, also where Yarn keeps packages zipped.
        "preferUnplugged": true,
    });
    written(source, &platform.package(), &format!("The binary of `unkey` for {platform}."), own)
}

/// The package with the launcher. Each platform's package is wanted in exactly this version, and left out by npm where it does
/// not fit.
pub(crate) fn launcher(source: &Source) -> String {
    let version = number(source);
    let platforms: Map<String, Value> =
        Platform::ALL.iter().map(|platform| (platform.package(), version.as_str().into())).collect();
    let own = json!({
        "bin": {LAUNCHER: LAUNCHER_FILE},
        "engines": {"node": ">=18"},
        "optionalDependencies": platforms,
    });
    written(source, LAUNCHER, "The Unkey command line client.", own)
}

/// The version as npm has it, without `v`.
pub(crate) fn number(source: &Source) -> String {
    source.version.to_string().trim_start_matches('v').to_owned()
}

fn written(source: &Source, name: &str, description: &str, own: Value) -> String {
    let repository = source.repository.trim_end_matches('/');
    let common = json!({
        "name": name,
        "version": number(source),
        "description": description,
        "license": LICENSE,
        "homepage": format!("{repository}/tree/main/{DIRECTORY}"),
        "bugs": {"url": format!("{repository}/issues")},
        // Trusted publishing compares this with the repository that the workflow runs in.
        "repository": {"type": "git", "url": format!("git+{repository}.git"), "directory": DIRECTORY},
    });
    let end = json!({"publishConfig": {"access": "public"}});
    let parts = [common, own, end];
    let all: Map<String, Value> = parts.iter().filter_map(Value::as_object).flat_map(Clone::clone).collect();
    format!("{:#}\n", Value::Object(all))
}
