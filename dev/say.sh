# Errors of the development scripts.
# shellcheck shell=bash

fail() {
  printf 'error: %s\n\nhint: %s\n' "$1" "$2" >&2
  exit 2
}
