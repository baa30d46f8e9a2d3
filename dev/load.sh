#!/usr/bin/env bash
# Builds the service images and puts them into Docker: the recipe of `make oci-load`.
#
#   SERVICE  only this service
set -euo pipefail

repo=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
readonly repo
# shellcheck source-path=SCRIPTDIR
source "$repo/dev/say.sh"
# shellcheck source-path=SCRIPTDIR
source "$repo/dev/services.sh"

package=$(service_package "${SERVICE:-}")
cd "$repo"
exec ./bazelw run "$package:load"
