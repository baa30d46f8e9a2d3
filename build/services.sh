# The services, as shell scripts get to know them: what `make bazel` has written into services.bzl, beside this file.
# shellcheck shell=bash

# Prints them, a line each.
services() {
  sed -n 's/^ *"\([a-z0-9-]*\)",$/\1/p' "${BASH_SOURCE[0]%/*}/services.bzl"
}
