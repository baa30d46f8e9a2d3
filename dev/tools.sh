# Programs that are no packages of Debian, each of one version for everybody. They are installed into the user's cache the
# first time that they are wanted, and reused. dev/linters holds versions and hashes, tests/k8s/apiserver those of Kubernetes'
# API server; crates.io vouches for those of cargo-deny and watchexec.
# shellcheck shell=bash disable=SC2154 # $repo is the caller's

# shellcheck source-path=SCRIPTDIR/..
source "$repo/dev/cache.sh"
find_cache
readonly tools=$cache/tools
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

# Sets `tool` to the path of a program, which is installed first where it is missing.
#
# usage: find_tool NAME, one of those in tool_version
find_tool() {
  local version folder
  version=$(tool_version "$1")
  folder=$tools/$1-$version
  tool=$folder/bin/$1
  # One that was compiled in the airgap root need not run outside of it.
  try_tool "$1" >/dev/null 2>&1 || install_tool "$1" "$version" "$folder"
}

# usage: try_tool NAME
try_tool() {
  case $1 in
    starlark) "$repo/dev/tool.sh" "$tool" -c pass ;;
    kubernetes-validate) run_python "$tool" --version ;;
    *) "$repo/dev/tool.sh" "$tool" --version ;;
  esac
}

# Runs a program that pip has installed, with the modules beside it.
#
# usage: run_python PROGRAM ARGUMENT...
run_python() {
  PYTHONPATH=${1%/bin/*} "$repo/dev/tool.sh" "$@"
}

tool_version() {
  case $1 in
    actionlint) go_version github.com/rhysd/actionlint ;;
    buildifier) go_version github.com/bazelbuild/buildtools ;;
    cargo-deny) echo 0.20.2 ;;
    kube-apiserver) sed -n 's|.*k8s.io/kubernetes v||p' "$repo/tests/k8s/apiserver/go.mod" ;;
    kubernetes-validate | zizmor) sed -n "s/^$1==\([^ ]*\).*/\1/p" "$linters/$1.txt" ;;
    starlark) go_version go.starlark.net ;;
    watchexec) echo 2.8.0 ;;
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
  echo "installing $name $version into $folder, once" >&2
  mkdir -p "$tools"
  partial=$(mktemp -d "$tools/.$name-$version.XXXXXX")
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
    actionlint) install_by_go "$linters" github.com/rhysd/actionlint/cmd/actionlint "$3" ;;
    buildifier) install_by_go "$linters" github.com/bazelbuild/buildtools/buildifier "$3" ;;
    cargo-deny) install_by_cargo "$@" ;;
    kube-apiserver) install_api_server "$3" ;;
    kubernetes-validate | zizmor) install_by_pip "$linters/$1.txt" "$3" ;;
    starlark) install_by_go "$linters" go.starlark.net/cmd/starlark "$3" ;;
    watchexec) install_by_cargo watchexec-cli "$2" "$3" ;;
  esac
}

# Cargo, go and pip put what they get into folders of this tool: the user's own modules and programs stay as they are.
#
# usage: install_by_go MODULE PACKAGE FOLDER
install_by_go() {
  need go version || return
  GOBIN=$3/bin GOMODCACHE=$3/modules GOCACHE=$3/build GOFLAGS='-modcacherw -trimpath -mod=readonly' \
    "$repo/dev/tool.sh" go -C "$1" install "$2" || return
  rm -rf "$3/modules" "$3/build"
}

# usage: install_api_server FOLDER
install_api_server() {
  echo "compiling Kubernetes' API server takes some minutes" >&2
  install_by_go "$repo/tests/k8s/apiserver" . "$1" && mv "$1/bin/apiserver" "$1/bin/kube-apiserver"
}

# usage: install_by_pip REQUIREMENTS FOLDER
install_by_pip() {
  need python3 -m pip --version || return
  # Where else a user's pip looks is not where these wheels are.
  PIP_FIND_LINKS='' "$repo/dev/tool.sh" python3 -m pip install --quiet --disable-pip-version-check \
    --root-user-action=ignore --target "$2" --no-deps --only-binary :all: --require-hashes --requirement "$1"
}

# Not optimised: it compiles in a fraction of the time, and neither a watcher nor what reads some hundred manifests
# has much to do.
#
# usage: install_by_cargo CRATE VERSION FOLDER
install_by_cargo() {
  need cargo --version || return
  echo "compiling $1 takes some minutes" >&2
  CARGO_TARGET_DIR=$3/target CARGO_PROFILE_DEV_DEBUG=0 \
    "$repo/dev/tool.sh" cargo install "$1" --version "$2" --locked --debug --quiet --root "$3" || return
  rm -rf "$3/target"
}

# A program that installs tools.
need() {
  "$repo/dev/tool.sh" "$@" >/dev/null ||
    fail "\`$*\` does not work, and without it a program cannot be installed" \
      "install $1, or take the airgap root: UNKEY_BAZEL=airgap"
}
