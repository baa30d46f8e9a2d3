#!/usr/bin/env bash
# Writes the client's completions and man pages into cli/documents, from the client itself: a hook of .goreleaser.yaml.
set -euo pipefail

repo=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
readonly repo
# shellcheck source-path=SCRIPTDIR/../..
source "$repo/dev/say.sh"
# shellcheck source-path=SCRIPTDIR
source "$repo/cli/goreleaser/linux.sh"

case $(uname -s)-$(uname -m) in
  Linux-x86_64) find_linux_binary amd64 ;;
  Linux-aarch64) find_linux_binary arm64 ;;
  *) fail "a release of the client is built on Linux, not on $(uname -s) $(uname -m)" "push the tag: the workflow builds it" ;;
esac
rm -rf "$repo/cli/documents"
"$binary" documents "$repo/cli/documents"
