# What the host must have before a root can be made: a few packages, disk space, and namespaces.
# shellcheck shell=bash disable=SC2154 # the variables are airgap/root.sh's

# Program to look for, and the Debian package that has it.
readonly host_programs=(
  "mmdebstrap mmdebstrap"
  "bwrap bubblewrap"
  "newuidmap uidmap"
  "flock util-linux"
  "mount mount"
)

# The root, what is downloaded for it, and Bazel's outputs after it.
readonly needed_gigabytes=10

missing_packages() {
  local row
  for row in "${host_programs[@]}"; do
    command -v "${row%% *}" >/dev/null || echo "${row##* }"
  done
  [ -e /usr/share/keyrings/debian-archive-keyring.gpg ] || echo debian-archive-keyring
}

# As root the missing packages are installed; anybody else is told the command.
check_programs() {
  local missing
  mapfile -t missing < <(missing_packages)
  [ ${#missing[@]} -gt 0 ] || return 0
  if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
    fail "the airgap root needs packages that are not installed: ${missing[*]}" \
      "sudo apt-get install --no-install-recommends ${missing[*]}"
  fi
  say "installing ${missing[*]} (needed to make and enter the root)"
  local log=$roots/host-packages.log
  if ! install_packages "${missing[@]}" >"$log" 2>&1; then
    tail -n 15 "$log" >&2
    fail "apt-get could not install ${missing[*]}" "look at the lines above; is Debian's mirror reachable?"
  fi
}

# Where a mirror is frozen its Release file has expired: apt refuses it unless told to go on.
install_packages() {
  export DEBIAN_FRONTEND=noninteractive
  apt-get update || apt-get -o Acquire::Check-Valid-Until=false update
  apt-get install --yes --no-install-recommends "$@"
}

check_space() {
  local free
  free=$(df --output=avail --block-size=1G "$roots" | tail -n 1 | tr -d ' ')
  [ "$free" -ge "$needed_gigabytes" ] || fail \
    "\`$roots\` has $free GB free, the airgap root and what is built with it need $needed_gigabytes GB" \
    "free some space, or set XDG_CACHE_HOME to a folder on a larger disk"
}

# An ordinary user makes the root in a user namespace with subordinate ids; root needs to be allowed what it does there.
check_namespaces() {
  if [ "$(id -u)" -eq 0 ]; then
    # Without /proc some packages fail to install, after ten minutes.
    unshare --mount mount -t proc proc /proc 2>/dev/null || fail \
      "root may not mount file systems here, which installing packages into the airgap root takes" \
      "in a container: docker run --privileged, or build as an ordinary user"
    return
  fi
  local user
  user=$(id -un)
  unshare --user --map-root-user true 2>/dev/null || fail \
    "this machine does not let $user create user namespaces" \
    "sudo sysctl kernel.unprivileged_userns_clone=1 (on Ubuntu kernel.apparmor_restrict_unprivileged_userns=0), or run as root"
  if ! grep --quiet "^$user:" /etc/subuid || ! grep --quiet "^$user:" /etc/subgid; then
    fail "$user has no subordinate ids in /etc/subuid and /etc/subgid" \
      "sudo usermod --add-subuids 100000-165535 --add-subgids 100000-165535 $user"
  fi
}

check_host() {
  case "$(uname -m)" in
    x86_64) ;;
    *) fail "the airgap root is made for x86_64, this machine is $(uname -m)" "build online: UNKEY_BAZEL=online" ;;
  esac
  check_space
  check_programs
  check_namespaces
}
