#!/usr/bin/env bash
# Makes the Debian package and says where it is.
#   assets/debian/build.sh            builds the program first, as it is installed
#   assets/debian/build.sh BINARY     packages this program, such as a static one
# It needs cargo-deb and cargo-cyclonedx: cargo install --locked cargo-deb cargo-cyclonedx
set -euo pipefail
cd "$(dirname "$0")/../.."
for tool in cargo-deb cargo-cyclonedx; do
  command -v "$tool" >/dev/null || { echo "there is no $tool: cargo install --locked $tool" >&2; exit 1; }
done
binary=${1:-target/dist/switchboard}
[ $# -gt 0 ] || cargo build --locked --profile dist >&2
[ -x "$binary" ] || { echo "there is no program $binary: build it first" >&2; exit 1; }

# What goes into the package beside files of the repository; Cargo.toml lists both under [package.metadata.deb].
made=target/deb
rm -rf "$made"
mkdir -p "$made/man"
strip -o "$made/switchboard" "$binary"
"$made/switchboard" man >"$made/man/switchboard.1"
for verb in $(sed -n 's/^\.SS "switchboard \([a-z\\-]*\)"$/\1/p' "$made/man/switchboard.1" | tr -d '\\'); do
  "$made/switchboard" man "$verb" >"$made/man/switchboard-$verb.1"
done
for shell in bash zsh fish; do
  "$made/switchboard" completions "$shell" >"$made/switchboard.$shell"
done
gzip -9nc CHANGELOG.md >"$made/changelog.gz"

# Every crate that the program is made of, with its version, licence and checksum (CycloneDX). It names the folder that
# it was built in, which is nobody's business.
host=$(rustc -vV | sed -n 's/^host: //p')
cargo cyclonedx --quiet --format json --spec-version 1.5 --no-build-deps --target "$host" --override-filename sbom.cdx
sed "s|file://$PWD#|file:///switchboard#|g" sbom.cdx.json >"$made/sbom.cdx.json"
rm sbom.cdx.json

cargo deb --quiet --locked --no-build --no-strip --output "$made/"
