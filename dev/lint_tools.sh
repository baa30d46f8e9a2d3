# Linters that are no packages of Debian, each of one version for everybody. They are installed into the user's cache the
# first time that they are wanted, and reused. dev/linters holds versions and hashes; crates.io vouches for cargo-deny's.
# shellcheck shell=bash disable=SC2154 # $repo is the caller's

readonly lint_tools=${XDG_CACHE_HOME:-$HOME/.cache}/unkey/tools
readonly linters=$repo/dev/linters

# Sets `files` to those that match, of all that are committed or could be. One that is removed but not yet committed is none.
#
# usage: list_files PATTERN...
list_files() {
  local file
  files=()
  while IFS= read -r -d '' file; do
    [ ! -f "$file" ] || [ -L "$file" ] || files+=("$file")
  done < <(git ls-files -z --cached --others --exclude-standard -- "$@")
}

# Sets `tool` to the path of a linter, which is installed first where it is missing.
#
# usage: find_tool actionlint|buildifier|cargo-deny|zizmor
find_tool() {
  local version folder
  version=$(tool_version "$1")
  folder=$lint_tools/$1-$version
  tool=$folder/bin/$1
  # One that was compiled in the airgap root need not run outside of it.
  "$repo/dev/tool.sh" "$tool" --version >/dev/null 2>&1 || install_tool "$1" "$version" "$folder"
}

tool_version() {
  case $1 in
    actionlint) go_version github.com/rhysd/actionlint ;;
    buildifier) go_version github.com/bazelbuild/buildtools ;;
    cargo-deny) echo 0.20.2 ;;
    zizmor) sed -n 's/^zizmor==\([^ ]*\).*/\1/p' "$linters/zizmor.txt" ;;
  esac
}

go_version() {
  sed -n "s|^.*$1 v\([^ ]*\).*|\1|p" "$linters/go.mod"
}

# Into a folder beside the one that counts: what was interrupted is not taken for a tool.
#
# usage: install_tool NAME VERSION FOLDER
install_tool() {
  local name=$1 version=$2 folder=$3 partial
  echo "lint: installing $name $version into $folder, once" >&2
  mkdir -p "$lint_tools"
  partial=$(mktemp -d "$lint_tools/.$name-$version.XXXXXX")
  if ! fill_folder "$name" "$version" "$partial" >&2 || [ ! -x "$partial/bin/$name" ]; then
    rm -rf "$partial"
    fail "cannot install $name $version" "what its installer said is above; where there is no network, copy $folder from where there is"
  fi
  rm -rf "$folder"
  mv "$partial" "$folder"
}

# usage: fill_folder NAME VERSION FOLDER
fill_folder() {
  case $1 in
    actionlint) install_by_go github.com/rhysd/actionlint/cmd/actionlint "$3" ;;
    buildifier) install_by_go github.com/bazelbuild/buildtools/buildifier "$3" ;;
    cargo-deny) install_by_cargo "$@" ;;
    zizmor) install_by_pip "$linters/zizmor.txt" "$3" ;;
  esac
}

# Cargo, go and pip put what they get into folders of this tool: the user's own modules and programs stay as they are.
#
# usage: install_by_go PACKAGE FOLDER
install_by_go() {
  need go version || return
  GOBIN=$2/bin GOMODCACHE=$2/modules GOCACHE=$2/build GOFLAGS='-modcacherw -trimpath -mod=readonly' \
    "$repo/dev/tool.sh" go -C "$linters" install "$1" || return
  rm -rf "$2/modules" "$2/build"
}

# usage: install_by_pip REQUIREMENTS FOLDER
install_by_pip() {
  need python3 -m pip --version || return
  # Where else a user's pip looks is not where these wheels are.
  PIP_FIND_LINKS='' "$repo/dev/tool.sh" python3 -m pip install --quiet --disable-pip-version-check \
    --root-user-action=ignore --target "$2" --no-deps --only-binary :all: --require-hashes --requirement "$1"
}

# Not optimised: it compiles in a fraction of the time, and reads some hundred manifests.
#
# usage: install_by_cargo CRATE VERSION FOLDER
install_by_cargo() {
  need cargo --version || return
  echo "lint: compiling $1 takes some minutes" >&2
  CARGO_TARGET_DIR=$3/target CARGO_PROFILE_DEV_DEBUG=0 \
    "$repo/dev/tool.sh" cargo install "$1" --version "$2" --locked --debug --quiet --root "$3" || return
  rm -rf "$3/target"
}

# A program that installs tools.
need() {
  "$repo/dev/tool.sh" "$@" >/dev/null ||
    fail "\`$*\` does not work, and without it a linter cannot be installed" \
      "install $1, or take the airgap root: UNKEY_BAZEL=airgap make lint"
}
