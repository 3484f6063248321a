# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""Tests in a copy of the tree what packaging/new-release.sh and build-deb.sh --version do with the version's single place."""

import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

SOURCE = pathlib.Path(__file__).resolve().parents[2]


class Release(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="pinning-release-")
        self.addCleanup(folder.cleanup)
        self.tree = pathlib.Path(folder.name)
        for name in ("packaging", "policy", "tests/releases"):
            shutil.copytree(SOURCE / name, self.tree / name)
        for name in ("NEWS.md", "CMakeLists.txt"):
            shutil.copy(SOURCE / name, self.tree / name)

    def script(self, *words, status=0):
        done = subprocess.run(words, cwd=self.tree, capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, status, done.stderr)
        return done.stdout + done.stderr

    def configured(self, tree):
        """The version as CMake reads it: runs the lines before project() of CMakeLists.txt as a script."""
        lines = (SOURCE / "CMakeLists.txt").read_text(encoding="utf-8").split("project(")[0].split("# The version stands")[1]
        wanted = "\n".join(line for line in lines.splitlines()[1:] if not line.startswith("set_property"))
        script = tree / "version.cmake"
        script.write_text(wanted.replace("policy/", f"{tree}/policy/") + "\nmessage(${version})\n", encoding="utf-8")
        return self.script("cmake", "-P", str(script)).strip()

    def test_a_new_one(self):
        self.assertIn("v7.8.9", self.script("packaging/new-release.sh", "7.8.9"))
        self.assertEqual(self.configured(self.tree), "7.8.9")
        self.assertTrue((self.tree / "packaging/debian/changelog").read_text(encoding="utf-8").startswith("pinning (7.8.9)"))
        self.assertRegex((self.tree / "packaging/rpm/pinning.spec").read_text(encoding="utf-8"), r"(?m)^Version: +7\.8\.9$")
        self.assertIn("\n## 7.8.9, not released yet\n", (self.tree / "NEWS.md").read_text(encoding="utf-8"))

    def test_refused(self):
        for version in ("0.0.1", "1.2", "1.2.3.4", "1.2.x", ""):
            self.assertNotEqual(subprocess.run(["packaging/new-release.sh", version], cwd=self.tree, capture_output=True,
                                               check=False).returncode, 0, version)
        self.assertEqual((self.tree / "policy/pinpolicy_version.h").read_bytes(), (SOURCE / "policy/pinpolicy_version.h").read_bytes())

    def test_packages_of_another_version(self):
        self.script("git", "init", "-q")
        self.script("bash", "-ec", ". packaging/release.sh; stage_source staged 7.8.9+newer1")
        staged, = (self.tree / "staged").iterdir()
        self.assertEqual(self.configured(staged), "7.8.9")
        self.assertTrue(re.match(r"pinning \(7\.8\.9\+newer1\)", (staged / "debian/changelog").read_text(encoding="utf-8")))


if __name__ == "__main__":
    unittest.main()
