#!/usr/bin/env bash
# Runs the release workflow's commands for a tag on this machine: the recipe of `make rehearse`.
#
#   TAG  the tag, such as api/v1.2.3
set -euo pipefail

repo=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
readonly repo
# shellcheck source-path=SCRIPTDIR
source "$repo/dev/say.sh"
# shellcheck source-path=SCRIPTDIR
source "$repo/dev/arguments.sh"

check_release_tag
cd "$repo"
exec ./bazelw run //tools/rehearse -- "$TAG"
