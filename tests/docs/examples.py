# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""
Runs the examples of one document in their order, and stops at the first that does not do what the document says:

    examples.py DOCUMENT

The environment variables PINCTL, PINNING_MODULE and BUILD name what was built.
"""

import os
import pathlib
import re
import sys

import documents
import sandbox


class Wrong(Exception):
    """An example that does not work as it is written."""


# What differs between two runs of an example. The order matters: paths and digests first.
CHANGING = (
    (r"\b\d{4}-\d\d-\d\d( \d\d:\d\d)?\b", "DAY"),
    (r"\(\d+\)", "(N)"),
    (r"sha256/[A-Za-z0-9+/]{43}=", "sha256/D"),
    (r"\b(pid|port|uid|generation)[= ][0-9a-f]+\b", r"\1=N"),
)

ENTRY = 'hosts = ( { %s } );\n'
DIGEST = "sha256/lzreHS7aW4yIKGuRe3TVm12eFovlQZ4yxy/TF9erwdo="


def comparable(text):
    lines = []
    for line in text.splitlines():
        for pattern, word in CHANGING:
            line = re.sub(pattern, word, line)
        if line.strip():
            lines.append(line.strip())
    return lines


def missing_line(expected, output):
    """The first line of an example that the output lacks, keeping the order; None if it has all of them."""
    rest = iter(comparable(output))
    return next((line for line in comparable(expected) if line not in rest), None)


def completed_entry(text):
    """A whole policy from an entry of which a page shows only one setting."""
    name = "" if re.search(r"(?m)^name ", text) else 'name = "api.example.com";\n'
    lists = r"(?m)^(pins|backup_pins|fingerprints|intermediates|anchors) "
    pins = "" if re.search(lists, text) else f'pins = [ "{DIGEST}" ];\n'
    return "version = 1;\n" + ENTRY % (name + text + pins)


def pairs(line):
    """The names of the pairs of a log line: key1 and key2 as key, repetitions only once."""
    names = re.findall(r'(\w+)=(?:"[^"]*"|\S+)', line)
    return list(dict.fromkeys(re.sub(r"^key\d+$", "key", name) for name in names))


# The words after `sh` -> (which certificate the server shows, allowed exit statuses of the block).
EXPECTED = {(): ("genuine", {0}), ("finding",): ("genuine", {1}), ("refused",): ("swapped", range(1, 256)),
            ("swapped",): ("swapped", {0})}


class Runner:
    def __init__(self, box):
        self.box = box
        self.output = None  # of the block before this one, if that was run

    def run(self, blocks):
        for block in blocks:
            getattr(self, "_" + block.kind.replace(".", "_"))(block)
            if block.kind != "sh":
                self.output = None

    def _sh(self, block):
        words = tuple(block.words)
        if words not in EXPECTED:
            raise Wrong(f"{block.place}: unknown words {block.words}")
        server, expected = EXPECTED[words]
        status, self.output = self.box.shell(block.text, server)
        if status not in expected:
            raise Wrong(f"{block.place}: exit status {status}\n{self.output}")
        if "cmake --install" in block.text and not any(path.endswith("/pinctl.1") for path in self.box.installed()):
            raise Wrong(f"{block.place}: nothing was installed")

    def _text(self, block):
        if block.words:
            return  # the message of a program: see messages.py
        if self.output is None:
            raise Wrong(f"{block.place}: an output, but no command before it")
        line = missing_line(block.text, self.output)
        if line is not None:
            raise Wrong(f"{block.place}: the command does not print\n{line}\nbut\n{self.output}")

    def _policy(self, block):
        self._check(block, block.text)

    def _entry(self, block):
        self._check(block, completed_entry(block.text))

    def _notify(self, block):
        """pinctl monitor has read the settings before it finds that the policy names no server, and connects to nobody."""
        folder = self.box.work / "example"
        folder.mkdir(exist_ok=True)
        (folder / "notify.cfg").write_text(block.text)
        (folder / "nobody.cfg").write_text("version = 1;\n")
        _, said = self.box.shell("pinctl monitor --policy example/nobody.cfg --notify-file example/notify.cfg")
        if "the policy names no server" not in said:
            raise Wrong(f"{block.place}: {said}")

    def _check(self, block, text):
        path = self.box.work / "example" / "policy.cfg"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        status, output = self.box.shell(f"pinctl check {path}")
        if status != 0:
            raise Wrong(f"{block.place}: {output}")

    def _openssl_cnf(self, block):
        self.box.configure(block.text)
        status, output = self.box.shell("openssl list -providers")
        if status != 0 or not all(re.search(rf"(?m)^  {name}\n(    .*\n)*    status: active", output)
                                  for name in ("default", "pinning")):
            raise Wrong(f"{block.place}: not both providers are active\n{output}")

    def _log(self, block):
        """The line must have the same pairs as a real one."""
        shown = pairs(block.text)
        if shown[0] == "event":
            broken = self.box.work / "broken.cfg"
            broken.write_text("version = 2;\n")
            _, real = self.box.shell("curl https://api.example.com/ || true", PINNING_DEBUG="1", PINNING_POLICY=str(broken),
                                     LD_PRELOAD=str(self.box.module.parent.parent / "libpinning-preload.so"))
        else:
            _, real = self.box.shell("pinctl add --policy log/policy.cfg api.example.com server.pem; "
                                     "pinctl run --policy log/policy.cfg -- curl https://api.example.com/ || true", "swapped",
                                     PINNING_DEBUG="1")
        lines = [line for line in real.splitlines() if line.startswith(shown[0] + "=")]
        if not lines:
            raise Wrong(f"{block.place}: no such line was logged\n{real}")
        if "program" not in shown:  # a page may leave out what the log adds
            shown += ["program", "pid", "uid"]
        if pairs(lines[0]) != shown:
            raise Wrong(f"{block.place}: the log has the pairs {pairs(lines[0])}, not {shown}")

    def _unit(self, block):
        for path in re.findall(r"LD_PRELOAD=(\S+)", block.text):
            if not (self.box.module.parent.parent / pathlib.Path(path).name).exists():
                raise Wrong(f"{block.place}: there is no {path}")

    def _bpftrace(self, block):
        known = re.findall(r"DTRACE_PROBE\d\(pinning, (\w+)", (sandbox.SOURCE / "provider" / "common" / "trace.h").read_text())
        for probe in re.findall(r":pinning:(\w+)", block.text):
            if probe not in known:
                raise Wrong(f"{block.place}: there is no trace point {probe}; there are {known}")


def pages_of(path):
    """An overview page, and before it the pages that it lists, in its order."""
    listed = re.findall(r"(?m)^\.It Xr (\S+) (\d)$", pathlib.Path(path).read_text(encoding="utf-8"))
    return [pathlib.Path(path).with_name(f"{name}.{section}") for name, section in listed] + [path]


def run_document(path):
    blocks = [block for page in pages_of(path) for block in documents.read(page)]
    if not blocks:
        raise Wrong(f"{path}: no examples were found")
    # These documents begin on a machine where nothing is set up.
    switched_on = pathlib.Path(path).name not in ("README.md", "operators-guide.md")
    with sandbox.Sandbox(os.environ["PINCTL"], os.environ["PINNING_MODULE"], switched_on) as box:
        Runner(box).run(blocks)
    return len(blocks)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: examples.py DOCUMENT")
    try:
        print(f"{sys.argv[1]}: {run_document(sys.argv[1])} examples work")
    except (Wrong, documents.BadDocument) as error:
        sys.exit(str(error))
