#!/usr/bin/env bash
# Builds Rust's standard library for the two static musl targets from Debian's rust-src, laid out as upstream's
# rust-std is, so that rustc finds crt objects, libc and libunwind where it looks for them.
# Offline: rust-src carries its vendored crates.
#
# usage: musl_sysroot.sh OUTPUT_DIRECTORY LIBUNWIND_DEBS_DIRECTORY
set -euo pipefail

output=$1
debs=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# triple, GNU name of the architecture, Debian's name, C compiler
targets=(
  "x86_64-unknown-linux-musl x86_64 amd64 gcc"
  "aarch64-unknown-linux-musl aarch64 arm64 aarch64-linux-gnu-gcc"
)

# A crate without content: what counts is the standard library that cargo builds for it.
write_crate() {
  mkdir -p "$work/crate/src" "$work/crate/.cargo"
  echo '#![no_std]' >"$work/crate/src/lib.rs"
  cat >"$work/crate/Cargo.toml" <<'TOML'
[package]
name = "stdbuild"
version = "0.0.0"
edition = "2021"

[profile.release]
codegen-units = 1
debug = 0
TOML
  cat >"$work/crate/.cargo/config.toml" <<TOML
[source.crates-io]
replace-with = "vendored"

[source.vendored]
directory = "$(rustc --print sysroot)/lib/rustlib/src/rust/library/vendor"
TOML
}

# One cargo run for both targets: its jobs fill the cores, and build scripts are compiled once.
build_std() {
  local arguments=()
  local target
  for target in "${targets[@]}"; do
    arguments+=(--target "${target%% *}")
  done
  # Bitcode lets a service turn on LTO over std; unwind tables keep panics catchable.
  (cd "$work/crate" && RUSTC_BOOTSTRAP=1 SOURCE_DATE_EPOCH=1 CARGO_INCREMENTAL=0 CARGO_HOME="$work/cargo" \
    RUSTFLAGS="--remap-path-prefix=$work=/build -Cforce-unwind-tables=yes -Cembed-bitcode=yes" \
    cargo build --offline --release -Z build-std=std,panic_abort,panic_unwind,proc_macro,test \
    "${arguments[@]}" --target-dir "$work/target")
}

# Debian's libunwind.a is built against glibc with fortify: two functions of that and two empty archives are
# all that it needs to link against musl.
install_libunwind() {
  local gnu=$1 debian=$2 cc=$3 destination=$4
  dpkg-deb -x "$debs"/libunwind-*-dev_*_"$debian".deb "$work/libunwind-$debian"
  cp -L "$work/libunwind-$debian/usr/lib/$gnu-linux-gnu/libunwind.a" "$destination/libunwind.a"
  chmod 644 "$destination/libunwind.a"
  cp "/usr/lib/$gnu-linux-musl/libdl.a" "/usr/lib/$gnu-linux-musl/libpthread.a" "$destination/"
  cat >"$work/fortify.c" <<'C'
#include <stdarg.h>
#include <stdio.h>

int __vfprintf_chk(FILE *stream, int flag, const char *format, va_list arguments) {
  (void)flag;
  return vfprintf(stream, format, arguments);
}

int __vsnprintf_chk(char *buffer, size_t size, int flag, size_t known, const char *format, va_list arguments) {
  (void)flag;
  (void)known;
  return vsnprintf(buffer, size, format, arguments);
}
C
  (cd "$work" && "$cc" -c -O2 -fPIC -U_FORTIFY_SOURCE -fno-stack-protector -nostdinc \
    -isystem "/usr/include/$gnu-linux-musl" -isystem "$("$cc" -print-file-name=include)" \
    fortify.c -o "fortify-$debian.o")
  ar rD "$destination/libunwind.a" "$work/fortify-$debian.o" 2>/dev/null
}

install_target() {
  local triple=$1 gnu=$2 debian=$3 cc=$4
  local library=$output/lib/rustlib/$triple/lib
  local object
  mkdir -p "$library/self-contained"
  cp "$work/target/$triple/release/deps"/lib*.rlib "$library/"
  rm -f "$library"/libstdbuild*
  for object in crt1.o Scrt1.o rcrt1.o crti.o crtn.o libc.a; do
    cp "/usr/lib/$gnu-linux-musl/$object" "$library/self-contained/"
  done
  for object in crtbegin.o crtbeginS.o crtend.o crtendS.o; do
    cp "$("$cc" -print-file-name="$object")" "$library/self-contained/"
  done
  install_libunwind "$gnu" "$debian" "$cc" "$library/self-contained"
  # A name without gcc's version in it, for the C toolchain's flags.
  mkdir -p "$output/include"
  ln -sfn "$("$cc" -print-file-name=include)" "$output/include/$gnu"
}

write_crate
build_std
for target in "${targets[@]}"; do
  # shellcheck disable=SC2086 # the four words of a row are four arguments
  install_target $target
done
