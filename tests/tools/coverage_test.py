# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""pinctl coverage: real programs at rest, each in its class."""

import os
import shutil
import struct
import subprocess

from pinctl_case import PINCTL, main
from process_case import ProcessCase


class Installed(ProcessCase):
    def coverage(self, *paths, status):
        report = self.json("coverage", *paths, status=status, environment={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"})
        self.assertEqual(sum(report["counts"].values()), len(paths))
        return {program["path"]: (program["class"], program["libraries"]) for program in report["programs"]}

    def script(self, name, first):
        script = self.write_policy(f"{first}\n", name)
        os.chmod(script, 0o755)
        return script

    def test_enforceable(self):
        nginx = shutil.which("nginx", path="/usr/sbin:/usr/bin")
        openssl = "/usr/bin/openssl"
        found = self.coverage(nginx, openssl, "/usr/bin/curl", status=0)
        self.assertEqual((found[nginx], found[openssl]), (("enforceable", ["openssl"]),) * 2)
        self.assertEqual(found["/usr/bin/curl"][0], "enforceable")

    def test_unreachable(self):
        static = self.build_static()
        stripped = os.path.join(self.folder, "stripped")
        subprocess.run(["strip", "-o", stripped, static], check=True)
        go = self.build_go_like()
        java = self.build_java_like()
        gnutls = shutil.which("gnutls-serv")
        found = self.coverage(static, stripped, go, java, gnutls, status=1)
        self.assertEqual(found, {static: ("unreachable", ["own-openssl"]), stripped: ("unreachable", ["own-openssl"]),
                                 go: ("unreachable", ["go"]), java: ("unreachable", ["java"]),
                                 gnutls: ("enforceable", ["gnutls"])})

    def ways(self, *paths):
        report = self.json("coverage", *paths, status=None, environment={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"})
        return {program["path"]: (program["ways"], program["note"]) for program in report["programs"]}

    def test_ways(self):
        """Programs that have OpenSSL read no configuration are reached by the shim alone; those that give no name are told."""
        build = os.path.join(self.folder, "bin")
        os.mkdir(build)
        for name in ("keepalived", "redis-cli", "other"):
            shutil.copy("/usr/bin/openssl", os.path.join(build, name))
        library = self.write_policy("int tls(void); int tls(void) { return 0; }\n", "tls.c")
        source = self.write_policy("int tls(void); int main(void) { return tls(); }\n", "main.c")
        subprocess.run(["gcc", "-shared", "-fPIC", "-Wl,-soname,libtls.so.28", "-Wl,--no-as-needed", "-o",
                        f"{build}/libtls.so.28", library, "-lssl"], check=True)
        subprocess.run(["gcc", "-o", f"{build}/on-libtls", source, f"{build}/libtls.so.28", f"-Wl,-rpath,{build}"],
                       check=True)
        shim, both = ["shim"], ["openssl.cnf", "shim"]
        found = self.ways(f"{build}/keepalived", f"{build}/redis-cli", f"{build}/other", f"{build}/on-libtls",
                          shutil.which("gnutls-serv"), "/bin/sleep")
        self.assertEqual({os.path.basename(path): ways for path, ways in found.items()},
                         {"keepalived": (shim, "configuration-not-read"), "redis-cli": (both, "no-name"),
                          "other": (both, None), "on-libtls": (shim, "configuration-not-read"),
                          "gnutls-serv": (shim, None), "sleep": ([], None)})
        for name, note in (("php8.2", "gnutls-bound-deeply"), ("php-fpm", "gnutls-bound-deeply"), ("phpunit", None)):
            shutil.copy(shutil.which("gnutls-serv"), os.path.join(build, name))
            self.assertEqual(self.ways(f"{build}/{name}")[f"{build}/{name}"][1], note)
        by_php = self.script("e", f"#!{build}/php8.2")
        self.assertEqual(self.ways(by_php)[by_php][1], "gnutls-bound-deeply")
        text = self.pinctl("coverage", f"{build}/keepalived", f"{build}/redis-cli").stdout
        self.assertRegex(text, r"keepalived +enforceable +openssl +shim; configuration-not-read")
        self.assertIn("docs/programs.md", " ".join(text.split()))

    def test_scripts(self):
        python = self.script("a", "#!/usr/bin/python3 -I")
        by_env = self.script("b", "#!/usr/bin/env -S python3 -I")
        shell = self.script("c", "#! /bin/sh")
        chain = self.script("d", f"#!{python}")
        nothing = self.script("e", "echo")
        missing = self.script("f", "#!/nonexistent/python3")
        found = self.coverage(python, by_env, shell, chain, nothing, missing, status=0)
        self.assertEqual([found[name][0] for name in (python, by_env, shell, chain, nothing, missing)],
                         ["at-run-time", "at-run-time", "no-tls", "at-run-time", "no-program", "no-program"])

    def test_needed_by_a_library(self):
        """Not the program itself but a library it needs, found by its run path, needs libssl."""
        library = self.write_policy("#include <openssl/ssl.h>\nint tls(void); int tls(void)\n"
                                    "{ return SSL_CTX_new(TLS_client_method()) == 0; }\n", "library.c")
        source = self.write_policy("int tls(void); int main(void) { return tls(); }\n", "main.c")
        program = os.path.join(self.folder, "program")
        subprocess.run(["gcc", "-shared", "-fPIC", "-o", f"{self.folder}/libown.so", library, "-lssl"], check=True)
        subprocess.run(["gcc", "-o", program, source, f"-L{self.folder}", "-lown", "-Wl,-rpath,$ORIGIN",
                        f"-Wl,-rpath-link,{self.folder}"], check=True)
        self.assertEqual(self.coverage(program, status=0)[program], ("enforceable", ["openssl"]))
        os.unlink(f"{self.folder}/libown.so")
        self.assertEqual(self.coverage(program, status=0)[program], ("no-tls", []))
        # What is there and cannot be read might be anything.
        os.mkfifo(f"{self.folder}/libown.so")
        self.assertEqual(self.coverage(program, status=1)[program], ("unknown", []))

    def test_folder(self):
        bin_folder = os.path.join(self.folder, "bin")
        os.mkdir(bin_folder)
        for name in ("gnutls-serv", "sleep"):
            os.symlink(shutil.which(name), os.path.join(bin_folder, name))
        by_operand = self.json("coverage", bin_folder, status=0)
        self.assertEqual({program["path"]: program["class"] for program in by_operand["programs"]},
                         {f"{bin_folder}/gnutls-serv": "enforceable", f"{bin_folder}/sleep": "no-tls"})
        self.assertEqual(by_operand["counts"]["no-tls"], 1)
        environment = {"PATH": f"{bin_folder}:{self.folder}/nowhere:{bin_folder}/"}
        self.assertEqual(self.json("coverage", status=0, environment=environment), by_operand)
        text = self.pinctl("coverage", bin_folder, status=0).stdout
        self.assertIn("1 enforceable, 0 mixed, 0 at-run-time, 0 unreachable, 0 unknown, 1 no-tls, 0 no-program\n", text)
        self.assertNotIn(f"{bin_folder}/sleep", text)
        self.assertIn(f"{bin_folder}/sleep", self.pinctl("coverage", "--all", bin_folder, status=0).stdout)

    def test_loaded(self):
        """A helper, a plug-in and a module of an interpreter count, in an image too, and what brings each is told."""
        def copy(source, place):
            os.makedirs(os.path.dirname(f"{root}/{place}"), exist_ok=True)
            shutil.copy(source, f"{root}/{place}")

        root = os.path.join(self.folder, "root")
        copy("/bin/sleep", "usr/bin/git")
        copy("/bin/sleep", "usr/bin/python3.99")
        copy("/bin/sleep", "usr/bin/doveadm")
        copy("/bin/sleep", "usr/bin/gitk")
        os.makedirs(f"{root}/usr/lib")
        looked = {}

        def look(status=0):
            done = self.json("coverage", "--root", root, "/usr/bin", status=status)
            looked.update({os.path.basename(program["path"]): (program["class"], program["libraries"], [
                os.path.basename(path) for path in program["brought_by"]]) for program in done["programs"]})

        look()
        self.assertEqual(looked, {"git": ("no-tls", [], []), "python3.99": ("at-run-time", [], []),
                                  "doveadm": ("no-tls", [], []), "gitk": ("no-tls", [], [])})
        copy(shutil.which("gnutls-serv"), "usr/lib/git-core/git-remote-http")
        copy("/usr/bin/openssl", "usr/lib/python3.99/lib-dynload/_ssl.so.so")
        copy("/usr/bin/openssl", "usr/lib/dovecot/modules/libssl_iostream_openssl.so")
        look()
        self.assertEqual(looked, {"git": ("enforceable", ["gnutls"], ["git-remote-http"]),
                                  "python3.99": ("at-run-time", ["openssl"], ["_ssl.so.so"]),
                                  "doveadm": ("enforceable", ["openssl"], ["libssl_iostream_openssl.so"]),
                                  "gitk": ("no-tls", [], [])})
        copy(self.build_go_like(), "usr/lib/git-core/git-remote-http")
        look(status=1)
        self.assertEqual(looked["git"], ("unreachable", ["go"], ["git-remote-http"]))
        self.pinctl("coverage", "--root", f"{root}/nowhere", "/usr/bin", status=3)

    def test_missing(self):
        done = self.pinctl("coverage", "/nonexistent/program", "/usr/bin/openssl", status=3)
        self.assertIn("/nonexistent/program", done.stderr)
        self.assertIn("enforceable", done.stdout)

    def test_damaged(self):
        with open(PINCTL, "rb") as file:
            start = file.read(4096)
        for length in (5, 60, 64, 500, 4096):
            with open(os.path.join(self.folder, "cut"), "wb") as file:
                file.write(start[:length])
            looked = self.coverage(os.path.join(self.folder, "cut"), status=None)
            self.assertEqual([kind for kind, _ in looked.values()], ["no-program" if length == 5 else "unknown"])

    def test_larger_than_the_limits(self):
        with open("/bin/sleep", "rb") as file:
            program = bytearray(file.read())
        struct.pack_into("<H", program, 60, 5000)
        large = os.path.join(self.folder, "large")
        with open(large, "wb") as file:
            file.write(program)
        self.assertEqual(self.coverage(large, status=1)[large], ("unknown", []))

    def test_behind_many_others(self):
        """How many others were looked at before does not matter to a program."""
        many = os.path.join(self.folder, "many")
        os.mkdir(many)
        for number in range(20005):
            os.close(os.open(f"{many}/a{number}", os.O_CREAT | os.O_WRONLY, 0o755))
        shutil.copy("/usr/bin/curl", f"{many}/zcurl")
        looked = self.json("coverage", many, status=0)["programs"]
        self.assertEqual([program["class"] for program in looked if program["path"].endswith("zcurl")], ["enforceable"])

    def test_named_as_a_program(self):
        """A script is judged by its interpreter, whatever program has its name; only some scripts are known."""
        names = ("git", "gpg", "kvno", "casync", "rsyslogd", "apache2", "myscript")
        scripts = [self.script(name, "#!/usr/bin/python3") for name in names]
        self.assertEqual({kind for kind, _ in self.coverage(*scripts, status=0).values()}, {"at-run-time"})
        root = os.path.join(self.folder, "root")
        for place in ("usr/bin/python3.99", "usr/bin/sh"):
            os.makedirs(os.path.dirname(f"{root}/{place}"), exist_ok=True)
            shutil.copy("/bin/sleep", f"{root}/{place}")
        for name, interpreter in (("dnf", "python3.99"), ("R", "sh")):
            with open(os.open(f"{root}/usr/bin/{name}", os.O_CREAT | os.O_WRONLY, 0o755), "w", encoding="utf-8") as file:
                file.write(f"#!/usr/bin/{interpreter}\n")

        def look():
            found = self.json("coverage", "--root", root, "/usr/bin/dnf", "/usr/bin/R", status=0)["programs"]
            return [(program["class"], program["libraries"]) for program in found]

        self.assertEqual(look(), [("at-run-time", []), ("no-tls", [])])
        os.makedirs(f"{root}/usr/lib/R/modules")
        shutil.copy(shutil.which("gnutls-serv"), f"{root}/usr/lib/librepo.so.0")
        shutil.copy("/usr/bin/openssl", f"{root}/usr/lib/R/modules/internet.so")
        self.assertEqual(look(), [("enforceable", ["gnutls"]), ("at-run-time", ["openssl"])])

    def test_open_and_linked(self):
        """An interpreter that needs a TLS library loads modules with others all the same."""
        for name in ("php8.2", "php-fpm8.2", "php-cgi8.2", "python3.99"):
            program = os.path.join(self.folder, name)
            shutil.copy("/usr/bin/openssl", program)
            kind, libraries = self.coverage(program, status=0)[program]
            self.assertEqual((kind, libraries[0]), ("at-run-time", "openssl"))


if __name__ == "__main__":
    main()
