# The identity of an airgap root: whatever goes into it, so that a changed recipe makes another root.
# shellcheck shell=bash disable=SC2154 # the variables are airgap/root.sh's

# Debian's testing: the first suite with Bazel 7.7.1 and its rules.
readonly suite=forky

# Certificates that this machine trusts beyond Debian's: proxies that open TLS need them in the root as well.
readonly host_certificates=/usr/local/share/ca-certificates

root_key() {
  {
    echo "$suite $(uname -m)"
    (cd "$airgap" && find debian/bazelrc debian/hook.sh debian/inside stubs -type f -print0 | sort -z | xargs -0 sha256sum)
    find "$host_certificates" -name '*.crt' -type f -print0 2>/dev/null | sort -z | xargs -0 --no-run-if-empty cat
  } | sha256sum | cut -c1-12
}

root_path() {
  echo "$roots/$(root_key)"
}
