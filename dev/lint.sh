#!/usr/bin/env bash
# Checks what a compiler does not: the recipe of `make lint`. Every file is looked at that is committed or could be.
# Linters that Debian does not package are installed into the user's cache the first time (dev/tools.sh).
#
# usage: dev/lint.sh [PART...]
#
#   PART  tidy, shell, starlark, workflows, kubernetes, rust or dependencies; none: those that the variable PART names, else
#         all of them
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

readonly advisories=https://github.com/RustSec/advisory-db
work=$(mktemp -d)
readonly work
trap 'rm -rf "$work"' EXIT

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

# As list_files. That there are none is a failure: what looks at nothing finds nothing.
list() {
  list_files "$@"
  if [ "${#files[@]}" -eq 0 ]; then
    echo "lint: there is no file \`$1\` to look at: FAILED" >&2
    failed=1
    return 1
  fi
}

check_rust() {
  local manifest
  check "rustfmt (make fmt mends it)" dev/cargo.sh fmt --all --check
  list 'tools/*/fuzz/Cargo.toml' || return 0
  for manifest in "${files[@]}"; do
    check "rustfmt, $manifest" dev/cargo.sh fmt --manifest-path "$manifest" --check
  done
  check "clippy" dev/cargo.sh clippy --workspace --all-targets --quiet -- --deny warnings
  # Not among --all-targets: cargo test is not to run it.
  check "clippy, end-to-end tests" dev/cargo.sh clippy --package e2e --package k8s --test e2e --test k8s --quiet -- --deny warnings
}

check_shell() {
  list '*.sh' bazelw .ci/run || return 0
  check "shellcheck, ${#files[@]} files" dev/tool.sh shellcheck --external-sources "${files[@]}"
}

check_starlark() {
  list '*.bzl' '*BUILD.bazel' '*MODULE.bazel' '*REPO.bazel' '*Tiltfile' || return 0
  find_tool buildifier
  check "buildifier (make fmt mends the format), ${#files[@]} files" \
    dev/tool.sh "$tool" -mode=check -lint=warn -warnings=all "${files[@]}"
}

check_workflows() {
  local folder workflows=() actions=()
  # Those that release services, and those that release the client.
  for folder in .depot .github; do
    list "$folder/workflows/*.y*ml" || return 0
    workflows+=("$folder/workflows/*.y*ml")
    actions+=("$folder/actions/*.y*ml")
  done
  list "${workflows[@]}"
  find_tool actionlint
  # Without shellcheck on the PATH it would leave the scripts of steps out, and say nothing.
  # shellcheck disable=SC2016 # the inner shell's, where actionlint runs
  check "actionlint, ${#files[@]} files" dev/tool.sh sh -c 'command -v shellcheck >/dev/null && exec "$@"' sh \
    "$tool" -config-file dev/linters/actionlint.yaml -pyflakes= "${files[@]}"
  list "${workflows[@]}" "${actions[@]}"
  find_tool zizmor
  check "zizmor, ${#files[@]} files" audit_workflows
}

# By their names: of a folder zizmor takes only .github, and of what it does not take it says nothing. Hence the count.
# shellcheck disable=SC2329 # check calls it
audit_workflows() {
  local log=$work/zizmor.log audited status=0
  dev/tool.sh "$tool" --offline --persona auditor --strict-collection --no-progress --color never "${files[@]}" 2>"$log" || status=$?
  audited=$(grep --count 'zizmor: .* completed ' "$log" || true)
  if [ "$status" -ne 0 ] || [ "$audited" -ne "${#files[@]}" ]; then
    cat "$log" >&2
    echo "lint: zizmor looked at $audited of ${#files[@]} files and ended with $status" >&2
    return 1
  fi
}

# What both say of themselves is checked without a daemon and without a cluster; `make test-k8s` asks a real API server.
check_kubernetes() {
  local manifests=$work/manifests.yaml
  list dev/compose.yaml dev/k8s/kustomization.yaml || return 0
  check "docker compose config" dev/tool.sh docker compose --file dev/compose.yaml config --quiet
  check "kubectl kustomize" kustomize "$manifests"
  find_tool kubernetes-validate
  check "kubernetes-validate" run_python "$tool" --strict --quiet "$manifests"
}

# shellcheck disable=SC2329 # check calls it
kustomize() {
  dev/tool.sh kubectl kustomize dev/k8s >"$1"
}

# deny.toml says what may be depended on. Fuzz targets have locks of their own, to which not all of it applies.
check_dependencies() {
  local kinds=(bans licenses sources) manifest
  find_tool cargo-deny
  if dev/tool.sh test -e /opt/airgap/complete; then
    echo "lint: cargo-deny: ADVISORIES WERE NOT LOOKED AT: the airgap way reaches package registries, and they are in none" >&2
  elif dev/tool.sh timeout 20 git ls-remote --exit-code "$advisories" HEAD >/dev/null 2>&1; then
    kinds+=(advisories)
  else
    echo "lint: cargo-deny: ADVISORIES WERE NOT LOOKED AT, $advisories does not answer" >&2
  fi
  check "cargo-deny: ${kinds[*]}" deny Cargo.toml deny.toml \
    --deny unnecessary-skip --deny unmatched-skip --allow license-exception-not-encountered "${kinds[@]}"
  list 'tools/*/fuzz/Cargo.toml' || return 0
  for manifest in "${files[@]}"; do
    # It is read by cargo fuzz alone, and falls behind when a dependency of the tool changes.
    check "lock of $manifest (cargo metadata --manifest-path $manifest mends it)" lock "$manifest"
    check "cargo-deny, $manifest: ${kinds[*]}" deny "$manifest" deny.toml \
      --allow unnecessary-skip --allow unmatched-skip --allow license-not-encountered \
      --allow license-exception-not-encountered --allow unused-wrapper "${kinds[@]}"
  done
  list 'build/*/Cargo.toml' cli/Cargo.toml || return 0
  for manifest in "${files[@]}"; do
    check "cargo-deny, $manifest: pure Rust" deny "$manifest" dev/linters/deny_services.toml bans
  done
}

# shellcheck disable=SC2329 # check calls it
lock() {
  dev/tool.sh cargo metadata --locked --format-version 1 --manifest-path "$1" >/dev/null
}

# usage: deny MANIFEST CONFIG OPTION...
# shellcheck disable=SC2329 # check calls it
deny() {
  dev/tool.sh "$tool" --manifest-path "$1" --config "$repo/$2" --locked check --hide-inclusion-graph "${@:3}"
}

check_tidy() {
  check "what names services and crates (make bazel writes it)" dev/bazel.sh --check
  check "tidy" dev/cargo.sh run --quiet --package tidy
}

run_part() {
  case $1 in
    tidy) check_tidy ;;
    shell) check_shell ;;
    starlark) check_starlark ;;
    workflows) check_workflows ;;
    kubernetes) check_kubernetes ;;
    rust) check_rust ;;
    dependencies) check_dependencies ;;
    *) fail "there is no part \`$1\` of the lint" "it has: tidy, shell, starlark, workflows, kubernetes, rust, dependencies" ;;
  esac
}

# The cheapest first.
if [ $# -eq 0 ]; then
  read_words PART "${PART:-}"
  set -- "${words[@]}"
fi
[ $# -gt 0 ] || set -- tidy shell starlark workflows kubernetes rust dependencies
for part in "$@"; do
  run_part "$part"
done
exit "$failed"
