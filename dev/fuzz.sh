#!/usr/bin/env bash
# Feeds the tools bytes that nobody would send them: the recipe of `make fuzz`. Installs cargo-fuzz into the user's cache.
#
#   TARGET        one of tools/*/fuzz/fuzz_targets; empty: all, one after the other
#   FUZZ_SECONDS  how long each of them runs, 60 if empty; make takes it as SECONDS
#   INPUT         a file: TARGET runs once, with it
set -euo pipefail

repo=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
readonly repo
# shellcheck source-path=SCRIPTDIR
source "$repo/dev/say.sh"
# shellcheck source-path=SCRIPTDIR
source "$repo/dev/cache.sh"
find_cache

readonly version=0.13.2
readonly tool=$cache/cargo-fuzz-$version
readonly work=$cache/fuzz
# The last: what fits into a run of a fuzzer; larger inputs are the integration tests'.
readonly limits=(-timeout=10 -rss_limit_mb=400 -max_len=65536)
readonly wanted=${TARGET:-}
readonly time=${FUZZ_SECONDS:-60}
readonly input=${INPUT:-}
# Not the folder of other builds: nothing of them fits, the flags are others.
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$cache/cargo-target}/fuzz

targets() {
  local program
  for program in "$repo"/tools/*/fuzz/fuzz_targets/*.rs; do
    basename "$program" .rs
  done
}

# The fuzz crate of a target: no two have targets of one name.
crate_of() {
  local program
  for program in "$repo"/tools/*/fuzz/fuzz_targets/"$1".rs; do
    [ ! -e "$program" ] || dirname "$(dirname "$program")"
  done
}

check_arguments() {
  [[ $time =~ ^[1-9][0-9]*$ ]] || fail "SECONDS is \`$time\`" "set it to a number from 1 on, or unset it for 60"
  [[ -z $wanted || ($wanted =~ ^[a-z0-9_]+$ && -n $(crate_of "$wanted")) ]] ||
    fail "there is no fuzz target \`$wanted\`" "TARGET is one of: $(targets | paste -sd ' ')"
  [ -z "$input" ] || [ -n "$wanted" ] || fail "INPUT without a TARGET" "TARGET is one of: $(targets | paste -sd ' ')"
  [ -z "$input" ] || [ -f "$input" ] || fail "there is no file \`$input\`" "INPUT is what an earlier run kept"
}

# cargo, which finds cargo-fuzz as its command. An own folder, so that the user's tools stay as they are.
cargo_fuzz() {
  # shellcheck disable=SC2016 # the inner shell's, where Rust is
  "$repo/dev/tool.sh" sh -c 'PATH=$0:$PATH exec cargo fuzz "$@"' "$tool/bin" "$@"
}

install() {
  "$repo/dev/tool.sh" c++ --version >/dev/null 2>&1 ||
    fail "there is no C++ compiler, which libFuzzer needs" "install g++ or clang, or take the airgap root: UNKEY_BAZEL=airgap make fuzz"
  if cargo_fuzz --version >/dev/null 2>&1; then
    return
  fi
  echo "fuzz: installing cargo-fuzz $version into $tool" >&2
  "$repo/dev/tool.sh" cargo install cargo-fuzz --version "$version" --locked --force --root "$tool"
}

# Sanitizers need a nightly compiler; without any, this works with every compiler, and the library has no unsafe code.
build() {
  local fuzz
  for fuzz in $(if [ -n "$wanted" ]; then crate_of "$wanted"; else echo "$repo"/tools/*/fuzz; fi); do
    echo "fuzz: building the targets in ${fuzz#"$repo/"}" >&2
    cargo_fuzz build --fuzz-dir "$fuzz" --sanitizer none
  done
}

# What is found is added to the corpus in the cache; the one in the repository is only read.
run() {
  local target=$1 corpus=$work/corpus/$1 artifacts=$work/artifacts/$1/ options=() fuzz
  fuzz=$(crate_of "$target")
  mkdir -p "$corpus" "$artifacts"
  [ ! -e "$fuzz/dictionaries/$target.dict" ] || options+=(-dict="$fuzz/dictionaries/$target.dict")
  echo "fuzz: $target for $time s; what it finds is kept in $corpus" >&2
  cargo_fuzz run --fuzz-dir "$fuzz" --sanitizer none "$target" "$corpus" "$fuzz/corpus/$target" -- \
    -artifact_prefix="$artifacts" -max_total_time="$time" "${limits[@]}" -print_final_stats=1 "${options[@]}" ||
    stopped "$target" "$artifacts"
}

stopped() {
  local newest
  [ -z "$interrupted" ] || exit 130
  newest=$(find "$2" -type f -printf '%T@ %p\n' | sort --numeric-sort | tail -n 1 | cut -d ' ' -f 2)
  [ -n "$newest" ] || fail "the fuzz target \`$1\` has failed" "its output says why"
  fail "the fuzz target \`$1\` has found something" "the same again: make fuzz TARGET=$1 INPUT=$newest"
}

# What fails is to be seen as it is: the message and where it comes from.
reproduce() {
  cargo_fuzz run --fuzz-dir "$(crate_of "$wanted")" --sanitizer none "$wanted" "$input" -- "${limits[@]}" ||
    fail "the fuzz target \`$wanted\` fails with this input" "its output says why"
  echo "fuzz: nothing found" >&2
}

interrupted=
trap 'interrupted=yes; echo "fuzz: interrupted; what was found is kept" >&2' INT

check_arguments
install
if [ -n "$input" ]; then
  reproduce
  exit
fi
build
for target in $(if [ -n "$wanted" ]; then echo "$wanted"; else targets; fi); do
  run "$target"
done
echo "fuzz: nothing found" >&2
