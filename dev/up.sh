#!/usr/bin/env bash
# Builds the image of every service, starts them all on this machine and tries what they do together: the recipe of
# `make up`. Done again, it renews what has changed and goes on where it was.
#
# usage: dev/up.sh
set -euo pipefail

repo=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
readonly repo
cd "$repo"

interrupted() {
  echo "interrupted; \`make up\` goes on from here, \`make down\` removes what was started" >&2
  exit 130
}
trap interrupted INT TERM

# Before images are built for nothing.
./bazelw run //tools/local -- check
./bazelw run //build:load
./bazelw run //tools/local -- up
