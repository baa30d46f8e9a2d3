#!/usr/bin/env bash
# Formats Rust sources and Starlark: the recipe of `make fmt`.
#
# usage: dev/fmt.sh
set -euo pipefail

repo=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
readonly repo
# shellcheck source-path=SCRIPTDIR
source "$repo/dev/say.sh"
# shellcheck source-path=SCRIPTDIR
source "$repo/dev/tools.sh"
cd "$repo"

dev/cargo.sh fmt --all
for fuzz in tools/*/fuzz; do
  dev/cargo.sh fmt --manifest-path "$fuzz/Cargo.toml"
done
list_files '*.bzl' '*BUILD.bazel' '*MODULE.bazel' '*REPO.bazel' '*Tiltfile'
find_tool buildifier
dev/tool.sh "$tool" -mode=fix -lint=off "${files[@]}"
