#!/usr/bin/env bash
# Runs GoReleaser with the given arguments, and with what .goreleaser.yaml needs beside it, where Bazel builds.
#
#   UNKEY_LINUX_BINARIES  a folder with `linux_amd64` and `linux_arm64`; without it Bazel builds them
#   UNKEY_VERSION, UNKEY_COMMIT, UNKEY_COMMIT_TIME  what the programs say that they are
#   CARGO_TARGET_DIR      where cargo builds those for macOS and Windows
set -euo pipefail

repo=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
readonly repo
# shellcheck source-path=SCRIPTDIR
source "$repo/dev/say.sh"
# shellcheck source-path=SCRIPTDIR
source "$repo/dev/tools.sh"

# The airgap root has a PATH of its own, which what is found here goes in front of.
if [ "${1:-}" != --here ]; then
  exec "$repo/dev/tool.sh" bash "${BASH_SOURCE[0]}" --here "$@"
fi
shift

find_tool goreleaser
goreleaser=$tool
version=$(tool_version goreleaser)
found=$("$goreleaser" --version | sed -n 's/^GitVersion: *v\{0,1\}//p')
[ "$found" = "$version" ] ||
  fail "\`$goreleaser\` is GoReleaser ${found:-of no version}, not $version" "remove its folder: $version is installed anew"
find_tool zig
folder=${tool%/bin/zig}
PATH=$folder/bin:$PATH
if command -v rustup >/dev/null; then
  # The toolchain that Bazel builds with; GoReleaser has rustup add the targets to it.
  RUSTUP_TOOLCHAIN=$(sed -nE 's/^ *rustfmt_version = "([0-9.]+)",$/\1/p' "$repo/MODULE.bazel")
  export RUSTUP_TOOLCHAIN
else
  # GoReleaser asks rustup for targets, whether or not there is one.
  PATH=$PATH:$folder/shims
fi
export PATH PYTHONPATH=$folder
export CARGO_ZIGBUILD_ZIG_PATH=$folder/ziglang/zig CARGO_ZIGBUILD_CACHE_DIR=$cache/zig ZIG_GLOBAL_CACHE_DIR=$cache/zig
# In a workflow it colours what no terminal shows.
[ -t 2 ] || export NO_COLOR=1
exec "$goreleaser" "$@"
