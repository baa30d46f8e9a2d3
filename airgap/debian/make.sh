# Making the root: mmdebstrap installs Debian's packages, a hook inside builds what is not packaged.
# shellcheck shell=bash disable=SC2154 # the variables are airgap/root.sh's

make_root() {
  local root
  root=$(root_path)
  [ ! -e "$root/opt/airgap/complete" ] || return 0
  mkdir -p "$roots"
  check_host
  exec 9>"$roots/lock"
  if ! flock --nonblock 9; then
    say "another process is making a root ($(cat "$roots/maker" 2>/dev/null || echo unknown)); waiting for it"
    flock 9
  fi
  if [ ! -e "$root/opt/airgap/complete" ]; then
    echo "process $$ since $(date '+%H:%M:%S')" >"$roots/maker"
    build_root "$root"
  fi
  flock --unlock 9
  exec 9>&-
}

# Everything happens in a folder with another name: a root with its own name is complete.
build_root() {
  local root=$1
  local partial=$root.partial log=$roots/make.log
  remove_tree "$partial"
  mkdir -p "$partial" "$roots/stage"
  stage_files "$roots/stage"
  say "making the airgap root in $root"
  say "once for this machine: about 5 minutes on 2 cores, 4 GB; log: $log"
  local started=$SECONDS
  trap 'stop_maker "$partial"' EXIT
  trap 'exit 130' INT TERM
  run_mmdebstrap "$partial" >"$log" 2>&1 9>&- &
  maker=$!
  watch_log "$log" "$maker" "$started"
  if ! wait "$maker"; then
    explain_failure "$log"
    maker=
    fail "the airgap root could not be made after $(clock $((SECONDS - started)))" "the whole log is $log; run the same command again to retry"
  fi
  maker=
  mv "$partial" "$root"
  trap - EXIT INT TERM
  remove_tree "$roots/stage"
  say "the airgap root is ready after $(clock $((SECONDS - started)))"
}

# What the hook copies into the root, readable for the ids of a user namespace.
stage_files() {
  remove_tree "$1"
  mkdir -p "$1/ca-certificates"
  cp -r "$airgap/debian/inside" "$airgap/stubs" "$airgap/debian/bazelrc" "$1/"
  cp /etc/resolv.conf "$1/resolv.conf"
  root_key >"$1/key"
  find "$host_certificates" -name '*.crt' -type f -exec cp {} "$1/ca-certificates/" \; 2>/dev/null || true
  local cargo_config=${CARGO_HOME:-$HOME/.cargo}/config.toml
  [ ! -e "$cargo_config" ] || cp "$cargo_config" "$1/cargo-config.toml"
  chmod -R a+rX "$1"
}

# An ordinary user's root comes out of a tar, so that every file is the user's own and bubblewrap can enter it.
run_mmdebstrap() {
  local partial=$1
  # shellcheck disable=SC2054 # commas are within arguments
  local arguments=(
    --variant=apt --architectures=amd64,arm64 --include="$(paste -sd, "$airgap/debian/inside/first_packages.txt")"
    --customize-hook="$airgap/debian/hook.sh $roots/stage \"\$1\""
  )
  # A frozen mirror's Release file has expired. Tried without first: an expired file can be an attack.
  if ! mirror_is_fresh; then
    echo "==> the mirror's Release file has expired: going on with it as it is"
    arguments+=(--aptopt='Acquire::Check-Valid-Until "false"')
  fi
  if [ "$(id -u)" -eq 0 ]; then
    mmdebstrap --mode=root --format=directory "${arguments[@]}" "$suite" "$partial"
  else
    mmdebstrap --mode=unshare --format=tar "${arguments[@]}" "$suite" - |
      tar --extract --directory="$partial" --no-same-owner --exclude='./dev/*'
  fi
}

mirror_is_fresh() {
  local mode=unshare output
  [ "$(id -u)" -ne 0 ] || mode=root
  # Any other failure shows itself, and in full, when the root is made.
  output=$(mmdebstrap --mode="$mode" --variant=apt --simulate "$suite" 2>&1) || true
  [[ $output != *"Release file"*"is expired"* ]]
}

# Shows the steps as they come, and that it is alive in between.
watch_log() {
  local log=$1 process=$2 started=$3
  local shown=0 total quiet=0
  while kill -0 "$process" 2>/dev/null; do
    sleep 1
    total=$(grep --count -E '^(==>|I: (installing|extracting|downloading|running apt))' "$log" || true)
    if [ "$total" -gt "$shown" ]; then
      grep -E '^(==>|I: (installing|extracting|downloading|running apt))' "$log" | tail -n +$((shown + 1)) |
        sed -E 's/^(==>|I:) //' | while read -r line; do say "$(clock $((SECONDS - started))) $line"; done
      shown=$total
      quiet=0
    elif [ $((quiet += 1)) -ge 20 ]; then
      say "$(clock $((SECONDS - started))) still working"
      quiet=0
    fi
  done
}

explain_failure() {
  if grep --quiet -iE 'temporary failure resolving|could not resolve|connection (refused|timed out)|failed to fetch' "$1"; then
    say "a download failed: is Debian's mirror reachable, and crates.io?"
  elif grep --quiet -i 'no space left' "$1"; then
    say "the disk is full"
  fi
  grep -vE '^(Get|Selecting|Preparing|Unpacking|Setting up)' "$1" | tail -n 20 >&2
}

# Ctrl-C or an error: nothing half-made stays.
stop_maker() {
  if [ -n "${maker:-}" ]; then
    say "stopping"
    pkill --parent "$maker" 2>/dev/null || true
    kill "$maker" 2>/dev/null || true
    wait "$maker" 2>/dev/null || true
  fi
  remove_tree "$1"
  remove_tree "$roots/stage"
}

remove_tree() {
  [ -e "$1" ] || return 0
  # Debian has folders that not even their owner may write to.
  chmod -R u+w "$1" 2>/dev/null || true
  rm -rf --one-file-system "$1"
}

drop_roots() {
  local root
  case "$1" in
    "") set -- "$(root_path)" ;;
    --all) set -- "$roots"/* ;;
    *) fail "\`drop\` does not know \`$1\`" "airgap/root.sh drop, or airgap/root.sh drop --all" ;;
  esac
  for root in "$@"; do
    [ -d "$root" ] || continue
    # A Bazel server of the root would go on running without its files.
    stop_servers "$root"
    remove_tree "$root"
    say "removed $root"
  done
}

stop_servers() {
  local process seen
  for process in /proc/[0-9]*; do
    # What a process sees as / is a link that leads into its own mounts.
    seen=$process/root
    if [ "$seen/" -ef "$1" ]; then
      kill "${process#/proc/}" 2>/dev/null || true
    fi
  done
}
