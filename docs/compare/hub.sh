# shellcheck shell=bash disable=SC2154,SC2034 # variables of docs/compare.sh, and for it
# The hub of docs/compare.sh: how it is started, filled with events and read out as lines. All of it is
# done with the program's own verbs. Sourced by docs/compare.sh, whose functions and variables it uses.

export SWITCHBOARD_API_KEY=compare-0123456789abcdef SWITCHBOARD_ORG=shop SWITCHBOARD_APP=desk
export COMPARE_ORIGIN=http://127.0.0.1
# The words that filters look for. The next word in the event is what a screen is searched for, because
# the word itself is on the screen already when it is typed.
export RARE=tanzanite RARE_SEEN=bracelet FREQUENT=refund FREQUENT_SEEN=approved

sb() { "$SWITCHBOARD" "$@"; }

hub_settings() {
  cat <<TOML
listen = "127.0.0.1:0"
data_dir = "hub"
[limits]
writes_per_second = 0
burst = 0
feeds = 0
[[org]]
id = "shop"
apps = ["desk"]
origins = ["$COMPARE_ORIGIN"]
[[org.channel]]
channel = "sms"
number = "40404"
[[org.key]]
label = "compare"
env = "SWITCHBOARD_API_KEY"
[org.sandbox]
enabled = true
rate_per_minute = 0
deliver_after_ms = 0
fail_percent = 0
hostile = false
demo_app = false
TOML
}

start_hub() {
  hub_settings >"$WORK/hub.toml"
  local begun
  begun=$(clock)
  in_background "$WORK/hub.out" "$SWITCHBOARD" serve --config "$WORK/hub.toml"
  HUB_PID=$last_pid
  export HUB_PID
  until_ready grep -q 'listening on' "$WORK/hub.out" || die "the hub did not start: $(cat "$WORK/hub.out")"
  SWITCHBOARD_ENDPOINT=http://$(sed -n 's/^listening on //p' "$WORK/hub.out")
  export SWITCHBOARD_ENDPOINT
  HUB_STARTED=$(since "$begun")
  COMPARE_TOKEN=$(sb token 2>/dev/null)
  export COMPARE_TOKEN
}

stop_hub() {
  kill -TERM "$HUB_PID"
  wait "$HUB_PID" || true
}

# Waits until every work by tag is done and nothing more comes into the log.
until_quiet() {
  local head='' before=none
  while sb works | grep -qv ' done '; do sleep 0.1; done
  # The hub's processor time is part of it, because the index follows the log.
  while [ "$head" != "$before" ]; do
    before=$head
    sleep 0.5
    head=$(sb tail -n 1 --no-follow)$(awk '{ print int(($14 + $15) / 10) }' "/proc/$HUB_PID/stat")
  done
}

# Customers of ten groups, made by four stories at once, then messages to one group after another with
# other words each. A message makes an event, and its delivery another.
fill_hub() {
  local begun round group text pids=() pid
  CUSTOMERS=$((EVENTS / 50))
  export CUSTOMERS
  begun=$(clock)
  measure stories.py "$WORK"
  for group in 0 1 2 3; do
    sb sim run "$WORK/customers.$group.toml" >"$WORK/story.$group" 2>&1 &
    pids+=($!)
  done
  for pid in "${pids[@]}"; do wait "$pid" || die "a story failed: $(tail -n 1 "$WORK"/story.*)"; done
  say "  $CUSTOMERS customers after $(since "$begun") s"
  for round in $(seq 24); do
    for group in 0 1 2 3 4 5 6 7 8 9; do
      text=$(sed -n "$(((round - 1) * 10 + group + 1))p" "$WORK/texts")
      sb send-by-tag --tag "group=$group" --from "sms 40404" --text "$text" --confirm "$((CUSTOMERS / 10))" >/dev/null
    done
    while sb works | grep -qv ' done '; do sleep 0.05; done
    # The rare word comes in the middle of the log and never again.
    if [ "$round" = 12 ]; then
      sb send-by-tag --tag rare=yes --from "sms 40404" --text "Your $RARE $RARE_SEEN is mended" --confirm 5 >/dev/null
    fi
  done
  # Near the end come a hundred rows with the frequent word and a screen or two without it, so that the
  # word is not in sight until a filter brings it there.
  for text in "Your $FREQUENT $FREQUENT_SEEN at the counter" "Karibu tena"; do
    sb send-by-tag --tag few=yes --from "sms 40404" --text "$text" --confirm 100 >/dev/null
    until_quiet
  done
  sb sim message +254799000001 "$NEWEST is the newest word" >/dev/null
  until_quiet
  FILLED=$(since "$begun")
}

# The same events as text for the file tools and as JSON for the servers.
export NEWEST=zyxwvutsrq
export_lines() {
  local begun
  begun=$(clock)
  sb tail --after 0 --no-follow >"$WORK/lines"
  say "  taken in within $FILLED s, read out as lines within $(since "$begun") s"
  sb tail --after 0 --no-follow --format json >"$WORK/json"
  COUNT=$(wc -l <"$WORK/lines")
  [ "$COUNT" -ge "$EVENTS" ] || die "only $COUNT events came of it"
  say "  $COUNT events, $(($(stat -c %s "$WORK/lines") / 1000000)) MB as lines"
  note "events" count "$COUNT"
  note "switchboard tail" store_s "$FILLED"
}
