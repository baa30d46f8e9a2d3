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

# Release tags, and nothing else that would get into a file, with the highest version first; a pre-release is lower than its release.
tags_here() {
  git -c versionsort.suffix=- tag --points-at HEAD --sort=-version:refname | grep --extended-regexp "$tag_grammar" || true
}

# usage: version_of SERVICE TAG...
version_of() {
  local service=$1 tag
  shift
  for tag in "$@"; do
    if [[ $tag =~ $tag_grammar && ${tag%%/*} == "$service" ]]; then
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
