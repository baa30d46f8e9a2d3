#!/usr/bin/env bash
# The airgap root: a Debian file system with Bazel and its toolchains, made once and entered by bubblewrap.
#
# usage: airgap/root.sh run COMMAND...   run a command in the root, which is made first where it is missing
#        airgap/root.sh start COMMAND... the same for a command that outlives its caller
#        airgap/root.sh make             make the root
#        airgap/root.sh info             where it is, how large, what it is made of
#        airgap/root.sh drop [--all]     remove it; --all also removes roots of other versions
#        airgap/root.sh shell            a shell in the root
set -euo pipefail

airgap=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
readonly airgap
# shellcheck source-path=SCRIPTDIR
source "$airgap/debian/say.sh"
# shellcheck source-path=SCRIPTDIR
source "$airgap/../dev/cache.sh"
find_cache
readonly roots=$cache/airgap
# shellcheck source-path=SCRIPTDIR
source "$airgap/debian/key.sh"
# shellcheck source-path=SCRIPTDIR
source "$airgap/debian/host.sh"
# shellcheck source-path=SCRIPTDIR
source "$airgap/debian/make.sh"
# shellcheck source-path=SCRIPTDIR
source "$airgap/debian/enter.sh"

usage() {
  sed -n '/^# usage/,/^set/ { /^#/ s/^# \{0,1\}//p }' "${BASH_SOURCE[0]}"
}

info() {
  local root
  root=$(root_path)
  echo "root:     $root"
  echo "suite:    Debian $suite"
  if [ ! -e "$root/opt/airgap/complete" ]; then
    echo "state:    not made yet (airgap/root.sh make)"
    return
  fi
  echo "state:    made on $(date --reference="$root/opt/airgap/complete" '+%Y-%m-%d %H:%M')"
  echo "size:     $(du --summarize --human-readable "$root" 2>/dev/null | cut -f1)"
  echo "packages: $(wc -l <"$root/opt/airgap/packages.txt") ($root/opt/airgap/packages.txt)"
  grep -E '^(bazel-bootstrap|bazel-rules-rust|bazel-rules-pkg|rustc|gcc|lld|musl-dev)[ :]' "$root/opt/airgap/packages.txt" |
    sed 's/^/          /'
}

case "${1:-}" in
  run | start)
    [ $# -ge 2 ] || fail "\`$1\` needs a command" "airgap/root.sh $1 bazel version"
    make_root
    enter_root "$@"
    ;;
  make)
    make_root
    root_path
    ;;
  info) info ;;
  drop) drop_roots "${2:-}" ;;
  shell)
    make_root
    enter_root run bash
    ;;
  -h | --help | help) usage ;;
  *)
    usage >&2
    exit 2
    ;;
esac
