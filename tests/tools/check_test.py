# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""pinctl check: every mistake with its place, and warnings that are always right."""

import datetime
import os
import subprocess
import unittest

from pinctl_case import PinctlCase, fingerprint_of, main, pin_of, processor_time

A = "sha256/AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE="
B = A.replace("/A", "/C")


def entry(name, **settings):
    """A sound entry unless the settings say otherwise."""
    values = {"pins": f'[ "{A}" ]', "backup_pins": f'[ "{B}" ]', **settings}
    return f'{{ name = "{name}"; ' + " ".join(f"{k} = {v};" for k, v in values.items() if v is not None) + " }"


class Errors(PinctlCase):
    def test_all_mistakes_of_all_files_in_one_run(self):
        self.write_policy('version = 1;\nmode = "enforced";\nhosts = (\n'
                          f'  {{ name = "x.org"; pins = [ "{A[:-2]}" ]; }},\n  {{ name = "y..org"; pins = [ "{A}" ]; }}\n);\n')
        self.write_policy(f'hosts = ( {{ name = "z.org"; pin = [ "{A}" ]; }} );\n', "policy.d/10.cfg")
        self.write_policy("hosts = (\n", "policy.d/20.cfg")
        found = [(os.path.basename(item["file"]), item["line"]) for item in self.json("check", status=1)
                 if item["severity"] == "error"]
        for place in (("policy.cfg", 2), ("policy.cfg", 4), ("policy.cfg", 5), ("10.cfg", 1)):
            self.assertIn(place, found)
        self.assertIn("20.cfg", [file for file, _ in found])

    def test_a_slip_of_grammar_hides_nothing(self):
        self.write_policy('version = 1;\nmode = "enforced";\n')
        self.write_policy(f'hosts = (\n  {{ name = "z.org"; include_subdomains = yes;\n    pin = [ "{A}" ]; }}\n'
                          f'  {{ name = "y..org"; pins = [ "{A}" ]; }},\n);\n', "policy.d/10.cfg")
        self.write_policy(f'hosts = ( {{ name = "w.org;\n  pins = [ "{A}" ];\n  expires = "soon"; }} );\n', "policy.d/20.cfg")
        found = [(os.path.basename(item["file"]), item["line"]) for item in self.json("check", status=1)]
        self.assertEqual(found, [("policy.cfg", 2), ("10.cfg", 2), ("10.cfg", 3), ("10.cfg", 4), ("10.cfg", 4),
                                 ("10.cfg", 5), ("20.cfg", 1), ("20.cfg", 3)])

    def test_place_line_and_mark(self):
        self.write_policy('version = 1;\n\tmode = "enforced";   # ü\n')
        lines = self.pinctl("check", status=1).stdout.splitlines()
        self.assertTrue(lines[0].startswith(f"{self.policy}:2:"), lines)
        self.assertIn(" error: ", lines[0])
        self.assertEqual(lines[1], '    2 |  mode = "enforced";   # ü')
        self.assertEqual(lines[2].index("^"), lines[1].index('"enforced"'))
        self.assertEqual(lines[2].strip(" |"), "^" + "~" * 9)

    def test_long_lines_are_cut_around_the_mark(self):
        comment = f'comment = "{"ü" * 300}";'
        pins = 'pins = [ "bad" ];'
        for line in (f"{comment} {pins}", f"{pins} {comment}", f"{' ' * 300}{pins}{' ' * 300}"):
            self.write_policy(f'version = 1; hosts = ( {{ name = "x.org"; {line} }} );\n')
            _, source, mark = self.pinctl("check", status=1).stdout.splitlines()
            self.assertLessEqual(len(source), 80)
            self.assertEqual(source[mark.index("^"):][:5], '"bad"')

    def test_files_that_are_not_there_or_not_to_be_trusted(self):
        self.assertIn("no such file", self.pinctl("check", status=3).stdout)
        self.write_policy("version = 1;\n")
        os.chmod(self.policy, 0o666)
        self.assertIn("writable", self.pinctl("check", status=1).stdout)

    def remedies(self):
        return [line.split("once you have looked at what it holds: ")[1].split()
                for line in self.pinctl("check", status=None).stdout.splitlines() if "once you have" in line]

    def test_modes_and_owners_are_mended_by_what_is_said(self):
        self.write_policy("version = 1;\n")
        dropin = self.write_policy("hosts = ( );\n", "policy.d/mine.cfg")
        self.assertEqual(self.remedies(), [])
        wrong = [("chmod", 0o666), ("chmod", 0o775)] + ([("chown", 65534)] if os.geteuid() == 0 else [])
        for name in (self.policy, dropin, self.dropins, self.folder):
            for what, value in wrong:
                if os.path.isdir(name) and value == 0o666:
                    continue
                with self.subTest(name, what=what, value=value):
                    mode = os.stat(name).st_mode
                    os.chmod(name, value) if what == "chmod" else os.chown(name, value, -1)
                    (words,) = self.remedies()
                    self.assertEqual(words, [what, "go-w" if what == "chmod" else "root", name])
                    subprocess.run(words, check=True)
                    self.assertEqual(self.remedies(), [])
                    os.chmod(name, mode)
        # Who can write in policy.d chooses the names: no command that a shell takes for another one.
        for name in ("a;b.cfg", "a b.cfg", "$(a).cfg", "a'b.cfg", "\n.cfg", "ä.cfg"):
            os.chmod(self.write_policy("hosts = ( );\n", f"policy.d/{name}"), 0o666)
            done = self.pinctl("check", status=None)
            self.assertIn("has mode 0666", done.stdout)
            self.assertEqual(self.remedies(), [], name)
            os.remove(os.path.join(self.dropins, name))

    def test_errors_hide_no_warnings_but_lints_wait(self):
        self.write_policy(f"version = 1;\nmode = 1;\nhosts = ( {entry('co.uk', include_subdomains='true')} );\n")
        self.assertNotIn("public suffix", self.pinctl("check", status=1).stdout)


class DropIns(PinctlCase):
    def test_as_a_part_of_its_policy(self):
        self.write_policy(f'version = 1;\npinsets = {{ ours = [ "{A}" ]; }};\nhosts = ( {entry("w.org", backup_pins=None)} );\n')
        own = self.write_policy(f'hosts = ( {entry("x.org", pins=chr(91) + chr(34) + "@ours" + chr(34) + chr(93))} );\n', "policy.d/10.cfg")
        self.assertEqual(self.json("check", own), [])
        self.assertIn(f"checked as a part of {self.policy}", self.pinctl("check", own).stderr)
        self.write_policy(f'hosts = ( {entry("x.org", backup_pins=None)} );\n', "policy.d/10.cfg")
        self.assertEqual([item["line"] for item in self.json("check", own)], [1])
        self.json("check", own, "--strict", status=1)
        self.write_policy("hosts = ( oops", "policy.d/10.cfg")
        self.assertTrue(self.json("check", own, status=1))
        other = self.write_policy(f'hosts = ( {entry("y.org")} );\n', "policy.d/20.cfg")
        self.assertIn("has errors elsewhere", self.pinctl("check", other, status=1).stderr)

    def test_what_is_no_part_of_the_policy(self):
        self.write_policy("version = 1;\n")
        for name in ("new.conf", ".hidden.cfg", "10.cfg~"):
            unread = self.write_policy("hosts = ( oops", f"policy.d/{name}")
            self.assertIn(f"{unread}: is not a part of {self.policy}", self.pinctl("check", unread, status=1).stderr)
            self.assertEqual(self.json("check", unread, status=1), [])

    def test_by_a_link_of_another_name(self):
        self.write_policy("version = 1;\n")
        self.write_policy("hosts = ( oops", "policy.d/bad.cfg")
        link = os.path.join(self.folder, "link.cfg")
        os.symlink("policy.d/bad.cfg", link)
        self.assertIn("bad.cfg:1:", self.pinctl("check", link, status=1).stdout)

    def test_a_link_that_leads_elsewhere(self):
        """A drop-in by where it lies, whatever holds its text."""
        self.write_policy("version = 1;\n")
        shared = self.write_policy(f"hosts = ( {entry('x.org', backup_pins=None)} );\n", "shared/hosts.cfg")
        link = os.path.join(self.dropins, "link.cfg")
        os.makedirs(self.dropins)
        os.symlink(shared, link)
        done = self.pinctl("check", link)
        self.assertIn("link.cfg:1:", done.stdout)
        self.assertIn(f"{link}: checked as a part of {self.policy}", done.stderr)
        self.write_policy("hosts = ( oops", "shared/hosts.cfg")
        self.assertIn("link.cfg:1:", self.pinctl("check", link, status=1).stdout)
        os.remove(shared)
        self.assertIn("link.cfg", self.pinctl("check", link, status=1).stdout)
        os.remove(link)
        self.assertIn("No such file", self.pinctl("check", link, status=3).stderr)


class Warnings(PinctlCase):
    def warnings(self, *entries, head="version = 1;"):
        self.write_policy(head + "\nhosts = (\n" + ",\n".join(entries) + "\n);\n")
        found = self.json("check")
        self.assertTrue(all(item["severity"] == "warning" and item["file"] == self.policy for item in found))
        self.pinctl("check", "--strict", status=1 if found else 0)
        return {(item["line"], item["message"]) for item in found}

    def warned(self, words, *entries, head="version = 1;"):
        """The first entry alone is warned of, once, with these words."""
        found = self.warnings(*entries, head=head)
        self.assertEqual([line for line, _ in found], [3], found)
        self.assertIn(words, found.pop()[1])

    def quiet(self, *entries, head="version = 1;"):
        self.assertEqual(self.warnings(*entries, head=head), set())

    def test_backup_pins(self):
        self.warned("depends on a single key", entry("x.org", backup_pins=None))
        self.warned("depends on a single key", entry("x.org", pins=None, backup_pins=None, fingerprints=f'[ "{A}" ]'))
        self.warned("no backup pin", entry("x.org", backup_pins=None, pins=f'[ "{A}", "{B}" ]'))
        self.warned("no backup pin", entry("x.org", backup_pins=None, intermediates=f'[ "{B}" ]'))
        self.warned("no backup pin", entry("x.org", pins=None, backup_pins=None, intermediates=f'[ "{B}" ]'))
        self.warned("depends on a single key", entry("x.org", backup_pins=f'[ "{A}" ]'))
        self.warned("depends on a single key", entry("x.org", backup_pins=None, pins=f'[ "{A}", "{A}" ]'))
        self.warned("are also in pins", entry("x.org", pins=f'[ "{A}", "{B}" ]', backup_pins=f'[ "{B}", "{A}" ]'))
        self.warned("accepts backup pins alone", entry("x.org", pins=None))
        self.warned("accepts backup pins alone", entry("x.org", pins=None, anchors=f'[ "{A}" ]'))
        self.quiet(entry("x.org", pins=None, intermediates=f'[ "{A}" ]'))
        self.quiet(entry("x.org", backup_pins=f'[ "{A}", "{B}" ]'))
        self.quiet(entry("x.org"))
        self.quiet(entry("x.org", pins=None, backup_pins=None, intermediates=f'[ "{A}", "{B}" ]'))

    def test_expiry(self):
        now = datetime.datetime.now(datetime.timezone.utc)
        day = [(now + datetime.timedelta(days=days)).strftime('"%Y-%m-%d"') for days in range(-2, 40)]
        self.warned("and is only logged since", entry("x.org", expires=day[0]))
        self.warned("still enforced", entry("x.org", expires=day[0], on_expiry='"enforce"'))
        self.warned("expires in less than a day", entry("x.org", expires=day[2]))
        self.warned("expires in 29 days", entry("x.org", expires=day[31]))
        self.quiet(entry("x.org", expires=day[33], on_expiry='"enforce"'))

    def test_clock(self):
        """The clock of most machines is set over a network; said once, and only of what is enforced until then."""
        late = '"2099-01-01"'
        self.warned("a clock that is set forward ends enforcement", entry("x.org", expires=late))
        self.warned('"x.org" and 2 more: only logged after expires',
                    entry("x.org", expires=late), entry("y.org", expires=late), entry("z.org", expires=late))
        self.quiet(entry("x.org", expires=late, on_expiry='"enforce"'))
        self.quiet(entry("x.org", expires=late, mode='"audit"'))

    def test_digests_that_no_key_has(self):
        zeros, nothing = "sha256/" + "A" * 43 + "=", "sha256/47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
        for digest, said in ((zeros, "is all zeros"), (nothing, "is the digest of an empty input")):
            self.write_policy(f'version = 1;\nhosts = (\n{{ name = "x.org"; pins = [ "{A}", "{digest}" ]; }} );\n')
            self.assertIn(f'"x.org": {digest} in pins {said}', self.pinctl("check").stdout)
        # Whoever wants to see all hosts of a domain logs what a key of zeros would refuse.
        self.write_policy(f'version = 1;\nhosts = (\n{{ name = "x.org"; mode = "audit"; pins = [ "{A}", "{zeros}" ]; }} );\n')
        self.assertNotIn("zeros", self.pinctl("check").stdout)

    def test_public_suffixes(self):
        self.warned("public suffix", entry("co.uk", include_subdomains="true"))
        self.warned("public suffix", entry("*.co.uk"))
        self.warned("public suffix", entry("com", include_subdomains="true"))
        self.warned("public suffix", entry("*.github.io"))
        self.warned("no host has this name", entry("co.uk"))
        self.quiet(entry("github.io"), entry("example.co.uk", include_subdomains="true"), entry("*.example.co.uk"),
                   entry("corp", include_subdomains="true"), entry("*.internal"))

    def test_ports(self):
        words = "has entries for different ports; a program that does not show its port is accepted by any of them"
        self.warned(words, entry("x.org", ports="[ 443 ]"), entry("x.org", ports="[ 8443 ]"), entry("x.org", ports="[ 25 ]"))
        self.quiet(entry("x.org", ports="[ 443 ]"), entry("y.org", ports="[ 8443 ]"), entry("*.x.org", ports="[ 8443 ]"))
        self.quiet(entry("x.org", include_subdomains="true"), entry("a.x.org", ports="[ 443 ]"),
                   entry("a.x.org", ports="[ 8443 ]", pins=None, backup_pins=None, mode='"off"'))

    def test_entries_without_effect(self):
        off = {"pins": None, "backup_pins": None, "mode": '"off"'}
        self.warned("exempts nothing", entry("x.org", **off))
        self.warned("exempts nothing", entry("a.x.org", **off), entry("x.org"), entry("nota.x.org"))
        self.warned("exempts nothing", entry("*.x.org", **off), entry("x.org"))
        self.warned("exempts nothing", entry("a.x.org", **off, ports="[ 80 ]"), entry("*.x.org", ports="[ 443 ]"))
        self.warned("exempts nothing", entry("192.0.2.1", **off))
        self.warned("exempts nothing", entry("a.b.x.org", **off), entry("*.x.org"))
        self.quiet(entry("a.x.org", **off), entry("*.x.org"))
        self.quiet(entry("a.b.x.org", **off), entry("x.org", include_subdomains="true"))
        self.quiet(entry("*.x.org", **off), entry("x.org", include_subdomains="true"))
        self.quiet(entry("a.x.org", **off, ports="[ 80, 443 ]"), entry("*.x.org", ports="[ 443 ]"))
        self.quiet(entry("x.org", **off), head=f'version = 1; blocked_keys = [ "{A}" ];')
        self.quiet(entry("x.org", **off), head='version = 1; mode = "off";')

    def test_settings_without_effect(self):
        all_of = {"require": '"all"'}
        self.warned("require", entry("x.org", **all_of))
        self.warned("require", entry("x.org", pins=None, backup_pins=None, intermediates=f'[ "{A}", "{B}" ]', **all_of))
        self.quiet(entry("x.org", intermediates=f'[ "{A}" ]', **all_of))
        self.warned("on_expiry", entry("x.org", on_expiry='"enforce"'))
        self.quiet(entry("x.org", on_expiry='"audit"'), entry("y.org", on_expiry='"enforce"', expires='"2099-01-01"'))

    @unittest.skipUnless(os.geteuid() == 0, "a policy of root's needs root")
    def test_files_that_not_every_process_can_read(self):
        self.write_policy(f"version = 1;\nhosts = ( {entry('x.org')} );\n")
        dropin = self.write_policy("hosts = ( );\n", "policy.d/10.cfg")
        self.pinctl("check", "--strict")
        for path, mode in ((self.policy, 0o600), (dropin, 0o640), (self.dropins, 0o750)):
            before = os.stat(path).st_mode
            os.chmod(path, mode)
            found = self.json("check")
            self.assertEqual([(item["file"], item["severity"]) for item in found], [(path, "warning")])
            self.assertIn(f"{mode:04o}", found[0]["message"])
            self.pinctl("check", "--strict", status=1)
            os.chmod(path, before)

    def test_entries_that_accept_only_blocked_keys(self):
        head = f'version = 1; blocked_keys = [ "{A}", "{B}" ];'
        other = f'[ "{A.replace("/A", "/B")}" ]'
        self.warned("can accept nothing", entry("x.org"), head=head)
        self.warned("can accept nothing", entry("x.org", intermediates=other, require='"all"'), head=head)
        self.warned("can accept nothing", entry("x.org", pins=other, anchors=f'[ "{A}" ]'), head=head)
        self.quiet(entry("x.org", pins=other), head=head)
        self.quiet(entry("x.org", intermediates=other), head=head)
        self.quiet(entry("x.org", fingerprints=other), head=head)

    def test_digests_of_certificates(self):
        head = "version = 1;"
        both = entry("x.org", fingerprints=f'[ "{A}" ]')
        self.warned("certificate or of a key, not of both", both)
        fingerprint, pin = fingerprint_of("server.pem"), pin_of("server.pem")
        self.write_policy(f"{head} hosts = ( {entry('x.org', pins=f'[ {chr(34)}{fingerprint}{chr(34)} ]')},\n"
                          f"{entry('y.org', pins=f'[ {chr(34)}{pin}{chr(34)} ]')},\n"
                          f"{entry('z.org', fingerprints=f'[ {chr(34)}{pin}{chr(34)} ]')} );\n")
        self.assertEqual(self.json("check"), [])
        found = self.json("check", "--certificate", "ca.pem", "--certificate", "chain.pem")
        self.assertEqual([(item["line"], item["message"]) for item in found],
                         [(1, f'"x.org": {fingerprint} in pins is the digest of a certificate (CN=api.example.com); of its '
                           f"key it is {pin}"),
                          (3, f'"z.org": {pin} in fingerprints is the digest of a key (CN=api.example.com); of its '
                           f"certificate it is {fingerprint}")])
        self.pinctl("check", "--certificate", "absent.pem", status=3)

    def test_programs_that_do_not_show_their_port(self):
        words = 'a program that does not show its port is held to this one on each of them'
        other = f'[ "{A.replace("/A", "/B")}" ]'
        self.warned(words, entry("a.x.org", ports="[ 5432 ]", pins=other, backup_pins=other.replace("/B", "/E")), entry("*.x.org"))
        one = {"pins": other, "backup_pins": other.replace("/B", "/E")}
        self.warned(words, entry("a.b.x.org", ports="[ 5432 ]", **one), entry("x.org", include_subdomains="true"))
        self.warned(words, entry("a.x.org", ports="[ 5432 ]", **one), entry("*.x.org", ports="[ 443, 5432 ]"))
        self.quiet(entry("a.x.org", ports="[ 5432 ]", **one), entry("*.x.org", ports="[ 5432 ]"))
        self.quiet(entry("a.x.org", ports="[ 5432 ]"), entry("*.x.org"))
        self.quiet(entry("a.x.org", ports="[ 5432 ]", **one), entry("*.x.org", mode='"audit"'))
        self.quiet(entry("a.x.org", ports="[ 5432 ]", **one, mode='"audit"'), entry("*.x.org"))
        self.quiet(entry("a.x.org", **one), entry("*.x.org"))

    def test_names_too_long_for_any_host(self):
        longest = ".".join(["a" * 62] * 3 + ["b" * 58])
        self.quiet(entry("*." + longest[:251].rstrip(".")))

    def test_names_in_unicode(self):
        self.warned("xn--bcher-kva.example", entry("bücher.example"))

    def test_mark_stands_under_the_name(self):
        self.write_policy(f"version = 1;\nhosts = ( {entry('x.org', backup_pins=None)} );\n")
        lines = self.pinctl("check").stdout.splitlines()
        self.assertEqual(lines[2].index("^"), lines[1].index('"x.org"'))
        self.assertEqual(lines[2].count("~"), len('"x.org"') - 1)

    def test_time_grows_with_the_number_of_hosts_only(self):
        taken = []
        for count in (2000, 20000):
            hosts = [entry(f"h{i}.example.com", mode='"off"' if i % 2 else '"audit"') for i in range(count)]
            self.write_policy("version = 1;\nhosts = (\n" + ",\n".join(hosts) + "\n);\n")
            start = processor_time()
            self.pinctl("check")
            taken.append(processor_time() - start)
        self.assertLess(taken[1], 40 * taken[0] + 1)


if __name__ == "__main__":
    main()
