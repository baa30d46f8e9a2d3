#!/usr/bin/env bash
# Plans, cuts, publishes and verifies releases: the recipe of `make release`.
#
#   ARGS  the words for the release tool; what needs quotes is typed as `./bazelw run //tools/release -- ...`
set -euo pipefail

repo=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
readonly repo
# shellcheck source-path=SCRIPTDIR
source "$repo/dev/say.sh"
# shellcheck source-path=SCRIPTDIR
source "$repo/dev/arguments.sh"

read_words ARGS "${ARGS:-}"
cd "$repo"
exec ./bazelw run //tools/release -- "${words[@]}"
