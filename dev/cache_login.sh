#!/usr/bin/env bash
# Lets Bazel use the remote cache from this clone: the recipe of `make cache-login`. Bazel's files of options do not see the
# environment, so the token goes into .bazelrc.user, which git ignores and only its owner may read. Other lines stay.
#
# usage: dev/cache_login.sh         log in; again: with what is set now
#        dev/cache_login.sh --out   take it back
#
#   DEPOT_TOKEN   the token; it is not shown
#   DEPOT_ORG_ID  the organisation, for who is a member of several
#   MODE          read-write (if unset), read-only, or release: for all builds here, the cache that only releases write
#   CACHE         address of another cache than the one in .bazelrc
set -euo pipefail

repo=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
readonly repo
# shellcheck source-path=SCRIPTDIR
source "$repo/dev/say.sh"

readonly options=$repo/.bazelrc.user
readonly begin='# --- by make cache-login, which replaces all down to the end ---'
readonly end='# --- the end of make cache-login ---'
readonly mode=${MODE:-read-write}
readonly address=${CACHE:-}
readonly organisation=${DEPOT_ORG_ID:-}
readonly token=${DEPOT_TOKEN:-}

check_token() {
  [ -n "$token" ] ||
    fail "there is no token: DEPOT_TOKEN is not set" "make one in Depot's settings, then: read -rs DEPOT_TOKEN && export DEPOT_TOKEN && make cache-login"
  # What ends a line or a word would be options of Bazel.
  [[ $token =~ ^[A-Za-z0-9._~+/=-]+$ ]] ||
    fail "the token in DEPOT_TOKEN has characters that no token has" "look for white space or quotes at its ends"
  [[ $organisation =~ ^[A-Za-z0-9_-]*$ ]] ||
    fail "DEPOT_ORG_ID is \`$organisation\`" "set it to the id in Depot's settings, or unset it"
}

check_address() {
  [[ -z $address || $address =~ ^(https|grpcs|http|grpc)://[^[:space:]\'\"\\#@]+$ ]] ||
    fail "CACHE is \`$address\`" "set it to an address such as https://cache.depot.dev, or unset it"
  [[ ! $address =~ ^(http|grpc):// || $address =~ ^[a-z]+://(localhost|127\.0\.0\.1|\[::1\])([:/]|$) ]] ||
    fail "CACHE is \`$address\`: the token would travel unencrypted" "use https:// or grpcs://; http:// and grpc:// are for this machine"
}

# Two authorizations are joined to one that no cache accepts. The one that is there is for the cache of all jobs.
has_authorization() {
  [ -e "$HOME/.bazelrc" ] && grep --quiet -E -- '^[^#]*--remote_header=.?authorization=' "$HOME/.bazelrc"
}

check_home() {
  has_authorization || return 0
  if [ "$mode" = release ] || [ -n "$address" ]; then
    fail "\`$HOME/.bazelrc\` sends another authorization, so that none would be accepted" \
      "remove it first, as a job of a runner that Depot has set up may: rm \"\$HOME/.bazelrc\""
  fi
  echo "cache-login: the authorization of \`$HOME/.bazelrc\` is used, not DEPOT_TOKEN" >&2
}

# A block without its end would take the lines of others with it.
check_options() {
  [ ! -e "$options" ] || [ "$(grep --count --line-regexp -e "$begin" "$options")" -eq "$(grep --count --line-regexp -e "$end" "$options")" ] ||
    fail "\`$options\` has a beginning or an end of make cache-login without the other" "remove what it wrote by hand"
}

# The options for one mode. The header stands once, for all: given twice, Bazel would send it twice.
block() {
  local config
  case $mode in
    read-write) config=remote-cache ;;
    read-only) config=remote-cache-read-only ;;
    release) config=release-cache ;;
    *) fail "MODE is \`$mode\`" "set it to read-write, read-only or release" ;;
  esac
  echo "$begin"
  echo "build --config=$config"
  [ -z "$address" ] || echo "build:remote-cache --remote_cache=$address"
  # .bazelrc has taken the cache away from releases; theirs they may have.
  [ "$mode" != release ] || echo "build:release --remote_cache=${address:-$(default_address)}"
  # Not --remote_cache_header: Bazel does not send that to a cache that speaks HTTP.
  has_authorization || echo "build --remote_header=authorization=$token"
  [ -z "$organisation" ] || echo "build --remote_header=x-depot-org=$organisation"
  echo "$end"
}

default_address() {
  sed -n 's/^build:remote-cache --remote_cache=//p' "$repo/.bazelrc"
}

# What the user has written.
others() {
  [ ! -e "$options" ] || sed "/^$begin\$/,/^$end\$/d" "$options"
}

# In one step, so that a Bazel that starts meanwhile reads the one or the other.
write() {
  local new kept
  kept=$(others)
  umask 077
  new=$(mktemp "$options.XXXXXX")
  printf '%s' "${kept:+$kept$'\n'}" "${1:+$1$'\n'}" >"$new"
  mv "$new" "$options"
}

case "${1:-}" in
  "")
    check_token
    check_address
    check_home
    check_options
    text=$(block)
    write "$text"
    echo "cache-login: Bazel uses ${address:-$(default_address)} from here, $mode (take it back: make cache-logout)" >&2
    ;;
  --out)
    check_options
    [ ! -e "$options" ] || write ""
    echo "cache-login: Bazel uses no remote cache from here" >&2
    ;;
  *) fail "\`$1\` is no option of dev/cache_login.sh" "dev/cache_login.sh, or dev/cache_login.sh --out" ;;
esac
