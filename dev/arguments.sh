# What people type, checked before anything is built: an error names the variable and its value.
# shellcheck shell=bash disable=SC2154 # $repo is the caller's

# shellcheck source-path=SCRIPTDIR/..
source "$repo/build/services.sh"

# The names of registries, as the tools have them.
readonly registry_place='^(https://|http://)?([A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]+)?(/[a-z0-9]+([._-]+[a-z0-9]+)*)*/?$'
readonly this_machine='^http://(([A-Za-z0-9-]+\.)*localhost|127\.[0-9.]+|\[::1\])([:/]|$)'

# Sets `chosen` to the services that SERVICE names, or to all of them where it names none.
choose_services() {
  local known name
  read -r -d '' -a known < <(services) || true
  read -r -d '' -a chosen <<<"${SERVICE:-}" || true
  for name in "${chosen[@]}"; do
    [[ " ${known[*]} " == *" $name "* ]] || unknown_service "$name" "${known[@]}"
  done
  [ "${#chosen[@]}" -gt 0 ] || chosen=("${known[@]}")
}

# Fails in the words of the tools.
#
# usage: unknown_service NAME KNOWN...
unknown_service() {
  local name=$1 listed nearest hint
  shift
  nearest=$(nearest "$name" "$@")
  hint=${nearest:+did you mean \`$nearest\`?}
  printf -v listed ", \`%s\`" "$@"
  fail "unknown service \`$name\`, known are ${listed#, }" "${hint:-SERVICE is one of: $*}"
}

# Prints the known name that looks most like another one, if not much more than a third of that must be changed.
#
# usage: nearest NAME KNOWN...
nearest() {
  local name=$1 known changes least=$((${#1} / 3 + 2)) nearest=
  shift
  [ "${#name}" -le 40 ] || return 0
  for known in "$@"; do
    changes=$(changes "$name" "$known")
    if [ "$changes" -lt "$least" ]; then
      least=$changes nearest=$known
    fi
  done
  echo "$nearest"
}

# Prints how many letters must be added, dropped or replaced between two words (Levenshtein).
#
# usage: changes FROM TO
changes() {
  local from=$1 to=$2 i j least row above=()
  for ((j = 0; j <= ${#to}; j++)); do
    above[j]=$j
  done
  for ((i = 1; i <= ${#from}; i++)); do
    row=("$i")
    for ((j = 1; j <= ${#to}; j++)); do
      least=$((above[j - 1] + 1))
      [ "${from:i-1:1}" != "${to:j-1:1}" ] || least=$((above[j - 1]))
      least=$((above[j] + 1 < least ? above[j] + 1 : least))
      row[j]=$((row[j - 1] + 1 < least ? row[j - 1] + 1 : least))
    done
    above=("${row[@]}")
  done
  echo "${above[${#to}]}"
}

# Runs push or load of the chosen services in one call of Bazel, with these options of the image tool. One service is built
# alone.
#
# usage: run_for_services push|load OPTION...
run_for_services() {
  local verb=$1 name options=()
  shift
  if [ "${#chosen[@]}" -eq 1 ]; then
    exec ./bazelw run "//build/${chosen[0]}:$verb" -- "$@"
  fi
  for name in "${chosen[@]}"; do
    options+=(--service "$name")
  done
  exec ./bazelw run "//build:$verb" -- "${options[@]}" "$@"
}

# Of versions and tags only what can be none is refused here, before anything is built: the grammar is the tools'
# (tools/release_tag).
readonly version_characters='v[0-9][0-9A-Za-z.+-]*'

check_version_tag() {
  [[ -z ${TAG:-} || $TAG =~ ^$version_characters$ ]] ||
    fail "TAG is \`$TAG\`, which is no version" "set it to \`vMAJOR.MINOR.PATCH[-PRE]\`, such as v1.2.3, or unset it for a tag of the content"
}

check_release_tag() {
  [[ -n ${TAG:-} ]] || fail "TAG is not set" "set it to the tag of a release, such as TAG=api/v1.2.3"
  [[ $TAG =~ ^[a-z][a-z0-9-]*/$version_characters$ ]] ||
    fail "TAG is \`$TAG\`, which is no tag of a release" "set it to \`<service>/vMAJOR.MINOR.PATCH[-PRE]\`, such as api/v1.2.3"
}

# Of the client's tags also those are refused that do not start its workflow (.github/workflows/release.yaml).
check_client_tag() {
  local form="\`cli/vMAJOR.MINOR.PATCH[-PRE]\`, such as TAG=cli/v1.2.3"
  [[ -n ${TAG:-} ]] || fail "TAG is not set" "set it to the tag of a release of the client, $form"
  [[ ! $TAG =~ ^cli/v[0-9]+\.[0-9]+\.[0-9]+[0-9A-Za-z.+-]*$ ]] || return 0
  if [[ $TAG =~ ^v[0-9]+\.[0-9]+\.[0-9]+[0-9A-Za-z.+-]*$ ]]; then
    fail "TAG is \`$TAG\`, which does not say that it is the client's" "did you mean \`cli/$TAG\`?"
  elif [[ $TAG =~ ^[a-z][a-z0-9-]*/$version_characters$ && $TAG != cli/* ]]; then
    fail "TAG is \`$TAG\`, which is no tag of the client" "set it to $form; \`make rehearse TAG=$TAG\` rehearses a service's release"
  fi
  fail "TAG is \`$TAG\`, which is no tag of the client" "set it to $form"
}

check_keep() {
  [[ -z ${KEEP:-} || $KEEP =~ ^[[:alnum:]_./][[:alnum:]_./@+=:,~-]*$ ]] ||
    fail "KEEP is \`$KEEP\`, which has characters that no folder needs" "set it to a folder that is not there yet, such as KEEP=kept"
  [[ -z ${KEEP:-} || ! -e $KEEP ]] ||
    fail "KEEP is \`$KEEP\`, and that exists" "set it to a folder that is not there yet, or remove it"
}

check_registry() {
  [[ -z ${REGISTRY:-} || $REGISTRY =~ $registry_place ]] ||
    fail "REGISTRY is \`$REGISTRY\`, which is no registry" "set it to \`HOST[:PORT][/PREFIX]\`, such as ghcr.io/unkeyed, without a tag or a digest"
  [[ ${REGISTRY:-} != http://* || $REGISTRY =~ $this_machine ]] ||
    fail "REGISTRY is \`$REGISTRY\`, and plain http leaves this machine for nowhere" "use \`https://${REGISTRY#http://}\`"
}

# Sets `words` to the words of a variable. What only a shell could make sense of is refused: no shell reads them.
#
# usage: read_words NAME VALUE
read_words() {
  [[ $2 =~ ^[[:alnum:][:blank:]_@%+=:,./~^-]*$ ]] ||
    fail "$1 is \`$2\`, which has quotes or characters of a shell in it" "write plain words; what needs more is called without make"
  # shellcheck disable=SC2034 # for the caller
  read -r -a words <<<"$2"
}
