# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""pinctl record and test: a rotation is noticed before it breaks anything, from live servers and from files."""

import os

import live_servers as live
from pinctl_case import PinctlCase, main, path, pin_of, read

HOST = "api.example.com"


class Recorded(PinctlCase):
    def setUp(self):
        super().setUp()
        self.chains = os.path.join(self.folder, "chains")
        self.pinned(pin_of("server.pem"))

    def pinned(self, pin, more=""):
        self.write_policy(f'version = 1; hosts = ( {{ name = "{HOST}"; pins = [ "{pin}" ]; {more} }} );\n')

    def shows(self, name="server", chain="chain.pem"):
        server = live.Server(live.tls(live.tls_context(name, chain)))
        self.addCleanup(server.close)
        return ("--connect", f"::127.0.0.1:{server.port}", "--timeout", "60")

    def kept(self):
        return os.path.join(self.chains, f"{HOST}_443.pem")

    def codes(self, *words, status):
        (found,) = self.json("test", "--ca", "root.pem", *words, status=status)["hosts"]
        return [item["code"] for item in found["findings"] if item["severity"] == "critical"]

    def test_round_trip(self):
        self.pinctl("record", *self.shows(), "--to", self.chains)
        with open(self.kept(), "rb") as file:
            self.assertEqual(file.read(), read("server.pem") + read("ca.pem"))
        self.assertEqual(self.codes("--recorded", self.chains, status=0), [])
        self.pinned(pin_of("swapped.pem"))
        self.assertEqual(self.codes("--recorded", self.chains, status=1), ["not-pinned"])
        self.pinctl("record", *self.shows("swapped", "swapped-chain.pem"), "--to", self.chains)
        self.assertEqual(self.codes("--recorded", self.chains, status=0), [])

    def test_operands(self):
        self.pinctl("record", f"{HOST}:8443", *self.shows(), "--to", self.chains)
        self.assertEqual(os.listdir(self.chains), [f"{HOST}_8443.pem"])
        other = self.write_policy(f'version = 1; hosts = ( {{ name = "{HOST}"; ports = [ 8443 ]; '
                                  f'pins = [ "{pin_of("server.pem")}" ]; }} );\n', "other/policy.cfg")
        self.assertEqual(self.codes(other, "--recorded", self.chains, status=0), [])

    def test_live(self):
        self.assertEqual(self.codes(*self.shows(), status=0), [])
        self.assertEqual(self.codes(*self.shows("swapped", "swapped-chain.pem"), status=1), ["not-pinned"])
        self.assertEqual(self.codes(*self.shows(chain="server.pem"), status=1), ["missing-intermediate"])
        holder = live.closed_port()
        self.addCleanup(holder.close)
        self.assertEqual(self.codes("--connect", f"::127.0.0.1:{holder.getsockname()[1]}", status=1), ["unreachable"])

    def test_missing_and_damaged(self):
        self.assertEqual(self.codes("--recorded", self.chains, status=1), ["unreachable"])
        os.mkdir(self.chains)
        for content in (b"", read("server.pem")[:-40], read("server.key"), read("server.pem") + read("ca.key")):
            with open(self.kept(), "wb") as file:
                file.write(content)
            self.assertEqual(self.codes("--recorded", self.chains, status=1), ["unreachable"])

    def test_cannot_record(self):
        done = self.pinctl("record", HOST, "--connect", "::127.0.0.1:1", "--to", self.chains, status=3)
        self.assertIn(f"{HOST}:443: ", done.stderr)
        self.assertEqual(os.listdir(self.chains), [])
        self.pinctl("record", HOST, *self.shows(), "--to", path("server.pem"), status=3)
        self.pinctl("record", "*.example.com", status=2)
        self.write_policy("oops")
        self.pinctl("record", *self.shows(), status=3)
        self.pinctl("test", *self.shows(), status=3)


if __name__ == "__main__":
    main()
