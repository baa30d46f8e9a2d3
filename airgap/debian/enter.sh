# Entering the root: bubblewrap puts the root's system below the user's own folders.
# shellcheck shell=bash disable=SC2154 # the variables are airgap/root.sh's

# Folders of the host that the root has its own of. All else (home, run, tmp, work, ...) is the host's, by the same path:
# Docker's socket, the user's files and Bazel's outputs are where they are outside.
readonly own_folders=" bin boot dev etc lib lib32 lib64 libx32 lost+found opt proc sbin sys usr var "

# No pid namespace: Bazel's server outlives the command, and the next command finds it.
# usage: enter_root run|start COMMAND...
enter_root() {
  local verb=$1 root
  shift
  root=$(root_path)
  prepare_cargo_home "$root"
  local arguments=(--bind "$root" / --dev-bind /dev /dev --dev-bind /proc /proc --dev-bind /sys /sys)
  local folder
  for folder in /*; do
    case "$own_folders" in
      *" ${folder#/} "*) ;;
      *) [ ! -d "$folder" ] || [ -L "$folder" ] || arguments+=(--bind "$folder" "$folder") ;;
    esac
  done
  # A workspace or a home may still lie under one of the root's own folders.
  for folder in "$(dirname "$airgap")" "$HOME" "$PWD"; do
    arguments+=(--bind "$folder" "$folder")
  done
  for folder in /etc/resolv.conf /etc/hosts /etc/passwd /etc/group; do
    [ ! -e "$folder" ] || arguments+=(--ro-bind "$(readlink -f "$folder")" "$folder")
  done
  # Who ends this command ends what it runs; Bazel's server takes itself out of that.
  [ "$verb" = start ] || arguments+=(--die-with-parent)
  # Tests start a Docker daemon, which root may.
  [ "$(id -u)" -ne 0 ] || arguments+=(--cap-add ALL)
  local workspace caches=${cache%/unkey} directory=$PWD
  workspace=$(dirname "$airgap")
  # Bazel's server and crate_universe garble all characters but ASCII: they get another name for such a folder.
  if ! is_ascii "$workspace" && [[ $directory/ == "$workspace"/* ]]; then
    arguments+=(--bind "$workspace" "$(alias_of "$workspace")")
    directory=$(alias_of "$workspace")${directory#"$workspace"}
  fi
  if ! is_ascii "$caches"; then
    arguments+=(--bind "$caches" "$(alias_of "$caches")")
    caches=$(alias_of "$caches")
    arguments+=(--setenv XDG_CACHE_HOME "$caches")
  fi
  exec bwrap "${arguments[@]}" --chdir "$directory" \
    --setenv PATH /usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    --setenv CARGO_HOME "$caches/unkey/cargo" \
    --unsetenv JAVA_HOME --unsetenv RUSTUP_HOME --unsetenv RUSTUP_TOOLCHAIN \
    -- "$@"
}

is_ascii() {
  local LC_ALL=C
  [[ $1 != *[^\ -~]* ]]
}

# The name of a folder within the root, in ASCII and always the same.
alias_of() {
  echo "/opt/airgap/aliases/$(sha256sum <<<"$1" | cut -c1-12)"
}

# crate_universe looks for crates.io's index by the name that an older cargo gave it: the name that the root's cargo
# gives is recorded when the root is made. A home of its own leaves the user's alone.
prepare_cargo_home() {
  local index=$cache/cargo/registry/index
  local wanted=$index/index.crates.io-6f17d22bba15001f
  [ ! -L "$wanted" ] || [ "$(readlink "$wanted")" != "$(cat "$1/opt/airgap/cargo-index")" ] || return 0
  mkdir -p "$index"
  ln -sfn "$(cat "$1/opt/airgap/cargo-index")" "$wanted"
  [ ! -e "$1/opt/airgap/cargo/config.toml" ] || cp "$1/opt/airgap/cargo/config.toml" "$cache/cargo/config.toml"
}
