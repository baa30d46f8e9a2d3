# The client's programs for Linux, which Bazel builds: static, by the toolchain of the services and held to their contract.
# shellcheck shell=bash disable=SC2154 # $repo is the caller's

# Sets `binary` to the program for an architecture.
#
# usage: find_linux_binary amd64|arm64
find_linux_binary() {
  local target=//cli:linux_$1
  if [ -n "${UNKEY_LINUX_BINARIES:-}" ]; then
    binary=$UNKEY_LINUX_BINARIES/linux_$1
    [ -x "$binary" ] || fail "\`$binary\` is no program" "UNKEY_LINUX_BINARIES names a folder with linux_amd64 and linux_arm64"
    return
  fi
  "$repo/bazelw" build --config=release "$target" >&2
  binary=$repo/$("$repo/bazelw" cquery --config=release --output=files "$target" 2>/dev/null)
}
