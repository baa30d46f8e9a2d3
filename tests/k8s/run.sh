#!/usr/bin/env bash
# Applies dev/k8s to a real API server of Kubernetes: the recipe of `make test-k8s`. The server is compiled from its
# sources the first time, in minutes, and kept in the user's cache.
#
# usage: tests/k8s/run.sh
set -euo pipefail

repo=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
readonly repo
# shellcheck source-path=SCRIPTDIR/../..
source "$repo/dev/say.sh"
# shellcheck source-path=SCRIPTDIR/../..
source "$repo/dev/tools.sh"
cd "$repo"

find_tool kube-apiserver
KUBE_APISERVER=$tool dev/cargo.sh test --quiet --package k8s --test k8s -- --test-threads=1
