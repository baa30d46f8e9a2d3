#!/usr/bin/env bash
# Builds the service images and puts them into Docker: the recipe of `make oci-load`.
#
#   SERVICE  only these services, with blanks between them
set -euo pipefail

repo=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
readonly repo
# shellcheck source-path=SCRIPTDIR
source "$repo/dev/say.sh"
# shellcheck source-path=SCRIPTDIR
source "$repo/dev/arguments.sh"

choose_services
cd "$repo"
run_for_services load
