# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""Random policies, written in each format and read back: the same entries, or a loss that was named, and then no key for
a host that it was not for. One simple host of each format comes back whole. How many random ones: $PINNING_ROUND_TRIPS,
and $PINNING_SEED for the same ones again."""

import os
import random
import re
import shutil

from conversion_case import ConversionCase, pin
from pinctl_case import main, openssl, path, pin_of

FORMATS = ("android", "chromium", "curl", "envoy", "hpkp", "okhttp", "postfix", "tlsa", "trustkit", "windows")
ONE_HOST = ("curl", "hpkp")
CERTIFICATES = 8
COUNT = int(os.environ.get("PINNING_ROUND_TRIPS", "60"))
SEED = int(os.environ.get("PINNING_SEED", str(random.randrange(1 << 32))))


class RoundTrip(ConversionCase):
    def setUp(self):
        super().setUp()
        # Windows holds certificates in place of digests: its keys are theirs.
        names = [f"round{number}.pem" for number in range(CERTIFICATES)]
        for name in names:
            openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", f"{name}.key", "-out", name, "-subj", f"/CN={name}")
        self.certified = [pin_of(name) for name in names]
        self.certificates = [word for name in names for word in ("--certificate", path(name))]

    def keys(self, pick, number, form, count):
        return pick.sample(self.certified, count) if form == "windows" else [pin(f"{number}.{i}") for i in range(count)]

    def random_host(self, pick, number, form):
        """The settings of an entry, simple more often than not, so that formats can hold some of them."""
        name = pick.choice(("h%d.example.com", "*.w%d.example.org", "b%d.example.com", "s%d.example.net", "192.0.2.%d")) % number
        settings = {"name": f'"{name}"', "pins": self.keys(pick, number, form, pick.choice((1, 2, 2, 3)))}
        if name.startswith(("b", "s")) and pick.random() < 0.6:
            settings["include_subdomains"] = "true"
        if pick.random() < (0.8 if form == "postfix" else 0.2):
            settings["ports"] = pick.choice(("[ 443 ]", "[ 25, 8443 ]"))
        if pick.random() < 0.2:
            settings["backup_pins"] = self.keys(pick, f"{number}.backup", form, 1)
        if pick.random() < 0.15:
            settings["fingerprints"] = [pin(f"{number}.certificate")]
        if pick.random() < 0.15:
            settings["intermediates"] = [pin(f"{number}.ca")]
        if pick.random() < 0.1:
            settings["anchors"] = [pin(f"{number}.anchor")]
        if pick.random() < 0.15:
            settings["mode"] = pick.choice(('"audit"', '"enforce"'))
        if pick.random() < 0.15:
            settings["expires"] = pick.choice(('"2031-06-30"', '"2031-06-30T10:00:00Z"'))
            settings["on_expiry"] = pick.choice(('"audit"', '"audit"', '"enforce"'))
        if "intermediates" in settings and pick.random() < 0.3:
            settings["require"] = '"all"'
        return settings

    def others(self, pick, host, number, form):
        """What belongs to an entry at times: a name below it that is taken out, and another port with other keys."""
        name = host["name"].strip('"')
        if host.get("include_subdomains") and pick.random() < 0.2:
            yield {"name": f'"off.{name}"', "mode": '"off"'}
        if host.get("ports") == "[ 443 ]" and pick.random() < 0.2:
            yield {"name": f'"{name}"', "ports": "[ 8443 ]", "pins": self.keys(pick, f"{number}.8443", form, 2)}

    def random_hosts(self, pick, number, form):
        for i in range(1 if form in ONE_HOST else pick.choice((1, 1, 2, 4))):
            host = self.random_host(pick, 10 * i + number % 10 + 1, form)
            yield host
            yield from self.others(pick, host, 10 * i + number % 10 + 1, form) if form not in ONE_HOST else ()

    def text_of(self, settings):
        return " ".join("{} = {};".format(key, "[ " + ", ".join(f'"{item}"' for item in value) + " ]" if isinstance(value, list) else value)
                        for key, value in settings.items())

    def normal(self, entries, form):
        """What two entries have to have in common to be the same once a format has been between them."""
        for entry in entries:
            own = entry["pins"] + entry["backup_pins"] + entry["fingerprints"]
            ends = form != "hpkp" and entry["on_expiry"] != "enforce"
            yield (entry["name"], entry["include_subdomains"], tuple(entry["ports"]), entry["mode"],
                   tuple(tuple(sorted({key for setting in settings for key in entry[setting]})) for settings in self.merged(form)),
                   (entry["expires"] or "") if ends else "", entry["require"] == "all" and bool(own and entry["intermediates"]))

    def listed(self, form):
        return sorted(self.normal(self.json("list")["hosts"], form))

    def merged(self, form):
        """Lists that a format does not tell apart: where keys anywhere on the chain count, those of CAs stand beside the
        others, and Postfix does not tell digests of keys from those of certificates."""
        own, authorities = ("pins", "backup_pins"), ("intermediates", "anchors")
        return {"postfix": (own + ("fingerprints",), authorities), "envoy": (own, ("fingerprints",), authorities), "curl": (own, authorities),
                "tlsa": (own, ("fingerprints",), authorities)}.get(form, (own + authorities, ("fingerprints",)))

    def read_back(self, form, hosts, text, extra):
        self.forget()
        self.policy_of()
        written = self.file("list.json" if form == "chromium" else "list", text)
        host = ("--host", hosts[0]["name"].strip('"')) if form in ONE_HOST else ()
        done = self.pinctl("import", written, "--format", form, *host, *extra, status=None)
        if done.returncode != 0:
            self.assertIn("no pins in it", done.stderr)  # Only names that are taken out are left.
        return self.listed(form)

    def check_lossy(self, form, hosts, before, words):
        """What is left of a policy pins nothing that it did not pin, and refuses nothing that it only logged; other ports
        and another end are named for each host."""
        done = self.pinctl("export", "--format", form, "--lossy", *words, status=None)
        for name, below, ports, mode, lists, expires, _ in self.read_back(form, hosts, done.stdout, words[:2] if form == "chromium" else ()) if done.returncode == 0 else ():
            known = [entry for entry in before if entry[0] == name and below <= entry[1] and
                     all(set(keys) <= set(others) for keys, others in zip(lists, entry[4]))]
            self.assertTrue(known, f"keys of {name}, or names below it, that it does not have")
            _, _, known_ports, known_mode, _, known_expires, _ = known[0]
            self.assertEqual(mode, known_mode)
            for what, found, wanted in (("ports", ports, known_ports), ("expir", expires, known_expires)):
                if found != wanted:
                    self.assertRegex(done.stderr, rf'"{re.escape(name)}": .*{what}', (found, wanted))

    def forget(self):
        shutil.rmtree(os.path.join(self.folder, "policy.d"), ignore_errors=True)

    def try_format(self, form, hosts):
        self.forget()
        self.policy_of(*(self.text_of(host) for host in hosts))
        before = self.listed(form)
        extra = ("--pins", os.path.join(self.folder, "list.pins")) if form == "chromium" else ()
        words = (*extra, *(self.certificates if form == "windows" else ()))
        done = self.pinctl("export", "--format", form, *words, status=None)
        if done.returncode != 0:
            self.assertEqual(done.returncode, 1, done.stderr)
            self.assertRegex(done.stderr, r"warning: .*:\d+: ", "a loss that is not named with its place")
            self.check_lossy(form, hosts, before, words)
            return False
        self.assertEqual(self.read_back(form, hosts, done.stdout, extra), before, done.stdout)
        return True

    def test_random_policies(self):
        pick = random.Random(SEED)
        for number in range(COUNT):
            form = FORMATS[number % len(FORMATS)]
            hosts = list(self.random_hosts(pick, number, form))
            with self.subTest(seed=SEED, number=number, form=form):
                self.try_format(form, hosts)

    def simple_hosts(self, form):
        """What each format holds, and nothing that any of them does not."""
        host = {"name": '"simple.example.com"', "pins": self.keys(random.Random(0), "simple", form, 2)}
        if form == "postfix":
            host["ports"] = "[ 25 ]"
        elif form == "tlsa":
            host["ports"] = "[ 443 ]"
        return [host]

    def test_simple_policies(self):
        for form in FORMATS:
            with self.subTest(form=form):
                self.assertTrue(self.try_format(form, self.simple_hosts(form)), "a loss")


if __name__ == "__main__":
    main()
