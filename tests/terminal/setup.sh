#!/usr/bin/env bash
# A console in a real terminal, tmux, while customers attack it with every string of tests/data/nasty.txt: the title, the
# clipboard, the cursor, the alternate screen and the keys stay as they are. What is missing on this machine is installed.
#
#   tests/terminal/setup.sh [BINARY]        default: target/debug/switchboard
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
binary=$(realpath "${1:-$root/target/debug/switchboard}")
[ -x "$binary" ] || { echo "there is no $binary: build it first (cargo build)"; exit 1; }
command -v tmux >/dev/null || { apt-get update -qq && apt-get install -y -qq tmux >/dev/null; }

work=$(mktemp -d)
hub=
terminal() { tmux -f /dev/null -S "$work/tmux" "$@"; }
end() {
  terminal kill-server 2>/dev/null || true
  if [ -n "$hub" ]; then kill -TERM "$hub" 2>/dev/null || true; wait "$hub" 2>/dev/null || true; fi
  rm -rf "$work"
}
trap end EXIT
source "$root/tests/checks.sh"

cat >"$work/hub.toml" <<'TOML'
listen = "127.0.0.1:0"
[limits]
writes_per_second = 0
feeds = 0
[[org]]
id = "acme"
apps = ["desk"]
[[org.channel]]
channel = "sms"
number = "40404"
app = "desk"
[[org.key]]
label = "check"
env = "HUB_KEY"
[org.sandbox]
enabled = true
rate_per_minute = 0
demo_app = false
TOML
export HOME=$work LC_ALL=C.UTF-8 HUB_KEY=sb_only_for_this_check_0123456789 SWITCHBOARD_API_KEY=sb_only_for_this_check_0123456789
"$binary" serve --config "$work/hub.toml" --data-dir "$work/data" >"$work/hub.log" 2>&1 &
hub=$!
address() { grep -oE '127\.0\.0\.1:[0-9]+' "$work/hub.log" | head -1 | grep .; }
within 30 address >/dev/null || { cat "$work/hub.log"; exit 1; }
export SWITCHBOARD_ENDPOINT=http://$(address)

# The shell stays when the console has ended, so that it can be seen how it left the terminal.
terminal new-session -d -x 120 -y 40 "\"$binary\" --org acme --app desk; echo ended \$?; exec cat"
terminal set-option -g set-clipboard on
terminal set-buffer untouched
screen() { terminal capture-pane -p; }
told() { terminal display-message -p "$1"; }
state() { told '#{alternate_on} #{cursor_flag} #{insert_flag} #{keypad_flag} #{origin_flag} #{wrap_flag} #{scroll_region_upper}'; }
within 30 says "LIVE" screen >/dev/null || { screen; exit 1; }
terminal send-keys Escape
before=$(state)

python3 - "$binary" "$root/tests/data/nasty.txt" <<'PY'
import re, subprocess, sys
binary, path = sys.argv[1:]
escapes = {"n": "\n", "r": "\r", "t": "\t", "\\": "\\"}
def plain(m):
    if m[1]: return chr(int(m[1], 16))
    if m[2]: return chr(int(m[2], 16))
    return escapes[m[3]]
sent = 0
for line in open(path, encoding="utf-8").read().splitlines():
    text = re.sub(r"\\u\{([0-9a-fA-F]+)\}|\\x([0-9a-fA-F]{2})|\\([nrt\\])", plain, line)
    # No argument of a program holds a zero byte.
    if not text.strip() or "\0" in text: continue
    number = f"+2547110{sent:05}"
    subprocess.run([binary, "sim", "message", number, "--org", "acme", "--app", "desk", "--", text], check=True, stdout=subprocess.DEVNULL)
    sent += 1
subprocess.run([binary, "sim", "message", "+254711099999", "--org", "acme", "--app", "desk", "--", "that was the last one"], check=True, stdout=subprocess.DEVNULL)
print(f"{sent} strings were sent")
PY
check "all of it is shown" within 30 says "that was the last one" screen
title() { told '#{pane_title}' | grep -E '^(\([0-9]+\) |[0-9]+ )?.{0,40}switchboard$'; }
check "the title is the console's" title
check "the modes of the terminal are as they were" is "$before" state
check "nothing was put into the clipboard" is untouched terminal show-buffer
check "nothing was put beside it" is 1 bash -c "tmux -S '$work/tmux' list-buffers | wc -l"
check "the console lives" says "LIVE" screen
terminal send-keys '?'
check "the next key is the one that was pressed" within 10 says "open a customer by id" screen
terminal send-keys Escape
check "and the one after it" within 10 is_not says "open a customer by id" screen
terminal send-keys q
terminal send-keys q
check "it ends as it should" within 10 says "ended 0" screen
check "the screen of before is back" is 0 told '#{alternate_on}'
finished
