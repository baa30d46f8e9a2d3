#!/usr/bin/env bash
# Makes the root file system of the base image for both architectures, out of the Debian packages that distroless static
# is made of. Reads packages only, never the running system: a certificate of the host's cannot get in.
#
# usage: base.sh OUTPUT_DIRECTORY DEBS_DIRECTORY
set -euo pipefail

output=$1
debs=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Unpacks one package and records it the way that vulnerability scanners look for it.
add_package() {
  local tree=$1 deb=$2
  local name
  name=$(dpkg-deb --field "$deb" Package)
  dpkg-deb --extract "$deb" "$tree"
  mkdir -p "$tree/var/lib/dpkg/status.d"
  dpkg-deb --field "$deb" >"$tree/var/lib/dpkg/status.d/$name"
  dpkg-deb --info "$deb" md5sums >"$tree/var/lib/dpkg/status.d/$name.md5sums"
}

# All of Mozilla's certificates in one file, as update-ca-certificates would write it.
bundle_certificates() {
  local tree=$1
  mkdir -p "$tree/etc/ssl/certs"
  (cd "$tree/usr/share/ca-certificates" && LC_ALL=C find . -name '*.crt' -print0 | LC_ALL=C sort -z | xargs -0 cat) \
    >"$tree/etc/ssl/certs/ca-certificates.crt"
  rm -rf "$tree/usr/share/ca-certificates" "$tree/etc/ca-certificates" "$tree/usr/sbin"
}

# Documentation but for licences, and what only a package manager or a login reads.
remove_unused() {
  local tree=$1
  find "$tree/usr/share/doc" -type f ! -name copyright -delete
  find "$tree/usr/share/doc" -type l -delete
  rm -rf "$tree/usr/share/"{base-files,info,lintian,locale,man,bug} "$tree/etc/"{motd,profile.d,update-motd.d,skel,ca-certificates.conf}
  find "$tree/usr/share/doc" -type d -empty -delete
}

write_accounts() {
  local tree=$1
  cat >"$tree/etc/passwd" <<'PASSWD'
root:x:0:0:root:/root:/sbin/nologin
nobody:x:65534:65534:nobody:/nonexistent:/sbin/nologin
nonroot:x:65532:65532:nonroot:/home/nonroot:/sbin/nologin
PASSWD
  cat >"$tree/etc/group" <<'GROUP'
root:x:0:
tty:x:5:
staff:x:50:
nonroot:x:65532:
nobody:x:65534:
GROUP
  echo 'hosts: files dns' >"$tree/etc/nsswitch.conf"
  chmod 644 "$tree/etc/passwd" "$tree/etc/group" "$tree/etc/nsswitch.conf"
  install --directory --mode=700 "$tree/root"
  install --directory --mode=700 --owner=65532 --group=65532 "$tree/home/nonroot"
}

# Order, times and header fixed: the same packages make the same bytes.
pack() {
  tar --create --directory="$1" --sort=name --mtime=@0 --numeric-owner --format=gnu . | gzip -9 --no-name >"$2"
}

mkdir -p "$output"
umask 022
for architecture in amd64 arm64; do
  tree=$work/$architecture
  mkdir "$tree"
  for deb in "$debs"/base-files_*_"$architecture".deb "$debs"/{ca-certificates,netbase,tzdata}_*_all.deb; do
    add_package "$tree" "$deb"
  done
  bundle_certificates "$tree"
  remove_unused "$tree"
  write_accounts "$tree"
  pack "$tree" "$output/distroless_static_$architecture.tar.gz"
done
