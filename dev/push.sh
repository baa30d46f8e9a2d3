#!/usr/bin/env bash
# Builds the service images and publishes them: the recipe of `make push`.
#
#   SERVICE        only these services, with blanks between them
#   REGISTRY       registry and prefix; unset: a registry on this machine
#   REGISTRY_PORT  port of that one
#   TAG            version tag; unset: v0.0.0-dev.<digest>, which names the content
set -euo pipefail

repo=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
readonly repo
# shellcheck source-path=SCRIPTDIR
source "$repo/dev/say.sh"
# shellcheck source-path=SCRIPTDIR
source "$repo/dev/arguments.sh"

choose_services
check_registry
check_version_tag
registry=${REGISTRY:-}
if [ -z "$registry" ]; then
  registry=$("$repo/dev/registry.sh" start)/unkeyed
fi
if [ -n "${TAG:-}" ]; then
  tag=(--tag "$TAG")
else
  tag=(--development-tag)
fi
cd "$repo"
run_for_services push --registry "$registry" "${tag[@]}"
