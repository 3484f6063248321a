# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""What pinctl scan says of certificates that the test has signed anew: how long they live, and timestamps in them."""

import base64
import json
import time

import live_servers as live
import transparency as ct
from pinctl_case import CA, issue, main, path, pin_of, read, write
from scan_case import GOOD, PORT, RESPONDER, RSA, Scan, Servers, host_of, leaf, response


class Lives(Scan):
    """How long a certificate may live depends on the day of issue."""

    STEPS = (("2020-08-31", 825), ("2020-09-01", 398), ("2026-03-14", 398), ("2026-03-15", 200), ("2027-03-14", 200),
             ("2027-03-15", 100), ("2029-03-14", 100), ("2029-03-15", 47))

    def test_steps(self):
        servers, expected, ports = Servers(), {}, {}
        self.addCleanup(servers.close)
        for day, most in self.STEPS:
            for days in (most, most + 1):
                name = f"life-{day}-{days}"
                leaf(name)
                ct.redate(name, "ca", day, days)
                servers.start(name, (*GOOD, "-tls1_3"), name)
                expected[host_of(name)] = [f"CN={name} is valid for {days} days; browsers allow {most} of one issued that day"
                                           ] if days > most else []
        servers.wait()
        ports = {(host_of(name), PORT): port for name, port in servers.ports.items()}
        found = self.scanned(ports, status=None)
        self.assertEqual({host: [item["text"] for item in report["findings"] if item["code"] == "long-life"]
                          for (host, _), report in found.items()}, expected)


class Timestamps(Scan):
    """Logs of Certificate Transparency whose keys are ours: where timestamps stand, and what they are worth."""

    @classmethod
    def setUpClass(cls):
        cls.now = now = int(time.time() * 1000)
        cls.logs = {name: ct.Log(name) for name in ("loga", "logb", "stranger")}
        cls.logs["retired"] = ct.Log("retired", "retired", now - ct.DAY)
        cls.logs["rejected"] = ct.Log("rejected", "rejected", now - 9 * ct.DAY)
        cls.logs["readonly"] = ct.Log("readonly", "readonly", now - 9 * ct.DAY)
        cls.logs["retired2"] = ct.Log("retired2", "retired", now - ct.DAY)
        cls.logs["worded"] = ct.Log("worded", "admissible", now - 9 * ct.DAY)
        cls.logs["worded2"] = ct.Log("worded2", state="rejected")
        cls.logs["two-words"] = ct.Log("two-words", state={"rejected": {}, "usable": {}})
        cls.logs["no-word"] = ct.Log("no-word", state={})
        cls.logs["trial"] = ct.Log("trial", state=None, log_type="test")
        cls.logs["stateless"] = ct.Log("stateless", state=None, log_type="prod")
        cls.logs["sister"] = ct.Log("sister")
        # Logs that changed hands a day ago, from and to the operator of loga, and one that had two others before.
        cls.logs["sold"] = ct.Log("sold", previous_operators=[cls.tenure("Operator 0", 1)])
        cls.logs["bought"] = ct.Log("bought", previous_operators=[cls.tenure("Once", 1)])
        cls.logs["passed"] = ct.Log("passed", previous_operators=[cls.tenure("Operator 0", 1), cls.tenure("Once", 3), {"name": "Never"}])
        known = [log for name, log in cls.logs.items() if name not in ("loga", "logb", "sister", "stranger", "retired2", "bought")]
        cls.list = ct.log_list("log_list.json", [cls.logs["loga"], cls.logs["sister"], cls.logs["bought"]], [cls.logs["logb"]], known, [cls.logs["retired2"]])
        issue("rsaca", "/CN=RSA CA", "root", CA, RSA)
        cls.servers = Servers()
        cls.addClassCleanup(cls.servers.close)
        cls.expected = {}
        long_ago = {name: now - 2 * ct.DAY for name in cls.logs}
        for name, stamps, codes in (
                ("logged", [("loga", 0), ("logb", 0)], []),
                ("three", [("loga", 0), ("readonly", 0), ("retired", 2 * ct.DAY)], []),
                ("once", [("loga", 0), ("loga", ct.DAY)], ["few-timestamps"]),
                ("none", [], ["few-timestamps"]),
                ("future", [("loga", 0), ("logb", 0), ("logb", -ct.DAY)], ["timestamp-invalid"]),
                ("unknown", [("loga", 0), ("stranger", 0)], ["few-timestamps", "timestamp-unknown"]),
                ("late", [("loga", 0), ("logb", 0), ("retired", 0)], ["timestamp-unknown"]),
                ("rejected", [("loga", 0), ("rejected", 5 * ct.DAY)], ["few-timestamps", "timestamp-unknown"]),
                ("ended", [("retired", 2 * ct.DAY), ("retired2", 2 * ct.DAY)], ["few-timestamps"]),
                ("going", [("loga", 0), ("retired2", 2 * ct.DAY)], []),
                ("operator", [("loga", 0), ("sister", 0)], ["few-timestamps"]),
                ("operators", [("loga", 0), ("sister", 0), ("logb", 0)], []),
                ("sold", [("loga", 0), ("sold", 0)], []),
                ("sold-since", [("loga", 0), ("sold", 2 * ct.DAY)], ["few-timestamps"]),
                ("bought", [("loga", 0), ("bought", 0)], ["few-timestamps"]),
                ("bought-since", [("loga", 0), ("bought", 2 * ct.DAY)], []),
                ("passed", [("loga", 0), ("passed", 2 * ct.DAY)], ["few-timestamps"]),
                ("passed-since", [("loga", 0), ("passed", 4 * ct.DAY)], []),
                ("stateless", [("loga", 0), ("stateless", 0)], []),
                *((name, [("loga", 0), (name, 0)], ["few-timestamps", "timestamp-unknown"])
                  for name in ("worded", "worded2", "two-words", "no-word", "trial"))):
            leaf(f"ct-{name}", san=host_of(name))
            cls.begin(name, [cls.logs[log].of_precertificate(f"ct-{name}", "ca", now - age - 1000) for log, age in stamps], codes)
        leaf("ct-tampered", san=host_of("tampered"))
        good, other = (cls.logs[log].of_precertificate("ct-tampered", "ca", long_ago[log]) for log in ("loga", "logb"))
        cls.begin("tampered", [good, other[:40] + bytes([other[40] ^ 1]) + other[41:]], ["few-timestamps", "timestamp-invalid"])
        # Those of another certificate, and those of the same one by another issuer.
        leaf("ct-borrowed", san=host_of("borrowed"))
        cls.begin("borrowed", [log.of_precertificate("ct-logged2", "ca", now - 1000) for log in cls.borrowed()],
                  ["few-timestamps", "timestamp-invalid"])
        leaf("ct-issuer", san=host_of("issuer"))
        cls.begin("issuer", [cls.logs[log].of_precertificate("ct-issuer", "other", now - 1000) for log in ("loga", "logb")],
                  ["few-timestamps", "timestamp-invalid"])
        for name, days, logs, codes in (("half", 180, ("loga", "logb"), []), ("longer", 181, ("loga", "logb"), ["few-timestamps"]),
                                        ("longer3", 181, ("loga", "logb", "readonly"), [])):
            leaf(f"ct-{name}", san=host_of(name))
            ct.redate(f"ct-{name}", "ca", time.strftime("%Y-%m-%d", time.gmtime(now / 1000)), days)
            cls.begin(name, [cls.logs[log].of_precertificate(f"ct-{name}", "ca", now - 1000) for log in logs], codes)
        # Those that count stand among many of a log that nobody knows.
        leaf("ct-many", san=host_of("many"))
        many = {log: cls.logs[log].of_precertificate("ct-many", "ca", now - 1000) for log in ("stranger", "loga", "logb")}
        cls.begin("many", [many["stranger"]] * 20 + [many["loga"], many["logb"]] + [many["stranger"]] * 20, ["timestamp-unknown"])
        leaf("ct-large", san=host_of("large"))
        cls.begin("large", [cls.logs[log].of_precertificate("ct-large", "ca", now - 1000, bytes(more))
                            for log, more in (("loga", 0), ("logb", 400), ("sister", 700))], [])
        cls.begin_everywhere()
        cls.begin_delivered()
        cls.servers.wait()

    @classmethod
    def tenure(cls, name, days):
        return {"name": name, "end_time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime((cls.now - days * ct.DAY) // 1000))}

    @classmethod
    def borrowed(cls):
        leaf("ct-logged2", san=host_of("borrowed"))
        return cls.logs["loga"], cls.logs["logb"]

    @classmethod
    def begin(cls, name, timestamps, codes, *more):
        if timestamps:
            ct.embed(f"ct-{name}", "ca", timestamps)
        cls.expected[name] = codes
        cls.servers.start(name, (*GOOD, *more), f"ct-{name}")

    @classmethod
    def begin_everywhere(cls):
        """One timestamp in the certificate, one in the OCSP response, one in TLS."""
        leaf("ct-places", RESPONDER, san=host_of("places"), issuer="rsaca")
        ct.embed("ct-places", "rsaca", [cls.logs["loga"].of_precertificate("ct-places", "rsaca", cls.now - 1000)])
        response("ct-places", "ct-places")
        ct.staple("ct-places", "rsaca", [cls.logs["logb"].of_certificate("ct-places", cls.now - 2000)])
        ct.server_info("ct-places", [cls.logs["readonly"].of_certificate("ct-places", cls.now - 3000)])
        cls.expected["places"] = []
        cls.servers.start("places", (*GOOD, "-status_file", "ct-places.der", "-serverinfo", "ct-places.info"), "ct-places")

    @classmethod
    def begin_delivered(cls):
        """By TLS: what a log that is retired has signed may be new, whatever its date; what is in the certificate is not added."""
        for name, embedded, logs, codes in (("tls", (), ("loga", "logb"), []),
                                            ("tls-operator", (), ("loga", "sister"), ["few-timestamps"]),
                                            ("tls-retired", (), ("loga", "retired"), ["few-timestamps", "timestamp-unknown"]),
                                            ("halves", ("loga",), ("logb",), ["few-timestamps"])):
            leaf(f"ct-{name}", san=host_of(name))
            at = cls.now - 2 * ct.DAY
            cls.begin_with_info(name, [cls.logs[log].of_precertificate(f"ct-{name}", "ca", at) for log in embedded],
                                [cls.logs[log] for log in logs], at, codes)

    @classmethod
    def begin_with_info(cls, name, embedded, logs, at, codes):
        if embedded:
            ct.embed(f"ct-{name}", "ca", embedded)
        ct.server_info(f"ct-{name}", [log.of_certificate(f"ct-{name}", at) for log in logs])
        cls.begin(name, (), codes, "-serverinfo", f"ct-{name}.info")

    def found(self, *more, status=1, **options):
        ports = {(host_of(name), PORT): port for name, port in self.servers.ports.items()}
        found = self.scanned(ports, *more, status=status, **options)
        return {name: found[host_of(name), PORT] for name in self.servers.ports}

    def test_findings(self):
        found = self.found("--ct-logs", self.list)
        self.assertEqual({name: self.codes(host) for name, host in found.items()}, self.expected)
        logs = {name: found[name]["timestamp_logs"] for name in ("logged", "three", "once", "none", "unknown", "rejected", "tampered")}
        self.assertEqual(logs, {"logged": 2, "three": 3, "once": 1, "none": 0, "unknown": 1, "rejected": 1, "tampered": 1})
        statuses = {name: {item["log"]: item["status"] for item in found[name]["timestamps"]}
                    for name in ("unknown", "rejected", "tampered", "borrowed", "issuer", "late", "large")}
        self.assertEqual(statuses, {"unknown": {"Log loga": "valid", None: "unknown-log"},
                                    "rejected": {"Log loga": "valid", "Log rejected": "not-counted"},
                                    "tampered": {"Log loga": "valid", "Log logb": "invalid"},
                                    "borrowed": {"Log loga": "invalid", "Log logb": "invalid"},
                                    "issuer": {"Log loga": "invalid", "Log logb": "invalid"},
                                    "late": {"Log loga": "valid", "Log logb": "valid", "Log retired": "not-counted"},
                                    "large": {"Log loga": "valid", "Log logb": "valid", "Log sister": "valid"}})
        self.assertEqual(sorted(item["status"] for item in found["many"]["timestamps"]), ["unknown-log"] * 40 + ["valid"] * 2)
        at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime((self.now - 1000) // 1000))
        self.assertEqual(min(found["logged"]["timestamps"], key=lambda item: item["log"]),
                         {"source": "certificate", "log": "Log loga", "log_id": base64.b64encode(self.logs["loga"].id).decode(),
                          "at": at, "status": "valid"})
        self.assertEqual(sorted((item["source"], item["log"], item["status"]) for item in found["places"]["timestamps"]),
                         [("certificate", "Log loga", "valid"), ("ocsp", "Log logb", "valid"), ("tls", "Log readonly", "valid")])

    def test_without_a_list(self):
        found = self.found(status=0)
        self.assertEqual({name: self.codes(host) for name, host in found.items()}, {name: [] for name in found})
        self.assertEqual({item["status"] for host in found.values() for item in host["timestamps"]}, {None})
        self.assertEqual([found[name]["timestamp_logs"] for name in ("logged", "once", "unknown", "places")], [2, 1, 2, 3])

    def test_what_is_wanted(self):
        """In words, and what can be said without a list: how many logs, and not whose."""
        def few(found):
            return {name: item["text"] for name, host in found.items() for item in host["findings"] if item["code"] == "few-timestamps"}
        texts = few(self.found("--ct-logs", self.list))
        begins = "timestamps of {} log{} of Certificate Transparency that count{}; browsers want {}"
        self.assertEqual({name: texts[name] for name in ("none", "once", "longer", "ended", "operator", "tls-retired")},
                         {"none": begins.format(0, "s", "", 2), "once": begins.format(1, "", "s", 2), "longer": begins.format(2, "s", "", 3),
                          "ended": "all timestamps that count are of logs that are retired by now; browsers want one of a log that is not",
                          "operator": "all timestamps that count are of logs of one operator; browsers want two",
                          "tls-retired": begins.format(1, "", "s", 2)})
        # By the system's roots, since without a list a CA of one's own need not have any.
        without = few(self.found(ca=(), environment={"SSL_CERT_FILE": path("root.pem")}))
        self.assertEqual(without, {"none": "timestamps of 0 logs of Certificate Transparency; browsers want 2",
                                   "once": "timestamps of 1 log of Certificate Transparency; browsers want 2",
                                   "halves": "timestamps of 1 log of Certificate Transparency; browsers want 2",
                                   "longer": "timestamps of 2 logs of Certificate Transparency; browsers want 3"})

    def test_another_certificate_of_the_same_key(self):
        """Renewed while the scan goes on: timestamps of the new certificate are none of the old one."""
        leaf("ct-renewed", san=host_of("renewed"))
        write("ct-renewed-old.pem", read("ct-renewed.pem") + read("ca.pem"))
        ct.embed("ct-renewed", "ca", [self.logs[log].of_precertificate("ct-renewed", "ca", self.now - 1000) for log in ("loga", "logb")])
        write("ct-renewed-new.pem", read("ct-renewed.pem") + read("ca.pem"))
        contexts = [live.tls_context("ct-renewed", "ct-renewed-old.pem"), live.tls_context("ct-renewed", "ct-renewed-new.pem")]

        def serve(connection):
            live.handshake(contexts.pop(0) if len(contexts) > 1 else contexts[0], connection)

        port = self.start(serve)
        found = self.scanned({(host_of("renewed"), PORT): port}, "--ct-logs", self.list)[host_of("renewed"), PORT]
        self.assertEqual(len(contexts), 1)
        self.assertEqual((found["certificates"][0]["pin"], found["timestamps"], found["other_certificates"]),
                         (pin_of("ct-renewed.pem"), [], []))
        codes = self.codes(found)
        self.assertEqual(("few-timestamps" in codes, "timestamp-invalid" in codes), (True, False))

    def test_lists_that_are_none(self):
        entry = self.logs["loga"].json()
        for text, reason in (("[]", "expected a list of logs"), ("no JSON", "expected a list of logs"), ('{"operators": []}', "has no log"),
                             (json.dumps({"operators": [{"logs": [{**entry, "key": "AAAA"}]}]}), "the key of log 1 (\"Log loga\")"),
                             (json.dumps({"operators": [{"logs": [entry, {"description": "bare"}]}]}), "the key of log 2 (\"bare\")")):
            with self.subTest(text):
                done = self.pinctl("scan", "api.example.com", "--ct-logs", self.write_policy(text, "wrong.json"), status=3)
                self.assertIn(reason, done.stderr)
        self.assertIn("No such file", self.pinctl("scan", "api.example.com", "--ct-logs", "/nowhere", status=3).stderr)


if __name__ == "__main__":
    main()
