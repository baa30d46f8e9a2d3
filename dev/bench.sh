#!/usr/bin/env bash
# Measures builds, pushes and loads beside other tools in the same run: the recipe of `make bench`. Progress goes to
# stderr, the table to stdout.
#
# usage: dev/bench.sh [--cold] [OPTION...]   options of tests/bench: --runs N, --only SECTION, --json
#
#   RUNS, COLD  without options: how often each is measured, and whether also a push from nothing
#   --cold  also `make push` in a fresh clone of the last commit, with a home and caches of its own, so that it makes and
#           downloads all that there is (minutes to a quarter of an hour); what the user has stays
set -euo pipefail
# A cold push that fails in $(...) ends the script.
shopt -s inherit_errexit

repo=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
readonly repo
# shellcheck source-path=SCRIPTDIR
source "$repo/dev/say.sh"
cd "$repo"

if [ $# -eq 0 ]; then
  [[ ${RUNS:-5} =~ ^[1-9][0-9]*$ ]] || fail "RUNS is \`$RUNS\`" "set it to a number from 1 on, or unset it for 5"
  [[ ${COLD:-1} == 1 ]] || fail "COLD is \`$COLD\`" "set it to 1, or unset it"
  set -- --runs "${RUNS:-5}" ${COLD:+--cold}
fi

work=$(mktemp -d)
readonly work
cold=

clean() {
  # Only what a push has left running: without a root, Bazel's wrapper would make one first.
  if [ -e "$work/pushed" ]; then
    in_fresh_home "$work/clone/dev/registry.sh" stop
    (cd "$work/clone" && in_fresh_home ./bazelw shutdown)
  fi >/dev/null 2>&1
  # Bazel's outputs are read-only. A root that was interrupted may have the machine's /dev and /proc mounted in it.
  find "$work" -xdev -type d ! -perm -u+w -exec chmod u+w {} + || true
  rm -rf --one-file-system "$work"
}
trap clean EXIT
trap 'exit 130' INT TERM

# Caches lie below HOME, the user's own settings and credentials too.
in_fresh_home() {
  env --unset=XDG_CACHE_HOME HOME="$work/home" REGISTRY_PORT="$registry_port" "$@"
}

# A port that nobody listens on.
free_port() {
  local port
  for port in $(seq 5300 5399); do
    if ! (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
      echo "$port"
      return
    fi
  done
}

# Prints how many seconds it took.
push_cold() {
  local started
  git clone --quiet "$repo" "$work/clone"
  mkdir "$work/home"
  started=$(date +%s)
  in_fresh_home make --directory "$work/clone" push >&2
  touch "$work/pushed"
  echo $(($(date +%s) - started))
}

options=()
for option in "$@"; do
  if [ "$option" = --cold ]; then cold=yes; else options+=("$option"); fi
done

registry_port=$(free_port)
readonly registry_port
if [ -n "$cold" ]; then
  echo "bench: make push from nothing, which takes minutes" >&2
  seconds=$(push_cold)
  options+=(--cold "$seconds")
fi

./bazelw build //tests/bench 2> >(tee "$work/build.log" >&2)
way=()
if grep --quiet '^bazelw: airgap' "$work/build.log"; then
  way=(airgap/root.sh run)
fi
binary=$(./bazelw cquery --output=files //tests/bench 2>/dev/null)
"${way[@]}" "$repo/$binary" "${options[@]}"
