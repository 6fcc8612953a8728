#!/usr/bin/env bash
# Opens a page in headless Chromium that calls the real binary by gRPC-Web, with a client made from our proto files.
# Everything it needs is made in a folder that is removed at the end, and hub and pages listen on free loopback ports.
#
#   tests/browser/setup.sh [BINARY]        default: target/debug/switchboard
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
binary=${1:-$root/target/debug/switchboard}
[ -x "$binary" ] || { echo "there is no $binary: build it first (cargo build)"; exit 1; }

missing=()
command -v chromium >/dev/null || missing+=(chromium)
command -v node >/dev/null || missing+=(nodejs)
command -v npm >/dev/null || missing+=(npm)
if [ ${#missing[@]} -gt 0 ]; then
  apt-get update -qq && apt-get install -y -qq "${missing[@]}" >/dev/null
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

"$root/tests/venv.sh" "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check grpcio-tools==1.76.0
cp "$root"/tests/browser/{package.json,package-lock.json,page.js,run.mjs} "$work"
(cd "$work" && npm ci --no-audit --no-fund --loglevel=error)

mkdir "$work/made" "$work/pages"
(cd "$root/proto" && "$work/venv/bin/python" -m grpc_tools.protoc -I . \
  --plugin=protoc-gen-es="$work/node_modules/.bin/protoc-gen-es" --es_out="$work/made" \
  --es_opt=target=js,import_extension=js hera/*.proto switchboard/v1/*.proto)
(cd "$work" && node_modules/.bin/esbuild page.js --bundle --format=esm --log-level=warning --outfile=pages/page.js)

node "$work/run.mjs" "$binary" "$work"
