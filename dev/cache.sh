# Where this project keeps what can be made again.
# shellcheck shell=bash

# The user's folder as the user database has it, whatever HOME says.
home_of_user() {
  (
    unset HOME
    echo ~
  )
}

# Sets `cache` to the project's folder among the user's caches, and makes it. XDG_CACHE_HOME counts where it is absolute
# (XDG Base Directory Specification). Needs `fail` of the caller.
find_cache() {
  if [ -z "${HOME:-}" ]; then
    HOME=$(home_of_user)
    export HOME
  fi
  # Others read it by other rules: Bazel takes a relative one as well.
  case ${XDG_CACHE_HOME:-} in /*) ;; *) unset XDG_CACHE_HOME ;; esac
  cache=${XDG_CACHE_HOME:-$HOME/.cache}/unkey
  if ! mkdir -p "$cache" 2>/dev/null || [ ! -w "$cache" ]; then
    fail "\`$cache\` cannot be written" "set XDG_CACHE_HOME to a folder that can, such as XDG_CACHE_HOME=/var/tmp/cache"
  fi
}
