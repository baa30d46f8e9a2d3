# What people type, checked before anything is built: an error names the variable and its value.
# shellcheck shell=bash disable=SC2154 # $repo is the caller's

# shellcheck source-path=SCRIPTDIR/..
source "$repo/build/services.sh"

# Semantic versions, and the names of registries and services, as the tools have them.
readonly number='(0|[1-9][0-9]*)'
readonly label="($number|[0-9]*[A-Za-z-][0-9A-Za-z-]*)"
readonly version_tag="^v$number\.$number\.$number(-$label(\.$label)*)?$"
readonly service_name='[a-z][a-z0-9]*(-[a-z0-9]+)*'
readonly registry_place='^(https://|http://)?([A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]+)?(/[a-z0-9]+([._-]+[a-z0-9]+)*)*/?$'
readonly this_machine='^http://(([A-Za-z0-9-]+\.)*localhost|127\.[0-9.]+|\[::1\])([:/]|$)'

# Sets `chosen` to the services that SERVICE names, or to all of them where it names none.
choose_services() {
  local known name
  read -r -d '' -a known < <(services) || true
  read -r -d '' -a chosen <<<"${SERVICE:-}" || true
  for name in "${chosen[@]}"; do
    [[ " ${known[*]} " == *" $name "* ]] || fail "there is no service \`$name\`" "SERVICE is one of: ${known[*]}"
  done
  [ "${#chosen[@]}" -gt 0 ] || chosen=("${known[@]}")
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

check_version_tag() {
  [[ -z ${TAG:-} || $TAG =~ $version_tag ]] ||
    fail "TAG is \`$TAG\`, which is no version" "set it to \`vMAJOR.MINOR.PATCH[-PRE]\`, such as v1.2.3, or unset it for a tag of the content"
}

check_release_tag() {
  [[ -n ${TAG:-} ]] || fail "TAG is not set" "set it to the tag of a release, such as TAG=api/v1.2.3"
  [[ $TAG == */* && ${TAG%%/*} =~ ^$service_name$ && ${TAG#*/} =~ $version_tag ]] ||
    fail "TAG is \`$TAG\`, which is no tag of a release" "set it to \`<service>/vMAJOR.MINOR.PATCH[-PRE]\`, such as api/v1.2.3"
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
