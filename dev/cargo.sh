#!/usr/bin/env bash
# Runs cargo with the given arguments, of the Rust that Bazel builds with.
set -euo pipefail

repo=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
cd "$repo"
# Shared by all folders: a fresh clone does not compile its dependencies again.
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/unkey/cargo-target}
exec dev/tool.sh cargo "$@"
