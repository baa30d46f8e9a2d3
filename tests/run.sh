#!/usr/bin/env bash
# Every test, in the order in which a failure is cheapest to find. The recipe of `make test`.
# Data for people goes by as it comes; the last line is `N passed, N failed`.
#
#   1. Bazel's tests: crates, services as processes, the image contract of every service
#   2. conformance: images of the airgap rules_oci against those that rules_oci made, in a workspace of its own
#   3. lint
#   4. end to end: a registry, Docker, another architecture, another folder

# Without -e: what fails is counted, and the rest runs all the same.
set -uo pipefail

repo=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
readonly repo
cd "$repo" || exit 2

work=$(mktemp -d)
readonly work
trap 'rm -rf "$work"' EXIT
passed=0
failed=0

section() {
  printf '\n=== %s\n' "$1"
}

count() {
  if [ "$1" -eq 0 ]; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    echo "FAILED: $2"
  fi
}

# Adds up the lines that Rust's test harness closes with; fails where there is none.
count_cases() {
  local line found=1
  while read -r line; do
    found=0
    passed=$((passed + $(sed -E 's/.* ([0-9]+) passed.*/\1/' <<<"$line")))
    failed=$((failed + $(sed -E 's/.* ([0-9]+) failed.*/\1/' <<<"$line")))
  done < <(grep -E '^test result: ' "$1" 2>/dev/null)
  return "$found"
}

# A Rust test counts by its cases, any other by itself.
count_target() {
  local label=$1 status=$2 folder=$3
  local log
  log=$folder/bazel-testlogs/$(sed -E 's|^//||; s|:|/|' <<<"$label")/test.log
  if [ "$status" = PASSED ]; then
    count_cases "$log" || count 0 "$label"
  else
    count_cases "$log"
    # A crash or a timeout leaves no failed case behind.
    grep --quiet -E '^test result: FAILED' "$log" 2>/dev/null || count 1 "$label ($status)"
  fi
}

# Runs the tests of one workspace and counts them by Bazel's own record of events.
bazel_tests() {
  local folder=$1 events=$work/events.json before=$((passed + failed))
  (cd "$folder" && "$repo/bazelw" test --keep_going --build_event_json_file="$events" //...)
  local status=$?
  while read -r label outcome; do
    count_target "$label" "$outcome" "$folder"
  done < <(sed -nE 's/.*"testSummary":\{"label":"([^"]*)".*"overallStatus":"([A-Z_]*)".*/\1 \2/p' "$events" 2>/dev/null)
  # What does not build has no summary, and neither has a Bazel that did not start.
  if [ "$status" -ne 0 ] && [ "$failed" -eq 0 ]; then
    count 1 "bazel test in $folder ended with $status"
  fi
  if [ "$((passed + failed))" -eq "$before" ]; then
    count 1 "bazel test in $folder ran no test"
  fi
}

# Not as a Bazel action or by `bazel run`: these tests call make and Bazel themselves. They run where Bazel runs, because
# the airgap root has the parts that they need.
end_to_end() {
  local log=$work/end-to-end.log way=() binary status
  if ./bazelw build //tests/e2e 2>&1 | tee "$log"; grep --quiet '^bazelw: airgap' "$log"; then
    way=(airgap/root.sh run)
  fi
  binary=$(./bazelw cquery --output=files //tests/e2e 2>/dev/null)
  # A shell starts what it puts into the background deaf to interrupts, and that is inherited: by what tests interrupt as well.
  "${way[@]}" env --default-signal=INT "$repo/$binary" --test-threads=1 2>&1 | tee "$log"
  status=${PIPESTATUS[0]}
  if ! count_cases "$log" || { [ "$status" -ne 0 ] && ! grep --quiet -E '^test result: FAILED' "$log"; }; then
    count 1 "the end-to-end tests ended with $status"
  fi
}

section "Bazel's tests"
bazel_tests "$repo"
section "Conformance to rules_oci"
bazel_tests "$repo/airgap/rules_oci/tests/conformance"
section "Lint"
dev/lint.sh
count $? "lint"
section "End to end"
end_to_end

printf '\n%s passed, %s failed\n' "$passed" "$failed"
[ "$failed" -eq 0 ]
