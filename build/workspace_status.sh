#!/usr/bin/env bash
# What a stamped build knows of its commit, as `KEY value` lines: `.bazelrc` has Bazel run it under --config=release.
#
#   STABLE_COMMIT             the commit; `-dirty` behind it where files differ from it
#   STABLE_COMMIT_TIME        when that was made, RFC 3339 in UTC; never the clock's time
#   STABLE_VERSION_<SERVICE>  for every service: the version that RELEASE_TAGS names, else the one of the highest release
#                             tag on the commit, else v0.0.0-dev.<commit>
#
#   RELEASE_TAGS  the tags that are being released, with blanks between them; set by `release publish`
set -euo pipefail

# A hook or an alias exports its own repository.
unset "${!GIT_@}"
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source-path=SCRIPTDIR
source build/services.sh

# As the release tool has it (tools/release/src/tag.rs), so that nothing else gets into a file.
readonly release_tag='^[a-z][a-z0-9]*(-[a-z0-9]+)*/v[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.-]+)?$'

# Release tags with the highest version first; a pre-release is lower than its release.
tags_here() {
  git -c versionsort.suffix=- tag --points-at HEAD --sort=-version:refname | grep --extended-regexp "$release_tag" || true
}

# usage: version_of SERVICE TAG...
version_of() {
  local service=$1 tag
  shift
  for tag in "$@"; do
    if [[ $tag =~ $release_tag && ${tag%%/*} == "$service" ]]; then
      echo "${tag#*/}"
      return
    fi
  done
  echo "v0.0.0-dev.${commit:0:12}"
}

commit=$(git rev-parse --verify HEAD)
dirty=
[ -z "$(git status --porcelain --untracked-files=normal)" ] || dirty=-dirty
echo "STABLE_COMMIT $commit$dirty"
echo "STABLE_COMMIT_TIME $(TZ=UTC0 git show --no-patch --format=%cd --date=format-local:%Y-%m-%dT%H:%M:%SZ HEAD)"

read -r -d '' -a tags <<<"${RELEASE_TAGS:-} $(tags_here)" || true
while read -r service; do
  key=${service^^}
  echo "STABLE_VERSION_${key//-/_} $(version_of "$service" "${tags[@]}")"
done < <(services)
