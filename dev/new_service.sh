#!/usr/bin/env bash
# Makes a new service: the recipe of `make new-service`.
#
#   NAME         its name, such as billing-api
#   DESCRIPTION  what it does, in one line; unset: "The <name> service"
set -euo pipefail

repo=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
readonly repo
# shellcheck source-path=SCRIPTDIR
source "$repo/dev/say.sh"

[ -n "${NAME:-}" ] || fail "NAME is not set" "make new-service NAME=billing-api DESCRIPTION='Bills customers'"
cd "$repo"
dev/cargo.sh build --quiet --package services
# The tool hears Ctrl-C all the same and takes back what it has written; what stands around it must not end before it.
trap '' INT
dev/cargo.sh run --quiet --package services -- new --description="${DESCRIPTION:-}" -- "$NAME"
