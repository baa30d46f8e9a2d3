# Messages of the airgap root: progress and errors, all on stderr, so that stdout is the command's own.
# shellcheck shell=bash

say() {
  printf 'airgap: %s\n' "$*" >&2
}

# An error and what to do about it.
fail() {
  printf 'error: %s\n\nhint: %s\n' "$1" "$2" >&2
  exit 2
}

# Seconds as minutes:seconds.
clock() {
  printf '%d:%02d' $(($1 / 60)) $(($1 % 60))
}
