#!/usr/bin/env bash
# Runs the real binary against programs of other origin, one part for each kind of network:
#   smpp            a message centre written with the npm package `smpp`
#   kannel          Kannel, as Debian has it, before that message centre
#   webhook         a provider written with the npm package `standardwebhooks`, and that standard in Python
#   telegram        the npm package `telegram-test-api`
#   africastalking  what both official packages of Africa's Talking send for the same order
# What is missing is installed. Everything is made in a folder that is removed at the end, on free loopback ports.
#
#   tests/carriers/setup.sh [BINARY [PART ...]]        default: target/debug/switchboard, all parts
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
binary=${1:-$root/target/debug/switchboard}
[ -x "$binary" ] || { echo "there is no $binary: build it first (cargo build)"; exit 1; }
binary=$(realpath "$binary")

all=(smpp kannel webhook telegram africastalking)
parts=("${@:2}")
[ ${#parts[@]} -gt 0 ] || parts=("${all[@]}")
for part in "${parts[@]}"; do
  [[ " ${all[*]} " == *" $part "* ]] || { echo "there is no part $part: there are ${all[*]}"; exit 1; }
done
export PATH=$PATH:/usr/sbin
wants() { [[ " ${parts[*]} " == *" $1 "* ]]; }

missing=()
command -v node >/dev/null || missing+=(nodejs)
command -v npm >/dev/null || missing+=(npm)
if wants kannel && ! command -v bearerbox >/dev/null; then missing+=(kannel); fi
if [ ${#missing[@]} -gt 0 ]; then
  apt-get update -qq
  # Debian starts a part of Kannel when it installs it, unless the runlevel forbids that. The checks start their own.
  RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
  if [[ " ${missing[*]} " == *" kannel "* ]]; then invoke-rc.d kannel stop >/dev/null 2>&1 || true; fi
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp "$root"/tests/carriers/{package.json,package-lock.json,requirements.txt,*.mjs,*.py} "$work"
(cd "$work" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error)
if wants webhook || wants africastalking; then
  "$root/tests/venv.sh" "$work/venv"
  "$work/venv/bin/pip" install --quiet --disable-pip-version-check -r "$work/requirements.txt"
fi

# What is on this machine is not asked for by way of a proxy.
export NO_PROXY=127.0.0.1 no_proxy=127.0.0.1
node "$work/run.mjs" "$binary" "$work" "${parts[@]}"
