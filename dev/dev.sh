#!/usr/bin/env bash
# Runs one service from its sources and starts it again whenever one of them changes: the recipe of `make dev`. Needs
# neither Docker nor Bazel. After a change the old process is stopped, cargo builds, the new one is started; when cargo
# has something to complain of, none runs until the next change.
#
#   SERVICE  the service
#   PORT     the port of 127.0.0.1 where it listens; unset: the one in dev/config/SERVICE.toml
#   CONFIG   its configuration; unset: dev/config/SERVICE.toml, led to what `make up` runs on this machine
set -euo pipefail

repo=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
readonly repo
# shellcheck source-path=SCRIPTDIR
source "$repo/dev/say.sh"
# shellcheck source-path=SCRIPTDIR
source "$repo/dev/arguments.sh"
# shellcheck source-path=SCRIPTDIR
source "$repo/dev/tools.sh"
cd "$repo"

# Sets `service` to the one that SERVICE names.
choose_service() {
  choose_services
  { [ -n "${SERVICE:-}" ] && [ "${#chosen[@]}" -eq 1 ]; } ||
    fail "SERVICE is \`${SERVICE:-}\`, which is not one service" "SERVICE is one of: $(services | paste -sd ' ')"
  service=${chosen[0]}
}

# Sets `config` to a configuration for this machine: other services by the ports that `make up` publishes, the state in
# this clone, and nobody but this machine reaches it.
choose_config() {
  local of_containers=dev/config/$service.toml
  config=${CONFIG:-}
  if [ -n "$config" ]; then
    [ -f "$config" ] || fail "there is no configuration \`$config\`" "CONFIG is a file, or unset it"
    return
  fi
  [[ ${PORT:-1} =~ ^[0-9]+$ ]] || fail "PORT is \`$PORT\`, which is no port" "set it to a number, such as PORT=17070"
  config=$state/unkey.toml
  sed -E -e 's|^(listen = ")0\.0\.0\.0:([0-9]+)"|\1127.0.0.1:'"${PORT:-\\2}"'"|' -e "/^\[/,\$s|\"0\.0\.0\.0:|\"127.0.0.1:|" \
    -e 's|"http://[a-z0-9-]+:|"http://127.0.0.1:|' -e "s|\"/home/nonroot/|\"$state/|" "$of_containers" >"$config"
  refuse_taken_port
}

refuse_taken_port() {
  local port
  port=$(sed -nE 's|^listen = "127\.0\.0\.1:([0-9]+)"|\1|p' "$config")
  # In a subshell, which closes the connection again.
  ! (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null ||
    fail "port $port of this machine is taken" "stop what listens there (\`docker compose --file dev/compose.yaml stop $service\`), or choose another: PORT=1$port"
}

# Prints the folders of this repository that the service is made of, as cargo knows them.
folders() {
  dev/cargo.sh tree --quiet --manifest-path "build/$service/Cargo.toml" --edges normal,build --prefix none --format '{p}' |
    sed -nE 's|.* \((/[^)]*)\).*|\1|p' | sort --unique
}

# The watcher gets a process group of its own: a Ctrl-C reaches this script alone, which then asks the watcher to stop
# what it has started.
watch() {
  local folder watched=(--watch Cargo.toml --watch Cargo.lock --watch "$config")
  while read -r folder; do
    watched+=(--watch "$folder")
  done < <(folders)
  set -m
  # shellcheck disable=SC2016 # the inner shell's, whose number stays the watcher's
  dev/tool.sh sh -c 'echo "$$" >"$0" && exec "$@"' "$run/watcher" \
    "$tool" --restart --stop-timeout 5s --debounce 50ms --quiet --shell none --project-origin "$repo" "${watched[@]}" -- \
    dev/cargo.sh run --manifest-path "build/$service/Cargo.toml" -- --config "$config" </dev/null &
  watcher=$!
  set +m
  trap stop INT TERM HUP
  wait "$watcher"
}

# shellcheck disable=SC2329 # a trap calls it
stop() {
  trap '' INT TERM HUP
  # Before the watcher has its number written down there is nothing yet that it has started.
  kill -TERM -- "$(cat "$run/watcher" 2>/dev/null || echo "-$watcher")" 2>/dev/null || true
  # Its own status says only that it was asked to stop.
  wait "$watcher" || true
  exit 130
}

choose_service
readonly state=$repo/dev/state/$service
mkdir -p "$state"
run=$(mktemp -d)
readonly run
trap 'rm -rf "$run"' EXIT
choose_config
find_tool watchexec
set -a
# shellcheck source=/dev/null # its values are for local development only
source dev/config/local.env
set +a
echo "dev: $service starts again at each change; Ctrl-C stops it" >&2
watch
