# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""pinctl monitor and many hosts at once: PINNING_MONITOR_HOSTS of them."""

import asyncio
import json
import os
import resource
import subprocess
import threading
import time

import live_servers as live
from monitor_case import Monitor
from pinctl_case import CERTIFICATES, PINCTL, issue, main, pin_of


class Many(Monitor):
    """So many servers, one in twenty of them dead, slow or sending rubbish. Some share a key, for the test's own time."""

    COUNT = int(os.environ.get("PINNING_MONITOR_HOSTS", "100"))
    TIMEOUT = 6
    KEYS = 20
    BAD = ("closed", "silent", "rubbish", "hang_up")

    async def serve(self, reader, writer):
        try:
            await reader.read(1)
        except OSError:
            pass
        writer.close()

    async def listen(self, context):
        server = await asyncio.start_server(self.serve, "127.0.0.1", 0, backlog=16, ssl=context)
        return server.sockets[0].getsockname()[1]

    def bad(self, kind):
        if kind == "closed":
            holder = live.closed_port()
            self.addCleanup(holder.close)
            return holder.getsockname()[1]
        return self.start(getattr(live, kind))

    def setUp(self):
        super().setUp()
        limits = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (limits[1], limits[1]))
        loop = asyncio.new_event_loop()
        threading.Thread(target=loop.run_forever, daemon=True).start()
        self.expected, entries, keys = {}, [], []
        for i in range(self.KEYS):
            issue(f"many{i}", f"/CN=many {i}", "root", ("subjectAltName=DNS:*.example.com", "basicConstraints=CA:FALSE"))
            keys.append((live.tls_context(f"many{i}"), pin_of(f"many{i}.pem")))
        for i in range(self.COUNT):
            name, kind = f"h{i:04}.example.com", self.BAD[i // 20 % len(self.BAD)] if i % 20 == 7 else "sound"
            pin = pin_of("other.pem")
            if kind == "sound":
                context, pin = keys[i % self.KEYS]
                port = asyncio.run_coroutine_threadsafe(self.listen(context), loop).result()
            else:
                port = self.bad(kind)
            self.expected[name, port] = kind
            entries.append(f'{{ name = "{name}"; ports = [ {port} ]; pins = [ "{pin}" ]; }}')
        self.addCleanup(loop.call_soon_threadsafe, loop.stop)
        self.write_policy("version = 1; hosts = (\n" + ",\n".join(entries) + ");\n")

    def test_many(self):
        begun = time.monotonic()
        words = [PINCTL, "monitor", "--json", "--ca", "root.pem", "--history", self.history, "--warning", "10",
                 "--timeout", str(self.TIMEOUT), "--connect", "::127.0.0.1:"]
        with subprocess.Popen(words, cwd=CERTIFICATES, env=self.environment(), stdout=subprocess.PIPE) as child:
            found = json.loads(child.stdout.read())
            _, status, usage = os.wait4(child.pid, 0)
            child.returncode = os.waitstatus_to_exitcode(status)
        seconds = time.monotonic() - begun
        self.assertEqual(child.returncode, 1)
        codes = {"sound": [], "silent": ["timeout"]}
        for host in found["hosts"]:
            kind = self.expected.pop((host["host"], host["port"]))
            self.assertEqual([item["code"] for item in host["findings"]], codes.get(kind, ["unreachable"]), (kind, host))
            self.assertLess(host["seconds"], self.TIMEOUT + 20)
        self.assertEqual(self.expected, {})
        # The silent ones are spread over the places, so that all of them together take few timeouts.
        self.assertLess(seconds, 60 + self.COUNT / 10)
        if not os.environ.get("PINNING_SANITIZE"):
            self.assertLess(usage.ru_maxrss, 200 * 1024)
        print(f"{self.COUNT} hosts in {seconds:.1f} s: {self.COUNT / seconds:.0f}/s, "
              f"{usage.ru_utime + usage.ru_stime:.2f} s of CPU, {usage.ru_maxrss / 1024:.0f} MiB")


if __name__ == "__main__":
    main()
