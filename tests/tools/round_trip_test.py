# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""Random policies, written in each format and read back: the same entries, or a loss that was named. How many:
$PINNING_ROUND_TRIPS, and $PINNING_SEED for the same ones again."""

import os
import random
import shutil

from conversion_case import ConversionCase, pin
from pinctl_case import main

FORMATS = ("android", "chromium", "curl", "envoy", "hpkp", "okhttp", "postfix", "tlsa", "trustkit")
ONE_HOST = ("curl", "hpkp")
COUNT = int(os.environ.get("PINNING_ROUND_TRIPS", "60"))
SEED = int(os.environ.get("PINNING_SEED", str(random.randrange(1 << 32))))


class RoundTrip(ConversionCase):
    def random_host(self, pick, number, form):
        """The settings of an entry, simple more often than not, so that formats can hold some of them."""
        name = pick.choice(("h%d.example.com", "*.w%d.example.org", "b%d.example.com", "s%d.example.net", "192.0.2.%d")) % number
        settings = {"name": f'"{name}"', "pins": [pin(f"{number}.{i}") for i in range(pick.choice((1, 2, 2, 3)))]}
        if name.startswith(("b", "s")) and pick.random() < 0.6:
            settings["include_subdomains"] = "true"
        if pick.random() < (0.8 if form == "postfix" else 0.2):
            settings["ports"] = pick.choice(("[ 443 ]", "[ 25, 8443 ]"))
        if pick.random() < 0.2:
            settings["backup_pins"] = [pin(f"{number}.backup")]
        if pick.random() < 0.15:
            settings["fingerprints"] = [pin(f"{number}.certificate")]
        if pick.random() < 0.15:
            settings["intermediates"] = [pin(f"{number}.ca")]
        if pick.random() < 0.15:
            settings["mode"] = pick.choice(('"audit"', '"enforce"'))
        if pick.random() < 0.15:
            settings["expires"] = pick.choice(('"2031-06-30"', '"2031-06-30T10:00:00Z"'))
        return settings

    def text_of(self, settings):
        return " ".join("{} = {};".format(key, "[ " + ", ".join(f'"{item}"' for item in value) + " ]" if isinstance(value, list) else value)
                        for key, value in settings.items())

    def normal(self, entries, form):
        """What two entries have to have in common to be the same once a format has been between them."""
        for entry in entries:
            yield (entry["name"], entry["include_subdomains"], tuple(entry["ports"]), entry["mode"],
                   # Formats with keys anywhere on the chain hold those of CAs beside the others; postfix does not tell
                   # digests of keys from those of certificates.
                   tuple(sorted({key for setting in self.merged(form) for key in entry[setting]})),
                   entry["expires"] if form != "hpkp" else None)

    def merged(self, form):
        return {"postfix": ("pins", "backup_pins", "fingerprints"), "envoy": ("pins", "backup_pins", "fingerprints"),
                "tlsa": ("pins", "backup_pins", "fingerprints", "intermediates")}.get(form, ("pins", "backup_pins", "intermediates"))

    def forget(self):
        shutil.rmtree(os.path.join(self.folder, "policy.d"), ignore_errors=True)

    def try_format(self, form, hosts):
        self.forget()
        self.policy_of(*(self.text_of(host) for host in hosts))
        before = sorted(self.normal(self.entries(), form))
        extra = ("--pins", os.path.join(self.folder, "list.pins")) if form == "chromium" else ()
        done = self.pinctl("export", "--format", form, *extra, status=None)
        if done.returncode != 0:
            self.assertEqual(done.returncode, 1, done.stderr)
            self.assertRegex(done.stderr, r"warning: .*:\d+: ", "a loss that is not named with its place")
            return False
        self.policy_of()
        path = self.file("list.json" if form == "chromium" else "list", done.stdout)
        host = ("--host", hosts[0]["name"].strip('"')) if form in ONE_HOST else ()
        self.pinctl("import", path, "--format", form, *host, *extra)
        self.assertEqual(sorted(self.normal(self.entries(), form)), before, done.stdout)
        return True

    def test_random_policies(self):
        pick = random.Random(SEED)
        whole = {form: 0 for form in FORMATS}
        for number in range(COUNT):
            form = FORMATS[number % len(FORMATS)]
            hosts = [self.random_host(pick, 10 * i + number % 10 + 1, form) for i in range(1 if form in ONE_HOST else pick.choice((1, 1, 2, 4)))]
            with self.subTest(seed=SEED, number=number, form=form):
                whole[form] += self.try_format(form, hosts)
        self.assertTrue(sum(whole.values()) > 0 and (COUNT < 200 or all(whole.values())), whole)


if __name__ == "__main__":
    main()
