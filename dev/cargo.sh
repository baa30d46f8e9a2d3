#!/usr/bin/env bash
# Runs cargo with the given arguments: the one on the PATH, else the airgap root's.
set -euo pipefail

repo=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
cd "$repo"
if [ -e /opt/airgap/complete ] || { [ "${UNKEY_BAZEL:-}" != airgap ] && command -v cargo >/dev/null; }; then
  exec cargo "$@"
fi
exec airgap/root.sh run cargo "$@"
