#!/usr/bin/env bash
# Installs, starts, upgrades, removes and purges the Debian package in a clean Debian, which debootstrap makes and
# systemd boots in a container without a network. What is missing on this machine is installed.
#
#   tests/packages/setup.sh [BINARY]        default: target/debug/switchboard
#
# The clean Debian is kept below target/ for the next run; everything else is made in a folder that is removed. Where this
# machine cannot make or boot a Debian, that is said and the status is 77; every other failure is 1.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
binary=${1:-$root/target/debug/switchboard}
[ -x "$binary" ] || { echo "there is no $binary: build it first (cargo build)"; exit 1; }
binary=$(realpath "$binary")
[ "$(id -u)" = 0 ] || { echo "only root can make a Debian and boot it: run this as root"; exit 1; }

export PATH=$PATH:/usr/sbin:$root/target/tools/bin
missing=()
command -v debootstrap >/dev/null || missing+=(debootstrap)
command -v systemd-nspawn >/dev/null || missing+=(systemd-container)
command -v pgrep >/dev/null || missing+=(procps)
if [ ${#missing[@]} -gt 0 ]; then
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
fi
for tool in cargo-deb cargo-cyclonedx; do
  # Optimising them would take longer than they run. One folder for both builds what they share once.
  command -v "$tool" >/dev/null ||
    CARGO_TARGET_DIR=$root/target/tools cargo install --quiet --locked --debug --root "$root/target/tools" "$tool"
done

work=$(mktemp -d)
container=
finish() {
  [ -z "$container" ] || { kill "$container" 2>/dev/null && wait "$container"; } || true
  rm -rf "$work"
}
trap finish EXIT

# The program needs the libraries of the Debian that it was built on, so the clean one is of the same release.
release=$(. /etc/os-release && echo "$VERSION_CODENAME")
clean=$root/target/clean-$release.tar
if [ ! -f "$clean" ]; then
  apt-get update -qq
  mirror=$(apt-get indextargets --format '$(SITE)' "Codename: $release" "Created-By: Packages" | head -1)
  debootstrap --variant=minbase --include=systemd-sysv "$release" "$work/made" "$mirror" >"$work/debootstrap" 2>&1 ||
    { tail -20 "$work/debootstrap"; echo "debootstrap cannot make a clean Debian here, so nothing is checked"; exit 77; }
  tar -C "$work/made" -cf "$clean.part" . && mv "$clean.part" "$clean"
  rm -rf "$work/made"
fi

package=$("$root/assets/debian/build.sh" "$binary")
mkdir "$work/debian" && tar -C "$work/debian" -xf "$clean"
cp "$package" "$work/debian/one.deb"
# The next version has other default settings too, so that the upgrade has to choose whose settings stay.
dpkg-deb -R "$package" "$work/next"
sed -i 's/^Version: .*/Version: 99.0.0/' "$work/next/DEBIAN/control"
echo "# This line is new in version 99." >>"$work/next/etc/switchboard/hub.toml"
dpkg-deb -Zgzip -z1 --root-owner-group -b "$work/next" "$work/debian/two.deb" >/dev/null

# SIGTERM to systemd-nspawn shuts the container down.
systemd-nspawn --quiet --directory "$work/debian" --machine "packages-$$" --private-network --register=no --keep-unit \
  --link-journal=no --console=pipe --boot </dev/null >"$work/console" 2>&1 &
container=$!

source "$root/tests/checks.sh"
source "$root/tests/packages/package.sh"
