# What holds for the package, in the order of a package's life. `setup.sh` has booted the container and reads this.

leader() { pgrep -P "$container"; }
inside() {
  nsenter --target "$(leader)" --all --root --wd env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 \
    DEBIAN_FRONTEND=noninteractive "$@"
}
# The rest of the machine may be as it likes.
is_up() { [ -n "$(leader)" ] && inside systemctl is-system-running | grep -E '^(running|degraded)$'; }
if ! within 60 is_up >/dev/null 2>&1; then
  cat "$work/console"
  inside systemctl --no-pager --failed || true
  echo "systemd does not come up in a container here, so nothing is checked"
  exit 77
fi

# The program's own verbs, with the key of the environment.
key=sb_a_key_that_nobody_has_made
verb() {
  inside SWITCHBOARD_API_KEY="$key" switchboard --endpoint http://127.0.0.1:7400 --org desk --app helpdesk "$@"
}
service() { inside systemctl show --value --property "$1" switchboard; }
log() { inside journalctl --no-pager --output cat --unit switchboard; }
apt() { inside apt-get -qq --yes --option Dpkg::Options::=--force-confold "$@"; }
state() { inside stat --format '%U:%G %a' "$1"; }
of_process() { sed -n "s/^$1:[[:space:]]*//p" "/proc/$(pid)/status"; }
# The process as this machine counts, for its files below /proc.
pid() { pgrep --ns "$(leader)" --nslist pid --full '^/usr/bin/switchboard serve'; }

echo "installed:"
check "apt takes the package and all that it needs is there" apt install /one.deb
check "the service is started" within 20 says "listening on 127.0.0.1:7400" log
check "the service starts with the machine" is enabled inside systemctl is-enabled switchboard
check "its user has no shell" says "/var/lib/switchboard:/usr/sbin/nologin" inside getent passwd switchboard
check "its user alone reads the data folder" is "switchboard:switchboard 700" state /var/lib/switchboard
check "its user alone reads the log" is "switchboard:switchboard 600" state /var/lib/switchboard/log.db
check "its user reads the settings and cannot write them" is "root:switchboard 640" state /etc/switchboard/hub.toml
check "a man page for each verb" inside test -s /usr/share/man/man1/switchboard-serve.1.gz
check "completions for bash" inside bash -n /usr/share/bash-completion/completions/switchboard
check "completions for zsh" inside grep -q '^#compdef switchboard' /usr/share/zsh/vendor-completions/_switchboard
check "completions for fish" inside grep -q 'complete -c switchboard' /usr/share/fish/vendor_completions.d/switchboard.fish
check "licence" inside grep -q 'MIT or Apache-2.0' /usr/share/doc/switchboard/copyright
check "a list of what it is made of" inside grep -q '"purl": "pkg:cargo/rusqlite@' /usr/share/doc/switchboard/sbom.cdx.json
check "dpkg finds every file as it was packed" is "" inside dpkg --verify switchboard

echo "confined:"
check "systemd has nothing to say against the unit" is "" \
  inside sh -c 'systemd-analyze verify --man=no switchboard.service 2>&1'
check "the exposure is below 2 of 10" inside systemd-analyze security --no-pager --threshold=20 switchboard.service
echo "        $(inside systemd-analyze security --no-pager switchboard.service 2>/dev/null | tail -1)"
check "no capability" is 0000000000000000 of_process CapBnd
check "no new privileges" is 1 of_process NoNewPrivs
check "system calls are filtered" is 2 of_process Seccomp
in_its_view() { nsenter --target "$(pid)" --mount --root --wd "$@"; }
check "it cannot write beside its data" says "Read-only file system" in_its_view touch /etc/switchboard/x
check "it can write to its data" in_its_view sh -c 'touch /var/lib/switchboard/x && rm /var/lib/switchboard/x'
check "it does not see the homes" is "" in_its_view ls -A /root

echo "used:"
check "nobody calls with another key" says "this key or token is not valid" verb status
key=$(inside runuser -u switchboard -- switchboard admin key add --config /etc/switchboard/hub.toml --org desk --label check \
  2>"$work/said")
check "a new key is taken" within 5 verb status
check "a message is sent" verb send --to +254711000101 --from "sms 40404" --text Karibu
check "the customer has it" says Karibu verb get +254711000101
before=$(pid)
check "a reload reads the keys again" inside systemctl reload switchboard
check "the hub says so" within 5 says "SIGHUP: API keys in the settings: 0, taken: 0" log
check "it is the same process" is "$before" pid
kill -KILL "$(pid)"
check "a hub that is killed comes back" within 20 verb status
check "with its data" says Karibu verb get +254711000101

echo "stopped:"
check "a stop takes no longer than it may" inside timeout 15 systemctl stop switchboard
check "it ended by itself and well" is "success 0" echo "$(service Result) $(service ExecMainStatus)"
check "nobody answers" is_not verb status
inside sed -i 's/^listen = /listn = /' /etc/switchboard/hub.toml
inside systemctl start switchboard || true
check "settings that cannot be used are told" within 10 says "listn" log
check "they end it with 2, and it is not tried again" within 10 is "failed 2 0" \
  eval 'echo "$(service ActiveState) $(service ExecMainStatus) $(service NRestarts)"'
inside sed -i 's/^listn = /listen = /; s/^# region = /region = /' /etc/switchboard/hub.toml
check "with settings of one's own it starts again" inside systemctl restart switchboard
check "and answers" within 20 verb status

echo "upgraded:"
before=$(pid)
check "apt takes the next version" apt install /two.deb
check "that is the version" is 99.0.0 inside dpkg-query --showformat '${Version}' --show switchboard
check "the hub answers" within 20 verb status
check "it is a new process" is_not is "$before" pid
check "the data are there" says Karibu verb get +254711000101
check "the settings are still one's own" inside grep -q '^region = "KE"' /etc/switchboard/hub.toml
check "those of the package lie beside them" inside grep -q 'new in version 99' /etc/switchboard/hub.toml.dpkg-dist
check "and are as private" is "root:switchboard 640" state /etc/switchboard/hub.toml

echo "removed:"
check "apt removes it" apt remove switchboard
check "the hub has ended" is inactive service ActiveState
check "the program is gone" is_not inside test -e /usr/bin/switchboard
check "the data are kept" is "switchboard:switchboard 600" state /var/lib/switchboard/log.db
check "the settings are kept" inside grep -q '^region = "KE"' /etc/switchboard/hub.toml
check "it can be installed again" apt install /two.deb
check "with the data of before" within 20 says Karibu verb get +254711000101

echo "purged:"
check "a purge says where the data are" says "stay in /var/lib/switchboard" apt purge switchboard
check "the settings are gone" is_not inside test -e /etc/switchboard
check "nothing of the service is left" is "" inside find /etc/systemd /var/lib/systemd -name '*switchboard*'
check "the data are kept for whoever asks for them" is "switchboard:switchboard 600" state /var/lib/switchboard/log.db

finished
