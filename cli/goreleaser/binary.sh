#!/usr/bin/env bash
# Puts the client's program for one target where GoReleaser looks for what cargo has built: the `tool` of .goreleaser.yaml,
# which it calls as it would call cargo.
#
# usage: cli/goreleaser/binary.sh build --target=TARGET [FLAG...]
set -euo pipefail

repo=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
readonly repo
# shellcheck source-path=SCRIPTDIR/../..
source "$repo/dev/say.sh"
# shellcheck source-path=SCRIPTDIR
source "$repo/cli/goreleaser/linux.sh"

# What cargo's files on this machine say of registries and networks is the machine's. What would change the program is in no
# commit, and cargo has no way to leave it out.
refuse_settings() {
  local file folder=$repo files=("${CARGO_HOME:-$HOME/.cargo}"/config{,.toml})
  while [ -n "$folder" ]; do
    folder=${folder%/*}
    files+=("$folder"/.cargo/config{,.toml})
  done
  for file in "${files[@]}"; do
    ! grep -qsE "^[[:space:]]*(\\[+[[:space:]]*)?[\"']?(env|include|patch|paths|profile|unstable)\\b" "$file" ||
      fail "\`$file\` changes what cargo makes, and is in no commit" \
        "a release is made without env, include, patch, paths, profile and unstable in it: move it away, run the same command again"
  done
}

# What a machine calls its folders gets into no program.
#
# usage: cargo_build TARGET
cargo_build() {
  local target=$1 sysroot options=()
  refuse_settings
  rustup target add "$target" >&2
  sysroot=$(rustc --print sysroot)
  local home=${CARGO_HOME:-$HOME/.cargo} folder
  local flags=(
    "--remap-path-prefix=$repo=."
    "--remap-path-prefix=$home=cargo"
    "--remap-path-prefix=$sysroot/lib/rustlib/src/rust=rust"
    "--remap-path-prefix=$CARGO_TARGET_DIR=target"
  )
  # Over what cargo's files say: all is compiled, by nothing but the compiler.
  export CARGO_INCREMENTAL=0 RUSTC_WRAPPER='' RUSTC_WORKSPACE_WRAPPER=''
  # The folder of a registry's crates is called after the mirror that they came from.
  cargo fetch --quiet --locked
  for folder in "$home"/registry/src/*; do
    flags+=("--remap-path-prefix=$folder=crates")
  done
  # Else the time of the build is in it.
  [[ $target != *-windows-* ]] || flags+=('-Clink-arg=-Wl,-Brepro')
  # Debian's Rust has a standard library for itself alone, and the source of it for all others.
  if [ ! -d "$sysroot/lib/rustlib/$target" ]; then
    export RUSTC_BOOTSTRAP=1
    options=(-Zbuild-std='std,panic_unwind')
  fi
  # zig strips; a `strip` for the target need not be there.
  export CARGO_PROFILE_RELEASE_STRIP=none
  flags+=(-Clink-arg=-s)
  CARGO_ENCODED_RUSTFLAGS=$(IFS=$'\x1f' && echo "${flags[*]}")
  export CARGO_ENCODED_RUSTFLAGS
  # Big Sur: the first macOS on Apple's own processors.
  export MACOSX_DEPLOYMENT_TARGET=11.0
  cargo zigbuild --quiet --locked --release --package unkey --target "$target" "${options[@]}"
}

target=
for argument in "$@"; do
  case $argument in
    --target=*) target=${argument#--target=} ;;
  esac
done
cd "$repo"
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$repo/target/client}
name=unkey
case $target in
  x86_64-unknown-linux-musl) find_linux_binary amd64 ;;
  aarch64-unknown-linux-musl) find_linux_binary arm64 ;;
  *-apple-darwin)
    cargo_build "$target"
    binary=$CARGO_TARGET_DIR/$target/release/$name
    ;;
  # zig has LLVM's runtime for Windows and not GNU's.
  x86_64-pc-windows-gnu)
    name=unkey.exe
    cargo_build x86_64-pc-windows-gnullvm
    binary=$CARGO_TARGET_DIR/x86_64-pc-windows-gnullvm/release/$name
    ;;
  *) fail "there is no client for \`$target\`" "the targets are in .goreleaser.yaml" ;;
esac
mkdir -p "target/$target/release"
cp --remove-destination "$binary" "target/$target/release/$name"
chmod 755 "target/$target/release/$name"
