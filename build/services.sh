# The services, as shell scripts get to know them: what `make bazel` has written into services.bzl, beside this file. And the
# grammar of their names and versions, as the tools have it (tools/services/src/name.rs, tools/release/src/version.rs); a test
# of the release tool holds both together.
# shellcheck shell=bash disable=SC2034 # for those that source this

readonly name_grammar='[a-z][a-z0-9]*(-[a-z0-9]+)*'
readonly number_grammar='(0|[1-9][0-9]*)'
readonly identifier_grammar="($number_grammar|[0-9]*[A-Za-z-][0-9A-Za-z-]*)"
readonly version_grammar="v$number_grammar\.$number_grammar\.$number_grammar(-$identifier_grammar(\.$identifier_grammar)*)?"
readonly tag_grammar="^$name_grammar/$version_grammar\$"

# Prints them, a line each.
services() {
  sed -n 's/^ *"\([a-z0-9-]*\)",$/\1/p' "${BASH_SOURCE[0]%/*}/services.bzl"
}
