#!/usr/bin/env bash
# Switchboard beside other tools on the same events, on this machine: lnav, less, `tail -f | grep`,
# PostgreSQL through psql, and NATS. What is not installed is left out, and that is said.
#
#   docs/compare.sh                     a million events, about six minutes
#   EVENTS=50000 docs/compare.sh        a quick look
#   ONLY="switchboard less" docs/compare.sh
#   SWITCHBOARD=path/to/switchboard docs/compare.sh
#
# The program that is measured is an optimised build: `cargo build --profile dist` or `--release`.
# Everything happens in a temporary folder and on sockets of this machine only, and all of it is gone
# at the end. The table at the end can be pasted into docs/PERFORMANCE.md.
set -euo pipefail

EVENTS=${EVENTS:-1000000}
PROBES=${PROBES:-100}
ONLY=${ONLY:-switchboard less lnav tail postgres nats}
here=$(cd "$(dirname "$0")" && pwd)
LIMIT=${LIMIT:-900} # seconds after which the whole run is given up

say() { printf '%s\n' "$*"; }
die() { say "compare.sh: $*" >&2; exit 2; }
have() { command -v "$1" >/dev/null 2>&1; }
wanted() { case " $ONLY " in *" $1 "*) ;; *) return 1 ;; esac; }
missing() { echo "it is not installed; apt-get install $1 brings it"; }
# Leaves a tool out, and notes it for the end too.
skip() { say "$1 is left out: $2" | tee -a "$WORK/skipped"; }

find_switchboard() {
  local one
  for one in "${SWITCHBOARD:-}" "$here/../target/dist/switchboard" "$here/../target/release/switchboard" \
    "$(command -v switchboard || true)"; do
    if [ -n "$one" ] && [ -x "$one" ]; then readlink -f "$one"; return; fi
  done
  die "no optimised switchboard: say cargo build --profile dist, or SWITCHBOARD=path"
}

case $EVENTS in '' | *[!0-9]*) die "EVENTS is a number, such as 1000000" ;; esac
[ "$EVENTS" -ge 20000 ] || die "EVENTS is 20000 at least: with fewer there is nothing to see"
have python3 || die "python3 is needed, for pseudo-terminals and clocks: apt-get install python3"
SWITCHBOARD=$(find_switchboard)

WORK=$(mktemp -d "${TMPDIR:-/tmp}/compare.XXXXXX")
chmod 711 "$WORK" # PostgreSQL may run as another user, who has to reach its own folder
started=()
watchdog=

clean_up() {
  local code=$? pid
  trap '' INT TERM HUP
  trap - EXIT
  [ -z "$watchdog" ] || kill "$watchdog" 2>/dev/null || true
  # What this script started is ended by its own number: first what runs in front, then the servers.
  for pid in $(jobs -p); do kill "$pid" 2>/dev/null || true; done
  if [ -f "$WORK/pg/data/postmaster.pid" ]; then
    kill -INT "$(head -n 1 "$WORK/pg/data/postmaster.pid")" 2>/dev/null || true
  fi
  for pid in ${started[@]+"${started[@]}"}; do
    for _ in $(seq 100); do kill -0 "$pid" 2>/dev/null || break; sleep 0.1; done
    kill -KILL "$pid" 2>/dev/null || true
  done
  rm -rf "$WORK"
  exit "$code"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
# Nothing here may wait for ever.
(
  sleep "$LIMIT" &
  trap 'kill $!; exit' TERM
  wait $!
  say "compare.sh: given up after $LIMIT s" >&2
  kill -TERM $$
) &
watchdog=$!

clock() { date +%s.%N; }
since() { awk -v a="$1" -v b="$(clock)" 'BEGIN { printf "%.3f", b - a }'; }
# Notes a figure of a tool that the shell measured: note TOOL NAME NUMBER.
note() { printf '{"tool": "%s", "%s": %s}\n' "$1" "$2" "$3" >>"$RESULTS"; }
# In the background, because a shell hears of a signal only when what runs in front is over.
measure() {
  python3 -B "$here/compare/$1" "${@:2}" &
  wait $!
}
# The same for a tool: if it cannot be measured, that is said and the others go on.
measure_tool() { measure "${@:2}" || { skip "$1" "it could not be measured, see above" && return 1; }; }
# Waits until a command succeeds, 30 s at most.
until_ready() {
  local _
  for _ in $(seq 1500); do if "$@" >/dev/null 2>&1; then return 0; fi; sleep 0.02; done
  return 1
}
in_background() { # in_background LOG COMMAND...: sets `last_pid`
  local log=$1
  shift
  "$@" >"$log" 2>&1 &
  last_pid=$!
  started+=("$last_pid")
}

BURST=${BURST:-16000} # single events that sixteen writers write
export BURST RESULTS=$WORK/results WORK EVENTS PROBES SWITCHBOARD
: >"$RESULTS"
# Nobody's own settings of a tool take part.
export HOME=$WORK/home XDG_CONFIG_HOME=$WORK/home/c XDG_DATA_HOME=$WORK/home/d XDG_STATE_HOME=$WORK/home/s
mkdir -p "$HOME"
unset LESS LESSOPEN LESSCLOSE PGHOST PGPORT PGUSER PGDATABASE PGOPTIONS PGSERVICE SWITCHBOARD_PROFILE \
  SWITCHBOARD_DATA_DIR SWITCHBOARD_AUTH_TOKEN NO_COLOR || true

# shellcheck source=docs/compare/hub.sh
. "$here/compare/hub.sh"

say "Switchboard: a hub in $WORK takes in $EVENTS events"
start_hub
fill_hub
export_lines

if wanted switchboard; then
  say "Switchboard"
  stop_hub
  start_hub
  note "switchboard tail" server_start_s "$HUB_STARTED"
  measure_tool switchboard with_switchboard.py || true
fi
stop_hub

for tool in less lnav tail; do
  wanted "$tool" || continue
  if [ "$tool" = tail ] && ! have grep; then skip "tail -f | grep" "$(missing grep)"; continue; fi
  if ! have "$tool"; then skip "$tool" "$(missing "$tool")"; continue; fi
  say "$tool"
  measure_tool "$tool" with_files.py "$tool" || true
done

# shellcheck source=docs/compare/servers.sh
. "$here/compare/servers.sh"
if wanted postgres; then with_postgres; fi
if wanted nats; then with_nats; fi

python3 -B "$here/compare/table.py"
