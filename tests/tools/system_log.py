# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""Lines as the real provider logs them, a system log to put them into, and a real journal in a namespace of its own."""

import os
import shutil
import subprocess
import sys
import time

from pinctl_case import CERTIFICATES, openssl_conf

JOURNALD = "/lib/systemd/systemd-journald"

# A mount namespace with an empty /run, a /dev of its own, and journald behind its /dev/log. The words are what to run
# there. Nothing of it is seen outside.
SCENE = f"""
set -e
mount -t tmpfs tmpfs /run
mkdir -p /run/systemd/journal /run/log/journal /run/dev
for device in null zero full random urandom; do touch /run/dev/$device; mount --bind /dev/$device /run/dev/$device; done
mount --rbind /run/dev /dev
ln -s /run/systemd/journal/dev-log /dev/log
{JOURNALD} 2>/dev/null &
journald=$!
trap 'kill $journald; wait $journald 2>/dev/null || true' EXIT
for attempt in $(seq 300); do [ -S /run/systemd/journal/io.systemd.journal ] && break; sleep 0.1; done
"$@"
"""


def provider(folder):
    """An openssl.cnf that switches the provider on, for an environment."""
    conf = os.path.join(folder, "openssl.cnf")
    with open(conf, "w", encoding="utf-8") as file:
        file.write(openssl_conf(os.environ["PINNING_MODULE"]))
    return {"OPENSSL_CONF": conf}


def reported(host, port, status, environment):
    """Runs curl; the lines that its process logs, as PINNING_DEBUG=1 prints them."""
    done = subprocess.run(
        ["curl", "-sS", "--cacert", "root.pem", "--resolve", f"{host}:{port}:127.0.0.1", f"https://{host}:{port}/"],
        cwd=CERTIFICATES, env={**environment, "PINNING_DEBUG": "1"}, capture_output=True, text=True, check=False,
        timeout=60)
    assert done.returncode == status, (done.returncode, done.stdout, done.stderr)
    return [line for line in done.stderr.splitlines() if line.startswith(("verdict=", "event="))]


def traditional(line, seconds, tag=None):
    """As rsyslog writes it to auth.log by default."""
    stamp = time.localtime(seconds)
    pid = line.rsplit("pid=", 1)[1].split()[0] if "pid=" in line else "1"
    return f"{time.strftime('%b', stamp)} {stamp.tm_mday:2} {time.strftime('%H:%M:%S', stamp)} vm {tag or f'pinning[{pid}]'}: {line}\n"


def rfc3339(line, seconds):
    pid = line.rsplit("pid=", 1)[1].split()[0]
    return f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(seconds))}.123456+00:00 vm pinning[{pid}]: {line}\n"


def why_no_journal():
    """Why no journal can be run here; None: it can."""
    if os.geteuid() != 0:
        return "needs root for a namespace of its own"
    if not os.path.exists(JOURNALD) or shutil.which("journalctl") is None:
        return "there is no journald"
    tried = subprocess.run(["unshare", "--mount", "true"], capture_output=True, check=False)
    return None if tried.returncode == 0 else "no namespaces here"


def beside_a_journal(script, environment, *words):
    """Runs a Python script in the scene; its output and status."""
    return subprocess.run(["unshare", "--mount", "--propagation", "private", "bash", "-c", SCENE, "scene", sys.executable,
                           "-c", script, *words],
                          cwd=CERTIFICATES, env=environment, capture_output=True, text=True, check=False, timeout=120)
