#!/usr/bin/env bash
# Runs cargo with the given arguments, of the Rust that Bazel builds with.
set -euo pipefail

repo=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
# shellcheck source-path=SCRIPTDIR
source "$repo/dev/say.sh"
# shellcheck source-path=SCRIPTDIR
source "$repo/dev/cache.sh"
cd "$repo"
find_cache
# Shared by all folders: a fresh clone does not compile its dependencies again.
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$cache/cargo-target}
exec dev/tool.sh cargo "$@"
