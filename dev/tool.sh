#!/usr/bin/env bash
# Runs a program as it is where Bazel builds: the airgap root's where that is in use, so that a lint or a test does not
# depend on what else is installed.
#
# usage: dev/tool.sh PROGRAM [ARGUMENT...]
set -euo pipefail

repo=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
readonly repo

has_bazel() {
  command -v bazelisk >/dev/null || command -v bazel >/dev/null
}

if [ -e /opt/airgap/complete ] || { [ "${UNKEY_BAZEL:-}" != airgap ] && has_bazel && command -v "$1" >/dev/null; }; then
  exec "$@"
fi
exec "$repo/airgap/root.sh" run "$@"
