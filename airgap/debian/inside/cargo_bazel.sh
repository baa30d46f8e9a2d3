#!/usr/bin/env bash
# Builds cargo-bazel, the generator behind crate_universe, from the source that Debian's rules_rust carries: it is not
# packaged, and the crate published under its version cannot read today's lock files.
#
# usage: cargo_bazel.sh DEBS_DIRECTORY
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

dpkg-deb -x "$1"/bazel-rules-rust_*.deb "$work/package"

# Not optimised: it runs for seconds, once per change of the lock, and compiles in half the time.
export CARGO_HOME=/opt/airgap/cargo CARGO_PROFILE_RELEASE_OPT_LEVEL=0 CARGO_PROFILE_RELEASE_LTO=off \
  CARGO_PROFILE_RELEASE_STRIP=symbols CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16
cd "$work/package/usr/share/bazel/rules/rust/crate_universe"
cargo build --release --locked --bin cargo-bazel --target-dir "$work/target"
install -D "$work/target/release/cargo-bazel" /opt/airgap/bin/cargo-bazel

# The name that this cargo gives crates.io's index: crate_universe's generator looks for another one.
basename "$(ls -d "$CARGO_HOME"/registry/index/index.crates.io-*)" >/opt/airgap/cargo-index
rm -rf "$CARGO_HOME/registry"
