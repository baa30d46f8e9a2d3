#!/usr/bin/env bash
# Runs the release workflow's commands for a tag on this machine: the recipe of `make rehearse` and `make cli-release`.
#
# usage: dev/rehearse.sh [client]
#
#   client  take a tag of the client alone
#   TAG     the tag, such as api/v1.2.3 or cli/v1.2.3
#   KEEP    a new folder for what was published; unset: it is gone afterwards
set -euo pipefail

repo=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
readonly repo
# shellcheck source-path=SCRIPTDIR
source "$repo/dev/say.sh"
# shellcheck source-path=SCRIPTDIR
source "$repo/dev/arguments.sh"
cd "$repo"

case ${1:-} in
  '') check_release_tag ;;
  client) check_client_tag ;;
  *) fail "there is nothing called \`$1\` to rehearse" "type \`dev/rehearse.sh\` or \`dev/rehearse.sh client\`" ;;
esac
check_keep
options=()
[ -z "${KEEP:-}" ] || options=(--keep "$KEEP")
# A job would look for what it installs in the rehearsal's own registry of npm: it is installed before.
if [[ $TAG == cli/* ]]; then
  dev/npm.sh --version >/dev/null
  dev/goreleaser.sh --version >/dev/null
fi
exec ./bazelw run //tools/rehearse -- "${options[@]}" "$TAG"
