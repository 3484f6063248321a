#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
#
# The part of packaging/test-units.sh that runs inside the container:
#
#   units.sh prepare   installs systemd and the packages, and makes the tests run after the boot
#   units.sh run       runs the tests as a service; output goes to /pinning/said, the status to /pinning/status
set -euo pipefail

prepare() {
  export DEBIAN_FRONTEND=noninteractive
  echo force-unsafe-io >/etc/dpkg/dpkg.cfg.d/pinning
  apt-get -qq -o Acquire::Check-Valid-Until=false update
  local debs
  mapfile -t debs < <(find /pinning/packages -name '*.deb' ! -name '*-dbgsym_*' ! -name '*-dev_*')
  apt-get -qq --yes --no-install-recommends install systemd-sysv dbus openssl curl python3 ca-certificates "${debs[@]}" \
    >/pinning/apt.log 2>&1 || { cat /pinning/apt.log && exit 3; }
  echo '127.0.0.1 localhost bank.example' >>/etc/hosts
  cat >/etc/systemd/system/pinning-test.service <<'END'
[Unit]
Description=Tests of the units
After=dbus.service systemd-journald.service
SuccessAction=poweroff-force
FailureAction=poweroff-force
[Service]
Type=oneshot
ExecStart=/bin/bash -c '/pinning/tests/units.sh run >/pinning/said 2>&1; echo $? >/pinning/status; journalctl --no-pager >/pinning/journal; sync'
[Install]
WantedBy=multi-user.target
END
  mkdir -p /etc/systemd/system/multi-user.target.wants
  ln -s ../pinning-test.service /etc/systemd/system/multi-user.target.wants/
}

step() {
  echo "  $1"
}

# until_true SECONDS COMMAND...: waits for something that systemd does in its own time.
until_true() {
  local end=$((SECONDS + $1))
  shift
  until "$@"; do
    [ $SECONDS -lt $end ] || return 1
    sleep 0.1
  done
}

# Starts the mail server and the chat server; each message becomes a file.
cat_receivers() {
  cat <<'END'
import http.server, socketserver, sys, threading
folder = sys.argv[1]
class Mail(socketserver.StreamRequestHandler):
    def handle(self):
        say = lambda text: self.wfile.write(text.encode() + b"\r\n")
        say("220 test")
        while line := self.rfile.readline():
            word = line.split()[0].upper() if line.split() else b""
            if word == b"DATA":
                say("354 go on")
                with open(f"{folder}/mail", "ab") as file:
                    while (line := self.rfile.readline()) not in (b".\r\n", b""):
                        file.write(line)
            if word == b"QUIT":
                return say("221 bye")
            say("250 ok")
class Chat(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        with open(f"{folder}/chat", "ab") as file:
            file.write(self.path.encode() + b"\n" + self.rfile.read(int(self.headers["Content-Length"])) + b"\n")
        self.send_response(200)
        self.end_headers()
threading.Thread(target=socketserver.ThreadingTCPServer(("127.0.0.1", 25), Mail).serve_forever, daemon=True).start()
chat = http.server.HTTPServer(("127.0.0.1", 8080), Chat)
print("ready", flush=True)
chat.serve_forever()
END
}

start_receivers() {
  cat_receivers >receivers.py
  python3 receivers.py "$scratch" >receivers.out 2>receivers.log &
  servers+=($!)
  until_true 30 grep -q ready receivers.out || fail "nobody receives mail"
}

# count FILE TEXT: prints how many lines contain the text.
count() {
  grep -c "$2" "$1" 2>/dev/null || true
}

monitor() {
  systemctl start pinning-monitor.service >said 2>&1 || { journalctl -u pinning-monitor --no-pager >said && fail "$1"; }
}

# The pinned host gets the address of one server, then of the other, with the same port.
pin_host() {
  pinctl add bank.example genuine.pem --backup spare.pem --port "${ports[$1]}" --yes >said 2>&1 || fail "pinctl add"
}

is_failed() {
  systemctl is-failed --quiet "$1"
}

is_newer() {
  [ "$1" -nt "$2" ]
}

test_monitor() {
  local metrics=/var/lib/pinning-monitor/pinning.prom
  step "pinning-monitor.service: a server in order, nobody is told"
  install -m 0600 /dev/stdin /etc/pinning/notify.cfg <<<'mail = { to = "root"; server = "smtp://localhost"; };
webhook = { url = "http://127.0.0.1:8080/hooks/SECRET"; };'
  pin_host genuine
  monitor "the monitor failed"
  grep -q '^pinning_policy_ok 1$' $metrics || { cp $metrics said && fail "no metrics"; }
  [ -e /var/lib/pinning-monitor/pinning-log.prom ] || fail "no metrics of the log"
  [ "$(stat -c %U /etc/pinning/notify.cfg)$(stat -c %a /etc/pinning/notify.cfg)" = root600 ] || fail "notify.cfg changed"
  cat mail chat >said 2>/dev/null || true
  [ ! -s said ] || fail "somebody was told"

  step "another key: mail and webhook tell of it once, by the credential"
  pinctl remove bank.example --yes >said 2>&1 || fail "pinctl remove"
  pin_host swapped
  monitor "the monitor failed where a key is wrong"
  { grep -q '^/hooks/SECRET$' chat && grep -q bank.example chat; } || fail "the webhook was not told"
  grep -q bank.example mail || fail "no mail"
  cp mail mail.before
  monitor "the monitor failed"
  cmp -s mail mail.before || { cp mail said && fail "it was told twice"; }
  [ "$(count chat '^/hooks/SECRET$')" = 1 ] || fail "the webhook was told twice"
  journalctl -u pinning-monitor --no-pager >said
  [ "$(count said SECRET)" = 0 ] || fail "the secret is in the journal"

  step "without notify.cfg the journal is told"
  rm /etc/pinning/notify.cfg
  monitor "the monitor failed without notify.cfg"
  journalctl --sync
  journalctl -t pinctl --no-pager >said
  grep -q bank.example said || fail "the journal was not told"
}

test_log() {
  step "what was refused is counted"
  pinctl enable >said 2>&1 || fail "pinctl enable"
  ! curl -sk --resolve "bank.example:${ports[swapped]}:127.0.0.1" "https://bank.example:${ports[swapped]}/" || fail "curl was not refused"
  pinctl disable >said 2>&1 || fail "pinctl disable"
  journalctl --sync
  monitor "the monitor failed"
  cp /var/lib/pinning-monitor/pinning-log.prom said
  grep -q 'bank.example' said || fail "the refusal is not counted"
}

test_timer() {
  step "pinning-monitor.timer: waits for the next hour"
  systemctl enable --now pinning-monitor.timer >said 2>&1 || fail "the timer cannot be enabled"
  systemctl list-timers --no-pager >said
  grep -q 'pinning-monitor.timer' said || fail "the timer does not run"
}

test_compile() {
  local form=/var/lib/pinning/policy.db dropin=/etc/pinning/policy.d/50-hand.cfg
  step "pinning-compile.path: an edit is compiled, a mistake is a failed unit"
  systemctl enable --now pinning-compile.path >said 2>&1 || fail "the path unit cannot be enabled"
  touch mark
  echo 'hosts = ( { name = "other.example"; mode = "off"; } );' >$dropin
  until_true 30 is_newer $form mark || fail "the edit was not compiled"
  until_true 30 pinctl list --json >said
  grep -q other.example said || fail "the entry is not there"
  journalctl --sync
  journalctl -t pinctl --no-pager >said
  grep -q 'event=policy-changed .*command="pinctl compile"' said || fail "the change is not in the log"
  echo 'hosts = ( { nme = "x" } );' >$dropin
  until_true 30 is_failed pinning-compile.service || fail "a mistake is no failure"
  systemctl show --property=Result,ExecMainStatus pinning-compile.service >said
  grep -q 'Result=exit-code' said || fail "a mistake ends pinctl by other means"
  journalctl -u pinning-compile --no-pager >said
  grep -q "$dropin:1:" said || fail "the journal does not say where"
  rm $dropin
  systemctl start pinning-compile.service >said 2>&1 || fail "it does not recover"
}

run() {
  # shellcheck source=packaging/tests/wire.sh
  . "$(dirname "$0")/wire.sh"
  # The monitor warns of certificates that expire soon, and of authorities that nothing trusts.
  # shellcheck disable=SC2034 # used by wire.sh
  days=300
  start_servers
  cp authority.pem /usr/local/share/ca-certificates/authority.crt
  update-ca-certificates >said 2>&1 || fail "the authority is not trusted"
  start_receivers
  test_monitor
  test_log
  test_timer
  test_compile
}

case $1 in
  prepare | run) "$1" ;;
  *) exit 2 ;;
esac
