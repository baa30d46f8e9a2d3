#!/usr/bin/env bash
# What a stamped build knows of its commit, as `KEY value` lines: `.bazelrc` has Bazel run it under --config=release.
#
#   STABLE_COMMIT             the commit; `-dirty` behind it where files differ from it
#   STABLE_COMMIT_TIME        when that was made, RFC 3339 in UTC; never the clock's time
#   STABLE_VERSION_<SERVICE>  for every service, and CLI: as RELEASE_STATUS has it, else v0.0.0-dev.<commit>
#
#   RELEASE_STATUS  such lines, which are printed as they are; set by `release publish` and `release verify`
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source-path=SCRIPTDIR
source build/services.sh

# From here on git knows the repository, and of the user no variable and no setting: only the first question needs to know whose
# folders he trusts (`safe.directory`). History is as it is, not as this machine's replacements and grafts show it.
isolate_git() {
  local name repository
  for name in "${!GIT_@}"; do
    # A hook or an alias exports its own repository.
    [[ $name == GIT_CONFIG_* ]] || unset "$name"
  done
  repository=$(git rev-parse --absolute-git-dir)
  unset "${!GIT_@}"
  export GIT_DIR=$repository GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1
  export GIT_NO_REPLACE_OBJECTS=1 GIT_GRAFT_FILE=/dev/null/none GIT_OPTIONAL_LOCKS=0
}

# What differs from the commit, byte by byte, and in the commit's own `.gitignore` is not left out. The user's index, attributes,
# filters and exclusions can hide a change, so a repository is asked that has none of them: it borrows the objects alone.
differences() (
  # Bash forgets it where the output is taken.
  set -e
  judge=$(mktemp -d)
  trap 'rm -rf "$judge"' EXIT
  objects=$(git rev-parse --path-format=absolute --git-path objects)
  format=$(git rev-parse --show-object-format)
  unset GIT_DIR
  git init --quiet --bare --template= --initial-branch=main --object-format="$format" "$judge"
  export GIT_DIR=$judge GIT_WORK_TREE=$PWD
  mkdir -p "$judge/info" "$judge/objects/info"
  echo "$objects" >"$judge/objects/info/alternates"
  # As the release tool has it (tools/release/src/git/checkout.rs).
  echo '* -text -ident -filter !eol !working-tree-encoding' >"$judge/info/attributes"
  git update-ref --no-deref HEAD "$commit"
  git read-tree "$commit"
  git -c core.fileMode=true -c core.symlinks=true status --porcelain --untracked-files=normal
)

isolate_git
commit=$(git rev-parse --verify HEAD)
differences=$(differences)
echo "STABLE_COMMIT $commit${differences:+-dirty}"
time=$(git rev-list --no-walk --timestamp HEAD)
TZ=UTC0 printf 'STABLE_COMMIT_TIME %(%Y-%m-%dT%H:%M:%SZ)T\n' "${time%% *}"

finished=${RELEASE_STATUS:-}
[ -z "$finished" ] || echo "${finished%$'\n'}"
while read -r service; do
  key=${service^^}
  key=STABLE_VERSION_${key//-/_}
  [[ $'\n'$finished == *$'\n'"$key "* ]] || echo "$key v0.0.0-dev.${commit:0:12}"
done < <(services && echo cli)
