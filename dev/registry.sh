#!/usr/bin/env bash
# A registry on this machine, for images under development. Its data is under the user's cache and outlives it.
#
# usage: dev/registry.sh start    start it unless it runs; prints its address
#        dev/registry.sh stop     stop it; its images stay
#        dev/registry.sh status   say whether it runs
#
#   REGISTRY_PORT  its port, 5000 if unset
set -euo pipefail

repo=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
readonly repo
# shellcheck source-path=SCRIPTDIR
source "$repo/dev/say.sh"
# shellcheck source-path=SCRIPTDIR
source "$repo/dev/cache.sh"

readonly port=${REGISTRY_PORT:-5000}
readonly address=127.0.0.1:$port
find_cache
readonly state=$cache/registry
readonly pid_file=$state/$port.pid
stop_command="make registry-stop"
[ "$port" = 5000 ] || stop_command+=" REGISTRY_PORT=$port"
readonly stop_command

check_port() {
  [[ $port =~ ^[0-9]+$ ]] && [ "$port" -ge 1 ] && [ "$port" -le 65535 ] ||
    fail "REGISTRY_PORT is \`$port\`" "set it to a number from 1 to 65535, or unset it for 5000"
}

# The process that this script started, and nothing else that has its number by now.
is_ours() {
  local process line
  [ -e "$pid_file" ] || return 1
  process=$(cat "$pid_file")
  # Not through a pipe to grep, which ends before a long line is written: with pipefail that is a failure.
  line=$(tr '\0' ' ' 2>/dev/null <"/proc/$process/cmdline") || return 1
  [[ $line == *"registry serve --address $address "* ]]
}

is_open() {
  (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null
}

# The first thing that a client asks a registry (distribution-spec, "Determining Support").
answers() {
  local status
  exec 3<>"/dev/tcp/127.0.0.1/$port" || return 1
  printf 'GET /v2/ HTTP/1.0\r\nHost: %s\r\n\r\n' "$address" >&3
  read -r -t 2 _ status _ <&3 || true
  exec 3>&-
  [ "${status:-}" = 200 ]
}

# One start or stop of a port at a time: the lock goes with the process that has it.
lock() {
  mkdir -p "$state"
  exec 9>"$state/$port.lock"
  flock 9
}

# crane's own registry: one process, blobs in a folder. In the airgap root it is always there.
serve() {
  local crane=(crane)
  command -v crane >/dev/null || crane=("$repo/airgap/root.sh" start crane)
  if [ "${crane[0]}" != crane ]; then
    # Made in the foreground, where its progress can be seen and interrupted.
    "$repo/airgap/root.sh" make >/dev/null 9>&-
  fi
  mkdir -p "$state/data"
  # A group of its own: Ctrl-C at the terminal is not meant for it. It outlives this script, so it must not have the lock.
  setsid "${crane[@]}" registry serve --address "$address" --disk "$state/data" \
    </dev/null >"$state/$port.log" 2>&1 9>&- &
  echo "$!" >"$pid_file"
}

start() {
  lock
  if is_ours && is_open; then
    echo "$address"
    return
  fi
  ! is_open || fail "port $port on 127.0.0.1 is taken by a process that is not this registry" \
    "REGISTRY_PORT=5001 takes another port; REGISTRY=$address/unkeyed pushes to what runs there"
  # What never answered is not left running, whoever ends this.
  trap end_process EXIT
  trap 'exit 130' INT TERM
  serve
  local attempt
  for attempt in $(seq 100); do
    if is_open && answers; then
      trap - EXIT INT TERM
      echo "registry: started on $address (stop it with $stop_command)" >&2
      echo "$address"
      return
    fi
    sleep 0.1
  done
  tail -n 5 "$state/$port.log" >&2
  fail "the registry did not answer on $address after $((attempt / 10)) s" "its log is $state/$port.log"
}

# Returns when the port is free again.
end_process() {
  local process attempt
  if is_ours; then
    process=$(cat "$pid_file")
    # The whole group: in the airgap root crane is a child of what entered the root.
    kill -- "-$process" 2>/dev/null || true
    for attempt in $(seq 50); do
      kill -0 -- "-$process" 2>/dev/null || break
      [ "$attempt" -lt 50 ] || kill -KILL -- "-$process" 2>/dev/null || true
      sleep 0.1
    done
  fi
  rm -f "$pid_file"
}

stop() {
  lock
  ! is_ours || echo "registry: stopping on $address" >&2
  end_process
}

check_port
case "${1:-}" in
  start) start ;;
  stop) stop ;;
  status) if is_ours && is_open; then echo "running on $address"; else echo "not running"; fi ;;
  *) fail "\`${1:-}\` is no command of dev/registry.sh" "dev/registry.sh start, stop or status" ;;
esac
