# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""
Compares the reference pages with the software, in both directions: verbs and options, settings of the policy and of the
provider, reasons and events, names in openssl-internals.md, and links between pages.

The environment variables PINCTL and PINPOLICY name what was built.
"""

import ctypes
import os
import pathlib
import re
import subprocess
import tempfile
import unittest

SOURCE = pathlib.Path(__file__).resolve().parents[2]
MAN = SOURCE / "docs" / "man"


def page(name):
    return (MAN / name).read_text(encoding="utf-8")


def pinctl(*words):
    done = subprocess.run([os.environ["PINCTL"], *words], capture_output=True, text=True, timeout=60, check=False)
    return done.stdout + done.stderr


def section(text, title):
    """The text below a .Sh of a page."""
    return re.search(rf"(?ms)^\.Sh {title}$(.*?)(?=^\.Sh |\Z)", text).group(1)


def items(text, macro):
    return re.findall(rf"(?m)^\.It {macro} (.+)$", text)


def arguments(source, at):
    """The arguments of a call in C, whose opening parenthesis ends before `at`."""
    found, depth = [""], 0
    for token in re.findall(r'"(?:[^"\\]|\\.)*"|.', source[at:], re.S):
        if token in "()":
            depth += 1 if token == "(" else -1
        if depth < 0:
            break
        if token == "," and depth == 0:
            found.append("")
        else:
            found[-1] += token
    return found


class Verbs(unittest.TestCase):
    def setUp(self):
        self.page = page("pinctl.1")
        self.listed = re.findall(r"(?m)^\.It Xr pinctl-(\S+) 1\n(.*)\.$", section(self.page, "COMMANDS"))
        self.texts = {verb: page(f"pinctl-{verb}.1") for verb, _ in self.listed}

    def helped(self):
        return re.findall(r"(?m)^  ([a-z-]+) {2,}(\S.*)$", pinctl("--help"))

    @staticmethod
    def options(helped):
        listed = re.sub(r"\|\n +", "|", helped.split("\nOptions:\n")[1].split("\nExample:")[0])
        return set(re.findall(r"(?m)^  (--[a-z-]+(?: \S+)?)(?: {2,}|$)", listed))

    @staticmethod
    def described(text):
        return {"--" + item.replace(" Ar ", " ").replace(r"\:", "") for item in re.findall(r"(?m)^\.It Fl -(.+)$", text)}

    def test_verbs(self):
        self.assertGreater(len(self.helped()), 5)
        self.assertEqual(self.listed, self.helped())
        self.assertEqual({path.name for path in MAN.glob("pinctl-*.1")}, {f"pinctl-{verb}.1" for verb in self.texts})

    def test_names(self):
        for verb, summary in self.listed:
            name = re.search(r"(?m)^\.Nm (\S+)\n\.Nd (.*)$", self.texts[verb]).groups()
            self.assertEqual(name, (f"pinctl-{verb}", summary[0].lower() + summary[1:]))

    def test_every_page_has_an_example(self):
        """examples.py runs the examples, so a page must have one."""
        for verb, text in self.texts.items():
            with self.subTest(verb):
                self.assertRegex(text, rf'(?m)^\.\\" example: sh( \w+)?\n\.Bd .*\n(.*\n)*?.*\bpinctl {verb}\b')

    def test_usages(self):
        for verb, text in self.texts.items():
            words = re.sub(r"(?m)^\.Nm ", "", section(text, "SYNOPSIS")).replace(".Op Ar options", "[options]").split()
            self.assertIn("Usage: " + " ".join(words).replace(r"\-", "-") + "\n", pinctl(verb, "--help"))

    def common(self):
        """{option that pinctl.1 describes for many verbs: these verbs}"""
        described = section(self.page, "DESCRIPTION")
        listed = {verb for verb in self.texts}
        named = {option: set(re.findall(r"[a-z-]+", " ".join(re.findall(r"(?m)^\.Cm (.*)$", body)))) & listed for option, body in
                 re.findall(r"(?ms)^\.It Fl -(quiet|json)$(.*?)(?=^\.It |^\.El)", described)}
        first = {verb: (re.findall(r"\[?([A-Z]+)", section(text, "SYNOPSIS").split("options", 1)[1]) + [""])[0]
                 for verb, text in self.texts.items()}
        own = {verb: {item.split()[0] for item in self.described(text)} for verb, text in self.texts.items()}
        operands = {f"--{word.lower()} {word}": {verb for verb in listed if first[verb] == word and
                                                 f"--{word.lower()}" not in own[verb]} for word in ("HOST", "FILE")}
        self.assertEqual(set(named), {"quiet", "json"})
        return {"--policy FILE": listed, "--help": listed, **operands, **{f"--{name}": verbs for name, verbs in named.items()}}

    def test_options(self):
        common = self.common()
        self.assertEqual(self.described(section(self.page, "DESCRIPTION")), set(common))
        for verb, text in self.texts.items():
            with self.subTest(verb):
                shared = {option for option, verbs in common.items() if verb in verbs}
                self.assertEqual(self.described(text) | shared, self.options(pinctl(verb, "--help")))


class Findings(unittest.TestCase):
    """The codes of findings in the sources are those that the pages describe."""

    def test_monitor(self):
        folder = SOURCE / "tools" / "monitor"
        source = " ".join(path.read_text() for path in folder.glob("*.[ch]"))
        names = dict(re.findall(r'#define (\w+) "([a-z-]+)"', source))
        given = set()
        for call in re.finditer(r"\bwatch_add_finding(?:_about)?\(", source):
            code = arguments(source, call.end())[2]
            given |= set(re.findall(r'"(.+?)"', code)) | {names[word] for word in re.findall(r"\w+", code) if word in names}
        described = items(section(page("pinctl-monitor.1"), "FINDINGS"), "Ic")
        self.assertEqual(sorted(described), sorted(given | {names["DROPPED_CODE"]}))

    def test_scan(self):
        source = (SOURCE / "tools" / "scan" / "findings.c").read_text()
        text = (SOURCE / "docs" / "grades.md").read_text()
        severities = {"SCAN_CRITICAL": "critical", "SCAN_WARNING": "warning", "SCAN_NOTE": "note"}
        grades = {"SCAN_GRADE_A_PLUS": "", "SCAN_GRADE_A_MINUS": "A-"}
        kinds = [(code, severities[severity], grades.get(grade, grade[-1])) for code, severity, grade in
                 re.findall(r'\{"([a-z0-9-]+)", (SCAN_\w+), (SCAN_GRADE_\w+)', source)]
        described = re.findall(r"(?m)^\| `([a-z0-9-]+)` \| (\w+) \| ?([A-F]?[+-]?) ?\|", text)
        self.assertEqual(described, kinds)


class Settings(unittest.TestCase):
    """When the parser meets an unknown name that is similar to no other, its message lists all names that it knows."""

    @staticmethod
    def known(text):
        with tempfile.TemporaryDirectory() as directory:
            policy = pathlib.Path(directory) / "policy.cfg"
            policy.write_text(text)
            listed = re.search(r'unknown setting "q+"; expected (.*)', pinctl("check", str(policy))).group(1)
        return set(re.split(r", | or ", listed))

    def test_policy(self):
        described = items(section(page("pinning-policy.5"), "SETTINGS OF THE POLICY"), "Ic")
        self.assertEqual(set(described), self.known("version = 1; qqqqqqqqqqqqqqqq = 1;"))

    def test_entry(self):
        described = items(section(page("pinning-policy.5"), "SETTINGS OF AN ENTRY"), "Ic")
        self.assertEqual(set(described), self.known("version = 1; hosts = ( { qqqqqqqqqqqqqqqq = 1; } );"))

    def test_every_setting_has_a_default(self):
        for title in ("SETTINGS OF THE POLICY", "SETTINGS OF AN ENTRY"):
            parts = re.split(r"(?m)^\.It Ic (\w+)$", section(page("pinning-policy.5"), title))
            for name, text in zip(parts[1::2], parts[2::2]):
                with self.subTest(name):
                    lists = {"pins", "backup_pins", "fingerprints", "intermediates", "anchors"}
                    self.assertTrue(name in lists or re.search(r"default is|Required", text))
                    self.assertTrue(name in {"version", "hosts"} or '.\\" example: ' in text)

    def test_notify(self):
        described = items(section(page("pinning-notify.5"), "SETTINGS"), "Ic")
        with tempfile.TemporaryDirectory() as directory:
            path = pathlib.Path(directory) / "notify.cfg"
            path.write_text("q = 1;")
            said = pinctl("monitor", "--notify-file", str(path))
        self.assertEqual(set(described), set(re.split(r", | or ", re.search(r'"q"; expected (.*)', said).group(1))))

    def test_provider(self):
        source = (SOURCE / "provider" / "openssl" / "module.c").read_text()
        settings = set(re.findall(r'OSSL_PARAM_DEFN\("([\w-]+)"', source))
        parameters = set(re.findall(r'#define PARAM_\w+ "([\w-]+)"', source))
        described = page("OSSL_PROVIDER-pinning.7")
        self.assertGreaterEqual(len(settings), 2)
        self.assertEqual(set(items(section(described, "CONFIGURATION"), "Ic")), settings | {"activate", "module"})
        self.assertEqual(set(items(section(described, "PARAMETERS"), "Ic")), parameters)

    def test_environment(self):
        source = "".join(path.read_text() for path in (SOURCE / "provider").glob("*/*.c"))
        variables = set(re.findall(r'(?:secure_getenv|from_environment)\("(\w+)"', source))
        self.assertEqual(set(items(section(page("OSSL_PROVIDER-pinning.7"), "ENVIRONMENT"), "Ev")), variables)


class Log(unittest.TestCase):
    text = (SOURCE / "docs" / "troubleshooting.md").read_text(encoding="utf-8")

    def test_reasons(self):
        library = ctypes.CDLL(os.environ["PINPOLICY"])
        library.pin_reason_word.restype = ctypes.c_char_p
        words = []
        while (word := library.pin_reason_word(len(words)).decode()) != "unknown":
            words.append(word)
        self.assertGreater(len(words), 10)
        self.assertEqual(set(re.findall(r"(?m)^### `reason=(.*)`$", self.text)), set(words))

    def test_events(self):
        source = "".join(path.read_text() for path in (SOURCE / "provider").glob("*/*.c"))
        self.assertEqual(set(re.findall(r"(?m)^### `event=(.*)`$", self.text)), set(re.findall(r"event=([a-z-]+)", source)))

    def test_pairs(self):
        source = (SOURCE / "policy" / "report.c").read_text()
        pairs = set(re.findall(r'"([a-z]+)=\W*"', source)) | {"key0"}
        for name in ("verdict_log.c", "log.c"):
            pairs |= set(re.findall(r" ([a-z]+)=%", (SOURCE / "provider" / "common" / name).read_text()))
        self.assertLessEqual({"library", "swallowed", "pid"}, pairs)
        table = set(re.findall(r"`([a-z0-9]+)`", "".join(re.findall(r"(?m)^\| (`.*?) \|", self.text))))
        self.assertLessEqual(pairs, table)


class Grades(unittest.TestCase):
    """The table of docs/grades.md is that of the software."""

    def test_findings(self):
        source = (SOURCE / "tools" / "scan" / "findings.c").read_text()
        kinds = re.findall(r'\{"([a-z0-9-]+)",\s*SCAN_(\w+),\s*SCAN_GRADE_(\w+),', source)
        self.assertGreater(len(kinds), 30)
        best = {"A_PLUS": "", "A_MINUS": "A-"}
        rows = re.findall(r"(?m)^\| `([a-z0-9-]+)` \| (note|warning|critical) \| ([A-F]?[+-]?) *\|",
                          (SOURCE / "docs" / "grades.md").read_text())
        self.assertEqual(rows, [(code, severity.lower(), best.get(cap, cap)) for code, severity, cap in kinds])


class Internals(unittest.TestCase):
    """Rows of openssl-internals.md: the code, tests and comments that they name exist, and comments name existing rows."""

    def setUp(self):
        lines = (SOURCE / "docs" / "openssl-internals.md").read_text(encoding="utf-8").splitlines()
        self.rows = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines if re.match(r"\| [A-Z]\d+ \|", line)]
        self.sources = {path.name: path.read_text(encoding="utf-8") for path in (SOURCE / "provider").rglob("*.[ch]")}
        self.code = "\n".join(self.sources.values())

    def test_used_in(self):
        self.assertGreater(len(self.rows), 40)
        for number, _, used, *_ in self.rows:
            for name in re.findall(r"`([\w.]+)`", used):
                with self.subTest(f"{number} {name}"):
                    self.assertTrue(name in self.sources or re.search(rf"\b{re.escape(name)}\b", self.code))

    def test_cases(self):
        for number, *_, tests in self.rows:
            for room, program, cases in re.findall(r"\b(paths|gnutls)/(\w+) \(([^)]*)\)", tests):
                path = SOURCE / "tests" / room / f"{program}.c"
                for case in re.findall("`([^`]+)`", cases):
                    with self.subTest(f"{number} {program} {case}"):
                        self.assertIn(case, path.read_text(encoding="utf-8"))

    def test_comments(self):
        named = set(re.findall(r"openssl-internals ([A-Z]\d+)", self.code))
        self.assertGreater(len(named), 10)
        self.assertLessEqual(named, {number for number, *_ in self.rows})


class Links(unittest.TestCase):
    @staticmethod
    def anchors(path):
        heads = re.findall(r"(?m)^#+ (.*)$", path.read_text(encoding="utf-8"))
        return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}

    def test_markdown(self):
        paths = [SOURCE / "README.md", SOURCE / "CONTRIBUTING.md", *(SOURCE / "docs").glob("*.md")]
        count = 0
        for path in paths:
            for target in re.findall(r"\]\(([^)]+)\)", path.read_text(encoding="utf-8")):
                file, _, anchor = target.partition("#")
                whole = path.parent / file if file else path
                with self.subTest(f"{path.name} -> {target}"):
                    self.assertTrue(whole.exists())
                    self.assertTrue(not anchor or anchor in self.anchors(whole))
                count += 1
        self.assertGreater(count, 5)

    def test_man_pages(self):
        ours = {re.sub(r"\.(\d)$", r" \1", path.name) for path in MAN.iterdir()}
        for path in MAN.iterdir():
            for reference in re.findall(r"(?m)^\.Xr (\S+ \d)", path.read_text()):
                if reference.startswith(("pin", "OSSL_PROVIDER-pin")):
                    self.assertIn(reference, ours, path.name)


if __name__ == "__main__":
    unittest.main()
