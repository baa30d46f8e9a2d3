#!/usr/bin/env bash
# Checks what a compiler does not: formatting, clippy's lints, shell scripts. The recipe of `make lint`.
set -euo pipefail

repo=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
cd "$repo"

failed=0
check() {
  local name=$1
  shift
  if "$@"; then
    echo "lint: $name: ok"
  else
    echo "lint: $name: FAILED" >&2
    failed=1
  fi
}

mapfile -t scripts < <(git ls-files --cached --others --exclude-standard '*.sh' bazelw .ci/run)
check "rustfmt (make fmt mends it)" dev/cargo.sh fmt --all --check
for fuzz in tools/*/fuzz; do
  check "rustfmt, $fuzz" dev/cargo.sh fmt --manifest-path "$fuzz/Cargo.toml" --check
done
check "clippy" dev/cargo.sh clippy --workspace --all-targets --quiet -- --deny warnings
# Not among --all-targets: cargo test is not to run it.
check "clippy, end-to-end tests" dev/cargo.sh clippy --package e2e --test e2e --quiet -- --deny warnings
check "shellcheck, ${#scripts[@]} files" dev/tool.sh shellcheck --external-sources "${scripts[@]}"
exit "$failed"
