#!/usr/bin/env bash
# Makes the image from a static program (docs/PACKAGES.md says how to build that) and runs it in a container without a
# network, a writable root or a capability. It needs podman with runc, and root. It is no part of `.ci/run`, because a
# static program is built with every optimisation, which takes long.
#
#   tests/packages/image.sh [BINARY]        default: target/x86_64-unknown-linux-musl/dist/switchboard
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
binary=${1:-$root/target/x86_64-unknown-linux-musl/dist/switchboard}
[ -x "$binary" ] || { echo "there is no $binary: build it first"; exit 1; }
for tool in podman runc; do
  command -v "$tool" >/dev/null || { echo "there is no $tool: apt install podman runc"; exit 1; }
done

work=$(mktemp -d)
pod() { podman --runtime runc --root "$work/storage" --runroot "$work/running" "$@"; }
finish() {
  pod rm --force --time 0 hub >/dev/null 2>&1 || true
  # The storage is mounted over itself as long as podman uses it.
  umount "$work/storage/overlay" 2>/dev/null || true
  rm -rf "$work"
}
trap finish EXIT
source "$root/tests/checks.sh"

mkdir "$work/context" "$work/settings"
install -d -m 700 "$work/context/var/lib/switchboard"
cp "$binary" "$work/context/switchboard"
cp "$root/assets/debian/hub.toml" "$work/settings"
# It is quiet around now in Nairobi, where it is three hours later than in UTC.
hours=$(date --utc --date "+2 hours" +%H:%M)-$(date --utc --date "+4 hours" +%H:%M)
printf '[org.rules]\nquiet_hours = "%s"\n' "$hours" >>"$work/settings/hub.toml"
build() { pod build --quiet --file "$root/Containerfile" --tag switchboard "$work/context"; }
# What podman allows a container by itself may be more than this machine allows.
start() {
  pod run --detach --name hub --network none --read-only --cap-drop all --security-opt no-new-privileges \
    --ulimit nofile=4096:4096 --ulimit nproc=4096:4096 \
    --volume hub-data:/var/lib/switchboard --volume "$work/settings:/etc/switchboard:ro" switchboard
}
key=
verb() {
  pod exec --env SWITCHBOARD_API_KEY="$key" hub \
    /usr/bin/switchboard --endpoint http://127.0.0.1:7400 --org desk --app helpdesk "$@"
}

check "the program is static" says "statically linked" ldd "$binary"
check "the image is built" build
check "a container runs it" start
check "the hub listens" within 20 says "listening on 127.0.0.1:7400" pod logs hub
key=$(pod exec hub /usr/bin/switchboard admin key add --config /etc/switchboard/hub.toml --label check 2>"$work/said")
check "a new key is taken" within 5 verb status
check "a message is sent" verb send --to +254711000101 --from "sms 40404" --text Karibu
check "the customer has it" says Karibu verb get +254711000101
check "she gets a tag" verb tag --customer +254711000101 --tags vip=1
check "she is left alone by the clock of her country, of which the image has no file" \
  says "1 person left alone now" verb send-by-tag --tag vip=1 --from "sms 40404" --text Karibu --dry-run
check "a stop takes no longer than it may" pod stop --time 15 hub
check "it ended by itself and well" is 0 pod inspect --format '{{.State.ExitCode}}' hub
pod rm hub >/dev/null
check "another container on the same volume" start
check "has the data and the key" within 20 says Karibu verb get +254711000101
finished
