#!/usr/bin/env bash
# Runs inside the new root: builds what Debian does not package, beside the installation of what it does.
# Lines that begin with `==>` are shown to who waits.
set -euo pipefail

inside=/opt/airgap/inside
debs=/opt/airgap/debs

# Runs a step and says when it is done; its output goes to the log.
step() {
  local name=$1 started=$SECONDS
  shift
  "$@" || {
    echo "==> failed: $name"
    return 1
  }
  echo "==> done: $name ($((SECONDS - started)) s)"
}

# Packages that are taken apart, not installed: an unwinder for musl, the base image of both architectures, and the
# source of crate_universe's generator, which would otherwise wait for all of Bazel.
download_packages() {
  mkdir -p "$debs"
  # apt fetches as its own user, which may write nowhere else.
  chown _apt "$debs"
  local unwinder
  unwinder=$(apt-cache pkgnames libunwind- | grep -E '^libunwind-[0-9]+-dev$' | sort -V | tail -n 1)
  (cd "$debs" && apt-get download "$unwinder" "$unwinder:arm64" base-files base-files:arm64 \
    ca-certificates netbase tzdata bazel-rules-rust)
}

install_packages() {
  xargs apt-get install --yes --no-install-recommends <"$inside/packages.txt"
}

# The commands that need a certificate of the host's come after this.
step "certificates" update-ca-certificates
step "packages that are taken apart" download_packages

echo "==> side by side: the other packages, the musl standard library, crate_universe's generator"
step "the other packages" install_packages &
packages=$!
step "musl standard library for amd64 and arm64" "$inside/musl_sysroot.sh" /opt/airgap/musl "$debs" &
musl=$!
step "crate_universe's generator" "$inside/cargo_bazel.sh" "$debs" &
generator=$!
step "base image" "$inside/base.sh" /opt/airgap/base "$debs"
wait "$packages"
wait "$musl"
wait "$generator"

cp /opt/airgap/bazelrc /etc/bazel/bazelrc
# A server that was started in another root must not serve this one: another JVM argument makes Bazel restart it.
echo "startup --host_jvm_args=-Dairgap.root=$(cat /opt/airgap/key)" >>/etc/bazel/bazelrc
dpkg-query --show --showformat '${binary:Package} ${Version}\n' >/opt/airgap/packages.txt
# Not /tmp as a whole, nor apt's lists and cache: mmdebstrap keeps the configuration of its own apt in the one, without
# which that apt would empty the lists of the host instead of the root's.
rm -rf "$debs" "$HOME/.cargo"
touch /opt/airgap/complete
