#!/usr/bin/env bash
# Runs a program of one version for everybody, which is installed into the user's cache the first time (dev/tools.sh).
#
# usage: dev/program.sh npm|pnpm|yarn|yarn-classic|verdaccio|apk [ARGUMENT...]
set -euo pipefail

repo=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
readonly repo
# shellcheck source-path=SCRIPTDIR
source "$repo/dev/say.sh"
# shellcheck source-path=SCRIPTDIR
source "$repo/dev/tools.sh"

case ${1:-} in
  npm | pnpm | verdaccio | yarn | yarn-classic)
    find_tool "$1"
    program=$tool
    shift
    find_tool node
    exec "$repo/dev/tool.sh" env PATH="${tool%/*}:$PATH" "$program" "$@"
    ;;
  apk)
    find_tool apk
    shift
    exec "$repo/dev/tool.sh" "$tool" "$@"
    ;;
  *) fail "\`${1:-}\` is no program that is run like this" "dev/program.sh npm, pnpm, yarn, yarn-classic, verdaccio or apk" ;;
esac
