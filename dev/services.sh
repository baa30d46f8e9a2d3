# The services of this repository: the folders of build/, but for util.
# shellcheck shell=bash disable=SC2154 # $repo is the caller's

services() {
  local folder
  for folder in "$repo"/build/*/BUILD.bazel; do
    folder=$(basename "$(dirname "$folder")")
    [ "$folder" = util ] || echo "$folder"
  done
}

# The Bazel package that holds a verb for one service, or for all of them where none is named.
service_package() {
  local service=$1
  if [ -z "$service" ]; then
    echo //build
  elif services | grep --quiet --line-regexp --fixed-strings -- "$service"; then
    echo "//build/$service"
  else
    fail "there is no service \`$service\`" "SERVICE is one of: $(services | paste -sd ' ')"
  fi
}
