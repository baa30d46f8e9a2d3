#!/usr/bin/env bash
# Builds the service images and publishes them: the recipe of `make push`.
#
#   SERVICE        only this service
#   REGISTRY       registry and prefix; unset: a registry on this machine
#   REGISTRY_PORT  port of that one
#   TAG            version tag; unset: v0.0.0-dev.<digest>, which names the content
set -euo pipefail

repo=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
readonly repo
# shellcheck source-path=SCRIPTDIR
source "$repo/dev/say.sh"
# shellcheck source-path=SCRIPTDIR
source "$repo/dev/services.sh"

package=$(service_package "${SERVICE:-}")
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
exec ./bazelw run "$package:push" -- --registry "$registry" "${tag[@]}"
