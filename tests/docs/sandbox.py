# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""A sandbox that runs the commands of a document unchanged; README.md says what the sandbox replaces."""

import contextlib
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import time

SOURCE = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(SOURCE / "tests" / "programs"))
import servers

HOST = "api.example.com"

# Log lines get an older time, because documents wait two weeks before they learn from the log.
LOG_AGE = 15 * 24 * 60 * 60

OPENSSL_HEAD = """
openssl_conf = openssl_init
[openssl_init]
providers = provider_sect
[provider_sect]
default = default_sect
pinning = pinning_sect
[default_sect]
activate = 1
"""

# Replaces commands that would build, install or test the whole tree. Each still fails if the document is wrong.
SHELL = """
set -e
has_preset() { command "$1" --list-presets=all 2>/dev/null | grep -q "\\"$2\\""; }
script() { [ -x "$SOURCE/$1" ] && bash -n "$SOURCE/$1"; }
sudo() { "$@"; }
pinctl() {
  case " $* " in
    " enable ") set -- "$@" --policy "$PINNING_POLICY" ;;
    *" --chain "* | *" --recorded "* | *" --connect "*) ;;
    " explain "* | " graph "* | " test "* | *" --from-server "*) set -- "$@" --connect "$LIVE" --ca "$ROOT" ;;
    " scan "*) set -- "$@" --connect "$LIVE" --ca "$ROOT" ;;
    " record "*) set -- "$@" --connect "$LIVE" ;;
    " monitor "* | " rotate "*) set -- "$@" --connect "$LIVE" --ca "$ROOT" --history "$HISTORY" ;;
    " learn "*) set -- "$@" --connect "$LIVE" --ca "$ROOT" --system-anchors "$ROOT" --history "$HISTORY" --file "$LOG" ;;
    " approve "* | " reject "* | " history "*) set -- "$@" --history "$HISTORY" ;;
    " log "*) set -- "$@" --file "$LOG" ;;
  esac
  command pinctl "$@"
}
# The server reads its files again for each connection, so a reload has nothing to do.
systemctl() { [ "$*" = "reload nginx" ]; }
cmake() {
  case $1 in
    --preset) has_preset cmake "$2" ;;
    --build) [ "$2" = --preset ] && has_preset cmake "$3" ;;
    --install) DESTDIR=$INSTALLED command cmake --install "$BUILD" >/dev/null ;;
    *) return 2 ;;
  esac
}
ctest() { [ "$1" = --preset ] && has_preset cmake "$2"; }
tests/install-packages.sh() { script tests/install-packages.sh; }
tools/try.sh() { script tools/try.sh; }
tests/run.sh() { script tests/run.sh; }
"""

REQUEST = """
[req]
distinguished_name = name
prompt = no
[name]
[ca]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
[leaf]
basicConstraints = critical, CA:FALSE
subjectAltName = DNS:api.example.com
"""


def run(*command, cwd=None, env=None):
    done = subprocess.run([str(word) for word in command], cwd=cwd, env=env, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60, check=False)
    return done.returncode, done.stdout.decode(errors="replace")


class Sandbox:
    """One for each document. switched_on: starts with an entry for the host and with the provider in openssl.cnf."""

    def __init__(self, pinctl, module, switched_on):
        self.module = pathlib.Path(module)
        self.bin = pathlib.Path(pinctl).parent
        self.root = pathlib.Path(tempfile.mkdtemp(prefix="pinning-docs-"))
        self.work = self.root / "work"
        self.switched_on = switched_on
        self.stack = contextlib.ExitStack()
        self.stack.callback(shutil.rmtree, self.root)

    def __enter__(self):
        try:
            self._fill()
        except BaseException:
            self.stack.close()
            raise
        return self

    def __exit__(self, *exception):
        self.stack.close()

    # ---- Files

    def _fill(self):
        tls = self.root / "etc" / "nginx" / "tls"
        for directory in (self.work, self.root / "etc" / "ssl", tls, self.root / "installed"):
            directory.mkdir(parents=True)
        self.log = self.root / "auth.log"
        self.log.touch()
        self.conf = self.root / "etc" / "ssl" / "openssl.cnf"
        self.conf.write_text("# as if nobody had touched it\n")
        self._certificates()
        shutil.copy(self.work / "chain.pem", tls)
        shutil.copy(self.work / "server.key", tls)
        self.ports = {name: self.stack.enter_context(servers.HttpsServers().serve(chain, key))
                      for name, chain, key in (
                          ("genuine", tls / "chain.pem", tls / "server.key"),
                          ("swapped", self.work / "swapped-chain.pem", self.work / "swapped.key"))}
        if self.switched_on:
            self.configure("[pinning_sect]\nactivate = 1\n")
            self.must_run("pinctl", "add", HOST, "server.pem", "--backup", "spare.pub")
        # For examples that name a policy in the current folder.
        self.must_run("pinctl", "add", "--policy", "policy.cfg", HOST, "server.pem", "--backup", "spare.pub")

    def _openssl(self, *words, before=()):
        status, output = run(*before, "openssl", *words, cwd=self.work, env={"PATH": os.environ["PATH"]})
        if status != 0:
            raise RuntimeError(f"openssl {words[0]}: {output}")

    def _issue(self, name, subject, section, issuer=None):
        """Issues a certificate an hour ago: in its first second, a new one would have one day more left."""
        signed_by = ["-CA", f"{issuer}.pem", "-CAkey", f"{issuer}.key"] if issuer else []
        self._openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "90",
                      "-config", "req.cnf", "-extensions", section, "-subj", f"/CN={subject}",
                      "-keyout", f"{name}.key", "-out", f"{name}.pem", *signed_by, before=("faketime", "-f", "-1h"))

    def _certificates(self):
        (self.work / "req.cnf").write_text(REQUEST)
        self._issue("root", "A root", "ca")
        self._issue("issuer", "An authority", "ca", "root")
        for name in ("server", "swapped", "spare"):
            self._issue(name, HOST, "leaf", "issuer")
        self._openssl("pkey", "-in", "spare.key", "-pubout", "-out", "spare.pub")
        for name, chain in (("server", "chain.pem"), ("swapped", "swapped-chain.pem")):
            text = [(self.work / f"{part}.pem").read_text() for part in (name, "issuer")]
            (self.work / chain).write_text("".join(text))

    # ---- Running

    def environment(self, server):
        """Makes every default of a program a file of the sandbox. server: which one curl reaches."""
        (self.root / ".curlrc").write_text(f'connect-to = "{HOST}:443:127.0.0.1:{self.ports[server]}"\n'
                                           f'cacert = "{self.work / "root.pem"}"\nnoproxy = "*"\nsilent\nshow-error\n')
        return {"PATH": f"{self.bin}:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": str(self.root), "CURL_HOME": str(self.root),
                "LC_ALL": "C.UTF-8", "OPENSSL_CONF": str(self.conf), "OPENSSL_MODULES": str(self.module.parent),
                "PINNING_POLICY": str(self.root / "etc/pinning/policy.cfg"), "SOURCE": str(SOURCE),
                "BUILD": os.environ["BUILD"], "INSTALLED": str(self.root / "installed"), "PINNING_DEBUG": "1",
                "LIVE": f"{HOST}:443:127.0.0.1:{self.ports[server]}", "ROOT": str(self.work / "root.pem"),
                "HISTORY": str(self.root / "history.db"), "LOG": str(self.log)}

    def rewritten(self, text):
        """The text, with the paths of the system replaced by those in the sandbox."""
        return re.sub(r"(?<![\w/])/etc/(nginx|pinning|ssl)\b", lambda path: str(self.root) + path.group(0), text)

    def plain(self, output):
        """The output, with the paths of the sandbox replaced by those of the system."""
        # The policy is the machine's own for the document, so advised commands need no option to name it.
        output = output.replace(f" --policy {self.root}/etc/pinning/policy.cfg", "")
        return output.replace(str(self.root), "")

    def shell(self, text, server="genuine", **more):
        # The presets are in the source tree, but nothing may be written there.
        presets = self.work / "CMakePresets.json"
        if not presets.exists():
            shutil.copy(SOURCE / "CMakePresets.json", presets)
        status, output = run("bash", "-c", SHELL + self.rewritten(text), cwd=self.work, env=self.environment(server) | more)
        self._keep_log(output)
        return status, self.plain(output)

    def _keep_log(self, output):
        """Copies log lines from standard error (PINNING_DEBUG=1) to the system log of the sandbox."""
        stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - LOG_AGE))
        with open(self.log, "a", encoding="utf-8") as log:
            for line in re.findall(r"(?m)^(?:verdict|event)=.*", output):
                log.write(f"{stamp} host pinning[{re.findall(r'pid=([0-9]+)', line)[-1]}]: {line}\n")

    def must_run(self, *words):
        status, output = self.shell(shlex.join(words))
        if status != 0:
            raise RuntimeError(f"{shlex.join(words)}: {output}")

    def configure(self, text):
        """Writes openssl.cnf from an example: a whole file, or only our section."""
        head = OPENSSL_HEAD if text.startswith("[pinning_sect]") else ""
        self.conf.write_text(head + self.rewritten(text))

    def installed(self):
        """The paths that an example installed."""
        directory = self.root / "installed"
        return [str(path.relative_to(directory)) for path in directory.rglob("*") if path.is_file()]
