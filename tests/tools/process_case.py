# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""What the tests of status and coverage share: programs that run, and programs built for a class."""

import os
import shutil
import subprocess
import time

from pinctl_case import PinctlCase, openssl_conf

MODULE = os.environ["PINNING_MODULE"]
SHIM = os.path.join(os.path.dirname(os.path.dirname(MODULE)), "libpinning-preload.so")
SANITIZED = bool(os.environ.get("PINNING_SANITIZE"))
PYTHON = "import ssl, sys\nssl.create_default_context()\nprint('ready', flush=True)\nsys.stdin.read()\n"
STATIC = ("#include <openssl/ssl.h>\n#include <unistd.h>\nint main(int argc, char **argv) {\n"
          "(void)argv; SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());\n"
          "if (argc > 1) sleep(60); return ctx == 0; }\n")


class ProcessCase(PinctlCase):
    def setUp(self):
        super().setUp()
        self.pinctl("add", "x.org", "server.pem", "--backup", "spare.pub")
        self.configuration = self.write_policy(openssl_conf(MODULE), "openssl.cnf")

    def start(self, *command, ready=None, **environment):
        child = subprocess.Popen(command, env=self.environment(**environment), stdin=subprocess.PIPE,
                                 stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.addCleanup(self.stop, child)
        line = b""
        while ready is not None and ready not in line:
            line = child.stdout.readline()
            self.assertTrue(line, f"{command} ended")
        return child.pid

    @staticmethod
    def stop(child):
        child.kill()
        child.stdin.close()
        child.stdout.close()
        child.wait()

    def found(self):
        """By pid: the class and the libraries."""
        environment = {"OPENSSL_CONF": self.configuration}
        report = self.json("status", status=None, environment=environment)["processes"]
        counts = {}
        for process in report["list"]:
            counts[process["class"]] = counts.get(process["class"], 0) + 1
        for name, count in counts.items():
            self.assertEqual(report["counts"][name], count)
        return {process["pid"]: (process["class"], process["libraries"]) for process in report["list"]}

    def wait_for(self, pid, wanted):
        """A program that does not say when it is ready gets a minute to load its libraries."""
        end = time.monotonic() + 60
        found = None
        while found != wanted and time.monotonic() < end:
            found = self.found().get(pid)
        self.assertEqual(found, wanted)

    def build_static(self):
        source = self.write_policy(STATIC, "static.c")
        program = os.path.join(self.folder, "static")
        static = subprocess.run(["pkg-config", "--static", "--libs-only-l", "libcrypto"], capture_output=True,
                                check=True, text=True).stdout.split()
        others = [word for word in static if word != "-lcrypto"]
        subprocess.run(["gcc", "-o", program, source, "-Wl,-Bstatic", "-lssl", "-lcrypto", "-Wl,-Bdynamic", *others],
                       check=True)
        return program

    def build_go_like(self):
        """What the Go compiler leaves in every program: a note of its own."""
        note = self.write_policy("Go", "note")
        program = os.path.join(self.folder, "go-like")
        subprocess.run(["objcopy", "--add-section", f".note.go.buildid={note}", shutil.which("sleep"), program],
                       check=True)
        return program


    def build_java_like(self):
        """The launcher needs only a library that loads the virtual machine."""
        source = self.write_policy("int f(void); int f(void) { return 0; }\n", "jli.c")
        main_source = self.write_policy("int f(void); int main(void) { return f(); }\n", "java.c")
        program = os.path.join(self.folder, "java")
        subprocess.run(["gcc", "-shared", "-fPIC", "-o", f"{self.folder}/libjli.so", source], check=True)
        subprocess.run(["gcc", "-o", program, main_source, f"-L{self.folder}", "-ljli"], check=True)
        return program
