#!/usr/bin/env bash
# Writes everything that names services or crates of the workspace, from the folders: the recipe of `make bazel`.
#
# usage: dev/bazel.sh [--check]   say what is behind, write nothing
set -euo pipefail

repo=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
readonly repo
cd "$repo"

# Cargo starts nothing in a workspace with a member that is gone.
drop_missing_members() {
  local member manifest gone=()
  while read -r member; do
    [ -e "$member/Cargo.toml" ] || gone+=(-e "    \"$member\",")
  done < <(sed -n '/# make bazel: begin members/,/# make bazel: end/s/^ *"\([^"]*\)",$/\1/p' Cargo.toml)
  [ "${#gone[@]}" -gt 0 ] || return 0
  manifest=$(grep --invert-match --line-regexp --fixed-strings "${gone[@]}" Cargo.toml)
  printf '%s\n' "$manifest" >Cargo.toml
}

[ "${1:-}" = --check ] || drop_missing_members
exec dev/cargo.sh run --quiet --package services -- generate "$@"
