#!/usr/bin/env bash
# Called by mmdebstrap with the root before it is packed: brings the stage in and builds what is not packaged.
#
# usage: hook.sh STAGE ROOT
set -euo pipefail

# For an ordinary user mmdebstrap writes the root as a tar to stdout: nothing else may.
exec >&2

stage=$1
root=$2

mkdir -p "$root/opt/airgap"
cp -r "$stage/inside" "$stage/stubs" "$stage/bazelrc" "$stage/key" "$root/opt/airgap/"
cp "$stage/ca-certificates/"*.crt "$root/usr/local/share/ca-certificates/" 2>/dev/null || true
cp "$stage/resolv.conf" "$root/etc/resolv.conf"
if [ -e "$stage/cargo-config.toml" ]; then
  mkdir -p "$root/opt/airgap/cargo"
  cp "$stage/cargo-config.toml" "$root/opt/airgap/cargo/config.toml"
fi

# Nothing of the caller's environment but the way to the network.
exec chroot "$root" /usr/bin/env --ignore-environment \
  PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 \
  DEBIAN_FRONTEND=noninteractive \
  ${http_proxy:+http_proxy="$http_proxy"} ${https_proxy:+https_proxy="$https_proxy"} ${no_proxy:+no_proxy="$no_proxy"} \
  /opt/airgap/inside/build.sh
