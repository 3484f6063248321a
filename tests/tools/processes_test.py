# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""pinctl status: real programs that run, each in its class."""

import os
import shutil
import struct
import subprocess
import unittest

from pinctl_case import main, openssl_conf, path, processor_time
from process_case import MODULE, PYTHON, SANITIZED, SHIM, ProcessCase


class Running(ProcessCase):
    def python(self, **environment):
        return self.start("/usr/bin/python3", "-c", PYTHON, ready=b"ready", **environment)

    def before_it_was_enabled(self):
        """A program that has read the configuration when pinning was not yet in it."""
        self.write_policy("# nothing yet\n", "openssl.cnf")
        pid = self.python(OPENSSL_CONF=self.configuration)
        self.write_policy(openssl_conf(MODULE), "openssl.cnf")
        return pid

    def test_python(self):
        plain = self.before_it_was_enabled()
        link = os.path.join(self.folder, "link.cnf")
        os.symlink(self.configuration, link)
        other = self.python(OPENSSL_CONF="/dev/null")
        enforced = None if SANITIZED else self.python(OPENSSL_CONF=link)
        os.utime(self.configuration)
        found = self.found()
        self.assertEqual(found[plain], ("old-configuration", ["openssl"]))
        # However old, a restart would not bring it another configuration.
        self.assertEqual(found[other], ("not-loaded", ["openssl"]))
        if enforced is not None:
            self.assertEqual(found[enforced], ("enforced", ["openssl"]))
        os.utime(self.configuration, (1, 1))
        self.assertEqual(self.found()[plain], ("not-loaded", ["openssl"]))

    def test_other_root(self):
        """What is configured here means nothing in a container."""
        if subprocess.run(["unshare", "--root", "/", "true"], capture_output=True, check=False).returncode != 0:
            self.skipTest("chroot is not allowed here")
        self.write_policy("# nothing yet\n", "openssl.cnf")
        root = os.path.join(self.folder, "root")
        os.mkdir(root)
        code = f"import ssl, os, sys\nssl.create_default_context()\nos.chroot({root!r})\n" + PYTHON.split("\n", 2)[2]
        pid = self.start("/usr/bin/python3", "-c", code, ready=b"ready", OPENSSL_CONF=self.configuration)
        self.write_policy(openssl_conf(MODULE), "openssl.cnf")
        self.assertEqual(self.found()[pid], ("not-loaded", ["openssl"]))

    def test_shim(self):
        if SANITIZED:
            self.skipTest("a program built without sanitizers cannot be preloaded with them")
        shim = os.path.join(os.path.dirname(os.path.dirname(MODULE)), "libpinning-preload.so")
        pid = self.python(LD_PRELOAD=shim, OPENSSL_CONF="/dev/null")
        self.assertEqual(self.found()[pid], ("enforced", ["openssl"]))

    def nginx(self, socket, **environment):
        folder = self.folder
        text = (f"daemon off;\nmaster_process off;\npid {folder}/pid;\nerror_log {folder}/log;\n"
                "events {}\nhttp { access_log off;\n"
                + "".join(f"{name}_temp_path {folder}/{name};\n"
                          for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
                + f"server {{ listen unix:{folder}/{socket} ssl;\nssl_certificate {path('server.pem')};\n"
                f"ssl_certificate_key {path('server.key')}; }} }}\n")
        configuration = self.write_policy(text, f"{socket}.conf")
        return self.start(shutil.which("nginx", path="/usr/sbin:/usr/bin"), "-c", configuration, "-p", folder, "-e",
                          f"{folder}/log", **environment)

    def test_nginx(self):
        os.utime(self.configuration, (1, 1))
        self.wait_for(self.nginx("plain", OPENSSL_CONF="/dev/null"), ("not-loaded", ["openssl"]))
        if not SANITIZED:
            self.wait_for(self.nginx("enforced", OPENSSL_CONF=self.configuration), ("enforced", ["openssl"]))

    def test_gnutls(self):
        pid = self.start("gnutls-serv", "--port", "0", "--x509certfile", path("server.pem"), "--x509keyfile",
                         path("server.key"))
        self.wait_for(pid, ("not-loaded", ["gnutls"]))
        report = self.json("status", status=None, environment={"OPENSSL_CONF": self.configuration})["processes"]
        process = [item for item in report["list"] if item["pid"] == pid][0]
        self.assertEqual((process["reason"], process["ways"]), ("shim-only", {"gnutls": None}))
        if SANITIZED:
            return
        shim = self.start("gnutls-serv", "--port", "0", "--x509certfile", path("server.pem"), "--x509keyfile",
                          path("server.key"), LD_PRELOAD=SHIM)
        self.wait_for(shim, ("enforced", ["gnutls"]))

    @unittest.skipIf(SANITIZED, "a program built without sanitizers cannot be preloaded with them")
    def test_gnutls_bound_deeply(self):
        """PHP binds what its modules bring past the shim; for it stands a python of its name."""
        program = os.path.join(self.folder, "php8.2")
        shutil.copy(os.path.realpath("/usr/bin/python3"), program)
        code = "import ctypes, ssl, sys\nlibrary = ctypes.CDLL('libgnutls.so.30')\n{}print('ready', flush=True)\nsys.stdin.read()\n"

        def found(called=program, use="", preloaded=SHIM):
            pid = self.start(called, "-c", code.format(use), ready=b"ready", LD_PRELOAD=preloaded, OPENSSL_CONF="/dev/null")
            report = self.json("status", status=None, environment={"OPENSSL_CONF": self.configuration})["processes"]
            process = next(item for item in report["list"] if item["pid"] == pid)
            return process["class"], process["reason"], process["ways"]

        both = {"openssl": "shim", "gnutls": "shim"}
        self.assertEqual(found(), ("partly", "gnutls-bound-deeply", {"openssl": "shim", "gnutls": None}))
        self.assertEqual(found(preloaded=f"{SHIM} libgnutls.so.30"), ("enforced", None, both))
        self.assertEqual(found(use="library.gnutls_init(ctypes.byref(ctypes.c_void_p()), 2)\n"), ("enforced", None, both))
        self.assertEqual(found("/usr/bin/python3"), ("enforced", None, both))
        # As Apache has it.
        shutil.copy("/bin/true", os.path.join(self.folder, "libphp8.2.so"))
        inside = (f"import mmap\nfile = open('{self.folder}/libphp8.2.so', 'rb')\n"
                  "held = mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ)\n")
        self.assertEqual(found("/usr/bin/python3", inside)[:2], ("partly", "gnutls-bound-deeply"))
        text = " ".join(self.pinctl("status", status=None, environment={"OPENSSL_CONF": self.configuration}).stdout.split())
        self.assertIn(f"{program} (openssl, gnutls) PHP's modules bind their GnuTLS past the shim", text)

    def test_own_openssl(self):
        program = self.build_static()
        self.wait_for(self.start(program, "wait"), ("unreachable", ["own-openssl"]))

    def test_go(self):
        self.wait_for(self.start(self.build_go_like(), "60"), ("unreachable", ["go"]))

    def test_none(self):
        pid = self.start("/bin/sleep", "60")
        self.assertNotIn(pid, self.found())

    def test_text(self):
        pid = self.before_it_was_enabled()
        text = self.pinctl("status", status=None, environment={"OPENSSL_CONF": self.configuration}).stdout
        self.assertRegex(text, r"\n\d+ started before the configuration changed: restart them\n")
        self.assertRegex(text, rf"\n +{pid} /usr/bin/python3\S* \(openssl\)\n")
        self.assertRegex(text, r"\nchanged +\d{4}-\d\d-\d\dT\S+Z \((just now|\d+ \w+ ago)\)\n")

    def test_places(self):
        report = self.json("status", status=None, environment={"OPENSSL_CONF": self.configuration})
        self.assertEqual((report["enabled"]["openssl"], report["enabled"]["unconfirmed"]),
                         (self.configuration, False))
        with open(os.path.join(self.folder, ".pinctl-unconfirmed-openssl.cnf~"), "wb"):
            pass
        report = self.json("status", status=1, environment={"OPENSSL_CONF": self.configuration})
        self.assertTrue(report["enabled"]["unconfirmed"])
        self.assertIn("waits to be confirmed", str(report["problems"]))


class Reasons(ProcessCase):
    """Why pinning is not in a process that started under the configuration as it is."""

    def setUp(self):
        super().setUp()
        self.write_policy(openssl_conf("pinning"), "openssl.cnf")
        os.utime(self.configuration, (1, 1))

    def reason(self, pid, modules=os.path.dirname(MODULE)):
        environment = {"OPENSSL_CONF": self.configuration, "OPENSSL_MODULES": modules}
        report = self.json("status", status=None, environment=environment)["processes"]
        text = self.pinctl("status", status=None, environment=environment).stdout
        return next(item["reason"] for item in report["list"] if item["pid"] == pid), " ".join(text.split())

    def python(self, **environment):
        return self.start("/usr/bin/python3", "-c", PYTHON, ready=b"ready", **environment)

    def test_other_modules(self):
        pid = self.python(OPENSSL_CONF=self.configuration, OPENSSL_MODULES="/nonexistent")
        reason, text = self.reason(pid)
        self.assertEqual(reason, "other-modules")
        self.assertIn("OPENSSL_MODULES in its environment hides the module", text)
        self.write_policy(openssl_conf(MODULE), "openssl.cnf")
        os.utime(self.configuration, (1, 1))
        self.assertNotEqual(self.reason(pid)[0], "other-modules")

    def test_other_configuration(self):
        reason, text = self.reason(self.python(OPENSSL_CONF="/dev/null", OPENSSL_MODULES="/nonexistent"))
        self.assertEqual(reason, "other-configuration")
        self.assertIn("OPENSSL_CONF in its environment names another file", text)

    def test_configuration_not_read(self):
        """As keepalived does, and everything on libtls."""
        source = self.write_policy("#include <openssl/ssl.h>\n#include <stdio.h>\n#include <unistd.h>\nint main(void) {\n"
                                   "OPENSSL_init_ssl(OPENSSL_INIT_NO_LOAD_CONFIG, NULL);\n"
                                   "SSL_CTX_new(TLS_client_method()); puts(\"ready\"); fflush(stdout);\n"
                                   "sleep(60); return 0; }\n", "main.c")
        program = os.path.join(self.folder, "program")
        subprocess.run(["gcc", "-o", program, source, "-lssl", "-lcrypto"], check=True)
        reason, text = self.reason(self.start(program, ready=b"ready", OPENSSL_CONF=self.configuration))
        self.assertEqual(reason, "configuration-not-read")
        self.assertIn("the shim works", text)

    @unittest.skipIf(SANITIZED, "a program built without sanitizers cannot be preloaded with them")
    def test_environment_cleared(self):
        """What was started under the shim gives those it starts an environment of its own."""
        shim = os.path.join(os.path.dirname(os.path.dirname(MODULE)), "libpinning-preload.so")
        script = self.write_policy(PYTHON.replace("'ready'", "f'ready {os.getpid()}'").replace("import ", "import os, "),
                                   "child.py")
        child = subprocess.Popen(["/bin/sh", "-c", f"env -i /usr/bin/python3 {script}; :"], stdin=subprocess.PIPE,
                                 stdout=subprocess.PIPE, env=self.environment(LD_PRELOAD=shim))
        self.addCleanup(self.stop, child)
        pid = int(child.stdout.readline().split()[1])
        reason, text = self.reason(pid)
        self.assertEqual(reason, "cleared-environment")
        self.assertIn("gave it another environment", text)


@unittest.skipIf(SANITIZED, "a program built without sanitizers cannot load a module with them")
class Lacking(ProcessCase):
    """An OpenSSL in which a function is spelt otherwise, so that nobody finds it."""

    def libraries(self, name, folder="libraries"):
        """A folder with the libssl and libcrypto that python uses, less a function."""
        maps = subprocess.run(["/usr/bin/python3", "-c", "import ssl; print(open('/proc/self/maps').read())"],
                              capture_output=True, text=True, check=True).stdout
        folder = os.path.join(self.folder, folder)
        os.mkdir(folder)
        for library in ("libssl.so.3", "libcrypto.so.3"):
            with open(next(word for word in maps.split() if word.endswith("/" + library)), "rb") as file:
                text = file.read()
            spelling = b"\0" + name.encode() + b"\0"
            with open(os.path.join(folder, library), "wb") as file:
                file.write(text.replace(spelling, b"\0Z" + spelling[2:]))
        return folder

    def python(self, folder):
        pid = self.start("/usr/bin/python3", "-c", PYTHON, ready=b"ready", OPENSSL_CONF=self.configuration,
                         LD_LIBRARY_PATH=folder)
        report = self.json("status", status=None, environment={"OPENSSL_CONF": self.configuration})["processes"]
        found = next(item for item in report["list"] if item["pid"] == pid)
        return pid, found["class"], found["lacks"]

    def test_needed(self):
        pid, *found = self.python(self.libraries("X509_STORE_CTX_get_verify"))
        self.assertEqual(found, ["function-missing", "X509_STORE_CTX_get_verify"])
        text = self.pinctl("status", status=None, environment={"OPENSSL_CONF": self.configuration}).stdout
        self.assertRegex(text, rf"every connection to a host is refused\n(.*\n)* +{pid} .*\n +it lacks X509_STORE_CTX_get_verify:")

    def test_replaced(self):
        """Something stands in for it."""
        self.assertEqual(self.python(self.libraries("X509_get_pathlen"))[1:], ("enforced", None))

    def test_none(self):
        self.assertEqual(self.python(self.libraries("no_such_function"))[1:], ("enforced", None))

    def test_two(self):
        """One with all functions beside it changes nothing for the other."""
        lacking, whole = self.libraries("X509_STORE_CTX_get_verify"), self.libraries("no_such_function", "whole")
        self.assertEqual(self.python(whole)[1:], ("enforced", None))
        self.assertEqual(self.python(lacking)[1], "function-missing")
        self.assertEqual(self.python(whole)[1:], ("enforced", None))

    def test_no_sections(self):
        """Without them nobody can tell what a library exports."""
        folder = self.libraries("X509_STORE_CTX_get_verify")
        for name in os.listdir(folder):
            with open(os.path.join(folder, name), "r+b") as file:
                file.seek(40)
                file.write(bytes(8))  # e_shoff
                file.seek(60)
                file.write(bytes(4))  # e_shnum, e_shstrndx
        self.assertEqual(self.python(folder)[1:], ("enforced", None))

    def test_gone(self):
        """Nobody can tell what is in a file that was removed; an upgrade does that."""
        folder = self.libraries("X509_STORE_CTX_get_verify")
        pid = self.python(folder)[0]
        shutil.rmtree(folder)
        self.assertEqual(self.found()[pid][0], "enforced")


class Hostile(ProcessCase):
    """Programs of users who want root's pinctl to hang, or to fall."""

    def setUp(self):
        super().setUp()
        with open("/bin/sleep", "rb") as file:
            self.sleep = bytearray(file.read())
        self.program = os.path.join(self.folder, "program")
        self.table, = struct.unpack_from("<Q", self.sleep, 40)
        self.count, self.names = struct.unpack_from("<HH", self.sleep, 60)

    def write_program(self, length=None):
        with open(self.program, "wb") as file:
            file.write(self.sleep)
            try:
                file.truncate(length or len(self.sleep))
            except OSError as error:
                self.skipTest(f"no large sparse files here: {error}")
        os.chmod(self.program, 0o755)

    def section(self, name):
        """Where the header of a section is in the file."""
        texts, = struct.unpack_from("<Q", self.sleep, self.table + 64 * self.names + 24)
        for index in range(self.count):
            at, = struct.unpack_from("<I", self.sleep, self.table + 64 * index)
            start = texts + at
            if self.sleep[start:self.sleep.index(0, start)] == name:
                return self.table + 64 * index
        return self.fail(f"no section {name}")

    def looked_at(self):
        """Both ways to look at a program end, and soon."""
        started = processor_time()
        self.pinctl("coverage", self.program, status=None)
        pid = self.start(self.program, "60")
        found = self.found()
        self.assertLess(processor_time() - started, 20)
        self.assertNotIn(pid, found)

    def test_sparse_sections(self):
        for name in (b".rodata", b".dynsym", b".dynstr", b".dynamic", b".shstrtab"):
            with self.subTest(name):
                self.setUp()
                struct.pack_into("<QQ", self.sleep, self.section(name) + 24, len(self.sleep), 400 << 30)
                self.write_program((400 << 30) + len(self.sleep))
                self.looked_at()

    def test_very_many_sections(self):
        struct.pack_into("<H", self.sleep, 60, 0)
        struct.pack_into("<Q", self.sleep, self.table + 32, 1 << 31)
        self.write_program((64 << 31) + len(self.sleep))
        self.looked_at()

    def test_lies(self):
        """Offsets and sizes beyond the end, and near the end of all numbers."""
        for offset, size in ((1 << 62, 64), (64, (1 << 64) - 64), ((1 << 64) - 1, 64), (len(self.sleep) - 1, 4096)):
            for name in (b".rodata", b".dynsym", b".dynstr", b".dynamic", b".shstrtab"):
                self.setUp()
                struct.pack_into("<QQ", self.sleep, self.section(name) + 24, offset, size)
                self.write_program()
                self.pinctl("coverage", self.program, status=None)

    def test_interpreters_that_wait(self):
        fifo = os.path.join(self.folder, "fifo")
        os.mkfifo(fifo, 0o755)
        script = self.write_policy(f"#!{fifo}\n", "script")
        os.chmod(script, 0o755)
        self.pinctl("coverage", script, fifo, status=None)
        # With somebody at the other end nothing of what is in it is taken.
        with open(os.open(fifo, os.O_RDWR | os.O_NONBLOCK), "r+b", buffering=0) as other:
            other.write(b"#!/bin/sh\n")
            self.pinctl("coverage", script, fifo, status=None)
            self.assertEqual(other.read(100), b"#!/bin/sh\n")
        if not SANITIZED:
            self.pinctl("run", "--policy", self.policy, script, status=3)

    def test_many_mappings(self):
        """Some thousand mappings with long names: TLS is found among them, or nobody says that there is none."""
        deep = os.path.join(self.folder, *("n" * 200 for _ in range(15)))
        os.makedirs(deep)
        with open(os.path.join(deep, "file"), "wb") as file:
            file.write(b"x" * 4096)
        code = ("import ctypes, os, sys\nfd = os.open(sys.argv[1], os.O_RDONLY)\nlibc = ctypes.CDLL(None)\n"
                "for _ in range(20000): libc.mmap(None, ctypes.c_size_t(4096), 1, 1, fd, ctypes.c_long(0))\n"
                "import ssl\nssl.create_default_context()\nprint('ready', flush=True)\nsys.stdin.read()\n")
        pid = self.start("/usr/bin/python3", "-c", code, f"{deep}/file", ready=b"ready", OPENSSL_CONF="/dev/null")
        started = processor_time()
        report = self.json("status", status=None, environment={"OPENSSL_CONF": self.configuration})["processes"]
        self.assertLess(processor_time() - started, 20)
        known = [process["class"] for process in report["list"] if process["pid"] == pid]
        self.assertIn(known, (["not-loaded"], []))
        if not known:
            self.assertGreater(report["counts"]["unknown"], 0)


if __name__ == "__main__":
    main()
