# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""pinctl resume where the disk takes no writing: warns of what is in force again after a restart."""

import os
import shutil
import time

import pause_test
from pinctl_case import main


class DiskWithoutWriting(pause_test.Pause):
    def with_disk(self, script):
        return self.with_system_policy(pause_test.FullDisk.SCRIPT + script, pause_test.WRONG)

    def test_what_comes_back_when_the_machine_starts_anew(self):
        """What was resumed, but still stands on a disk that takes no writing."""
        done = self.with_disk("\"$0\" pause b.example.com --for 90m\n\"$0\" pause api.example.com --for 2d\n"
                                 "mount -o remount,ro /var/lib\n\"$0\" resume api.example.com\nverdict\n"
                                 "echo again >&2\n\"$0\" resume\nrm /run/pinning/policy.pause\nverdict\n")
        self.assertEqual(done.stdout.split(), ["refused", "audited"], done.stderr)
        first, second = done.stderr.split("again\n", 1)
        self.assertIn("/var/lib/pinning/policy.pause still has the pause of api.example.com until ", first)
        self.assertRegex(first, r"\((2 days|48 hours) more\); if the machine restarts before that, it")
        self.assertNotIn("the pause of b.example.com", first)
        self.assertRegex(second, r"the pause of b\.example\.com until .* \((90|89) minutes more\)")
        self.assertIn("the pause of api.example.com until ", second)

    def test_nothing_comes_back_that_is_not_on_the_disk(self):
        now = int(time.time())
        over = f"printf 'pinning-pause 1\\n{now - 90} {now - 30} *\\nend\\n' >/var/lib/pinning/policy.pause\n"
        for before in ("", "mkdir -p /var/lib/pinning\n" + over):
            done = self.with_disk(before + "mount -o remount,ro /var/lib\n\"$0\" pause\nverdict\necho resuming >&2\n"
                                     "\"$0\" resume\nverdict\n")
            self.assertEqual(done.stdout.split(), ["audited", "refused"], done.stderr)
            resuming = done.stderr.split("resuming\n")[1]
            self.assertNotIn("policy.pause", resuming)
            shutil.rmtree(os.path.join(self.folder, "etc"))


if __name__ == "__main__":
    main()
