#!/usr/bin/env bash
# Removes what `make up` has started: the recipe of `make down`. Images stay, and so does what the services have stored.
#
#   VOLUMES=1  also removes what they have stored
set -euo pipefail

repo=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
readonly repo
# shellcheck source-path=SCRIPTDIR
source "$repo/dev/say.sh"
cd "$repo"

options=()
case ${VOLUMES:-} in
  '') ;;
  1) options=(--volumes) ;;
  *) fail "VOLUMES is \`$VOLUMES\`" "set it to 1 to remove what the services have stored, or unset it" ;;
esac
exec ./bazelw run //tools/local -- down "${options[@]}"
