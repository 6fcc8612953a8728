#!/usr/bin/env bash
# Runs a client of other origin against the real binary: a Python program, made from our proto files with
# grpcio, calls all 22 RPCs of the contract and receives all ten kinds of notifications. Everything it needs is
# made in a folder that is removed at the end, and the hub listens on a free loopback port.
#
#   tests/interop/setup.sh [BINARY]        default: target/debug/switchboard
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
binary=${1:-$root/target/debug/switchboard}
[ -x "$binary" ] || { echo "there is no $binary: build it first (cargo build)"; exit 1; }

work=$(mktemp -d)
hub=
end() {
  if [ -n "$hub" ]; then kill -TERM "$hub" 2>/dev/null || true; wait "$hub" 2>/dev/null || true; fi
  rm -rf "$work"
}
trap end EXIT

"$root/tests/venv.sh" "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check grpcio==1.76.0 grpcio-tools==1.76.0
mkdir "$work/made"
(cd "$root/proto" && "$work/venv/bin/python" -m grpc_tools.protoc -I . \
  --python_out="$work/made" --grpc_python_out="$work/made" hera/*.proto switchboard/v1/*.proto)

cat > "$work/hub.toml" <<'TOML'
listen = "127.0.0.1:0"
[limits]
writes_per_second = 0
burst = 0
feeds = 0
[[org]]
id = "acme"
apps = ["desk"]
[[org.channel]]
channel = "sms"
number = "40404"
[[org.channel]]
channel = "whatsapp"
number = "40405"
[[org.channel]]
channel = "ussd"
number = "*384#"
[[org.channel]]
channel = "voice"
number = "+254711082300"
[[org.channel]]
channel = "payment"
number = "525900"
purse = "till"
[[org.purse]]
id = "till"
currency = "KES"
[[org.key]]
label = "python"
env = "SWITCHBOARD_INTEROP_KEY"
[org.sandbox]
enabled = true
seed = 7
rate_per_minute = 0
deliver_after_ms = 50
read_after_ms = 50
fail_percent = 0
hostile = false
demo_app = false
TOML
SWITCHBOARD_INTEROP_KEY="sb_interop_$(head -c 24 /dev/urandom | od -An -tx1 | tr -d ' \n')"
export SWITCHBOARD_INTEROP_KEY
"$binary" serve --config "$work/hub.toml" --data-dir "$work/data" >"$work/said" 2>"$work/complained" &
hub=$!
for _ in $(seq 100); do
  addr=$(sed -n 's/^listening on //p' "$work/said")
  [ -n "$addr" ] && break
  kill -0 "$hub" 2>/dev/null || break
  sleep 0.1
done
[ -n "$addr" ] || { echo "the hub did not start:"; cat "$work/complained"; exit 1; }

PYTHONPATH="$work/made" PYTHONDONTWRITEBYTECODE=1 \
  "$work/venv/bin/python" "$root/tests/interop/client.py" "$addr" acme desk || {
  echo "what the hub complained of:"; tail -n 20 "$work/complained"; exit 1; }
