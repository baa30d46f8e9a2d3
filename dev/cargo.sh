#!/usr/bin/env bash
# Runs cargo with the given arguments, of the Rust that Bazel builds with: the airgap root's where that is in use, so that
# a lint does not depend on what else is installed.
set -euo pipefail

repo=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
cd "$repo"
# Shared by all folders: a fresh clone does not compile its dependencies again.
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/unkey/cargo-target}

has_bazel() {
  command -v bazelisk >/dev/null || command -v bazel >/dev/null
}

if [ -e /opt/airgap/complete ] || { [ "${UNKEY_BAZEL:-}" != airgap ] && has_bazel && command -v cargo >/dev/null; }; then
  exec cargo "$@"
fi
exec airgap/root.sh run cargo "$@"
