# shellcheck shell=bash disable=SC2154 # variables of docs/compare.sh
# PostgreSQL and NATS for docs/compare.sh: a cluster and a server of its own, in the temporary folder.
# Sourced by docs/compare.sh, whose functions and variables it uses.

# Where Debian keeps the programs of the server, which are not in PATH.
postgres_programs() {
  local one
  for one in "$(pg_config --bindir 2>/dev/null || true)" /usr/lib/postgresql/*/bin; do
    if [ -x "$one/initdb" ]; then echo "$one"; return; fi
  done
  if have initdb; then dirname "$(command -v initdb)"; fi
}

# PostgreSQL refuses to run as root, so root lends it to the user of its package.
as_postgres() {
  if [ "$(id -u)" = 0 ]; then
    setpriv --reuid=postgres --regid=postgres --clear-groups "$@"
  else
    "$@"
  fi
}

start_postgres() {
  local begun
  begun=$(clock)
  # `setpriv` becomes the server, so its number is the server's.
  if [ "$(id -u)" = 0 ]; then
    in_background "$WORK/pg.log" setpriv --reuid=postgres --regid=postgres --clear-groups \
      "$programs/postgres" -D "$WORK/pg/data"
  else
    in_background "$WORK/pg.log" "$programs/postgres" -D "$WORK/pg/data"
  fi
  PG_PID=$last_pid
  export PG_PID
  until_ready psql -qAtc 'SELECT 1' || return 1
  PG_STARTED=$(since "$begun")
}

with_postgres() {
  local programs begun
  programs=$(postgres_programs)
  if [ -z "$programs" ] || ! have psql; then
    skip "PostgreSQL" "$(missing postgresql)"
    return
  fi
  if [ "$(id -u)" = 0 ] && { ! have setpriv || ! id -u postgres >/dev/null 2>&1; }; then
    skip "PostgreSQL" "it does not run as root, and there is no user postgres to lend it to"
    return
  fi
  say "PostgreSQL"
  mkdir -p "$WORK/pg/data"
  if [ "$(id -u)" = 0 ]; then chown -R postgres "$WORK/pg"; fi
  export PGHOST=$WORK/pg PGUSER=postgres PGDATABASE=postgres PGBIN=$programs
  # `fsync` and `synchronous_commit` are on as they come: what is committed is on disk.
  if ! as_postgres "$programs/initdb" -D "$WORK/pg/data" -U postgres -A trust -E UTF8 --locale=C.UTF-8 \
    -c listen_addresses= >"$WORK/initdb.log" 2>&1; then
    # Older ones do not take settings here.
    as_postgres "$programs/initdb" -D "$WORK/pg/data" -U postgres -A trust -E UTF8 --locale=C.UTF-8 \
      >"$WORK/initdb.log" 2>&1 || { skip "PostgreSQL" "initdb failed: $(tail -n 1 "$WORK/initdb.log")"; return; }
  fi
  printf "listen_addresses = ''\nunix_socket_directories = '%s'\n" "$WORK/pg" >>"$WORK/pg/data/postgresql.conf"
  start_postgres || { skip "PostgreSQL" "it did not start: $(tail -n 1 "$WORK/pg.log")"; return; }
  measure rows.py "$WORK/json" "$WORK/rows"
  begun=$(clock)
  psql -q -v ON_ERROR_STOP=1 -v rows="$WORK/rows" -f "$here/compare/events.sql" >/dev/null ||
    { skip "PostgreSQL" "the rows did not get in"; return; }
  note "psql" store_s "$(since "$begun")"
  rm "$WORK/rows"
  kill -INT "$PG_PID"
  wait "$PG_PID" || true
  start_postgres || { skip "PostgreSQL" "it did not start again"; return; }
  note "psql" server_start_s "$PG_STARTED"
  measure_tool "psql" with_postgres.py || true
  kill -INT "$PG_PID"
  wait "$PG_PID" || true
}

with_nats() {
  local begun sync=''
  if ! have nats-server; then
    skip "NATS" "$(missing nats-server)"
    return
  fi
  say "NATS"
  # What a stream acknowledges is on disk only if it syncs each time; otherwise it does so every two minutes.
  for sync in 'sync_interval: always' ''; do
    cat >"$WORK/nats.conf" <<CONF
listen: "127.0.0.1:-1"
max_pending: 1073741824
write_deadline: "60s"
jetstream { store_dir: "$WORK/nats" $sync }
CONF
    if nats-server -t -c "$WORK/nats.conf" >/dev/null 2>&1; then break; fi
    say "  this nats-server has no sync_interval: what it acknowledges may be lost with the machine's power"
  done
  export NATS_SYNCS=${sync:+yes}
  start_nats || { skip "NATS" "it did not start: $(tail -n 1 "$WORK/nats.log")"; return; }
  measure_tool "NATS" with_nats.py fill || return 0
  kill -INT "$NATS_PID"
  wait "$NATS_PID" || true
  start_nats || { skip "NATS" "it did not start again: $(tail -n 1 "$WORK/nats.log")"; return; }
  note "NATS JetStream" server_start_s "$NATS_STARTED"
  measure_tool "NATS" with_nats.py measure || true
  kill -INT "$NATS_PID"
  wait "$NATS_PID" || true
}

start_nats() {
  local begun
  begun=$(clock)
  in_background "$WORK/nats.log" nats-server -c "$WORK/nats.conf"
  NATS_PID=$last_pid
  export NATS_PID
  until_ready grep -q 'Server is ready' "$WORK/nats.log" || return 1
  NATS_STARTED=$(since "$begun")
  NATS_ADDRESS=$(sed -n 's/.*Listening for client connections on //p' "$WORK/nats.log")
  export NATS_ADDRESS
}
