# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""A browser without a window, asked what it shows: Chromium's DevTools protocol over a pair of pipes."""

import base64
import fcntl
import json
import os
import select
import shutil
import subprocess
import tempfile
import time

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")

# Every element with text of its own that is shown: what it says, its colour and the one behind it, as [r, g, b].
TEXTS = """(() => {
  const parts = colour => (colour.match(/[0-9.]+/g) || []).map(Number);
  const behind = element => {
    for (let at = element; at; at = at.parentElement) {
      const colour = parts(getComputedStyle(at).backgroundColor);
      if (colour.length === 3 || colour[3] === 1) return colour.slice(0, 3);
      if (colour[3] !== 0) return null;
    }
    return null;
  };
  return [...document.body.querySelectorAll('*')].filter(element =>
    element.checkVisibility() && [...element.childNodes].some(child => child.nodeType === 3 && child.data.trim())
  ).map(element => ({text: element.textContent.trim().slice(0, 60),
                     front: parts(getComputedStyle(element).color).slice(0, 3), back: behind(element)}));
})()"""

# Elements that reach beyond the window or whose text is wider than they are.
CUT_OFF = """[...document.body.querySelectorAll('*')].filter(element => element.checkVisibility() &&
  (element.getBoundingClientRect().right > document.documentElement.clientWidth + 1 ||
   (getComputedStyle(element).overflow !== 'visible' && element.scrollWidth > element.clientWidth)))
  .map(element => element.outerHTML.slice(0, 120))"""

# Words that are broken within; what has no place to break, such as a pin, may be.
BROKEN = """(() => {
  const broken = [], texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const text = texts.currentNode, range = document.createRange();
    if (!text.parentElement.checkVisibility()) continue;
    for (const word of text.data.matchAll(/[\\p{L}\\d]{2,24}/gu)) {
      range.setStart(text, word.index);
      range.setEnd(text, word.index + word[0].length);
      if (new Set([...range.getClientRects()].map(part => Math.round(part.top))).size > 1 && !text.data.includes('sha256/'))
        broken.push(word[0] + ' in ' + text.data.slice(0, 60));
    }
  }
  return broken;
})()"""


class Browser:
    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="pinctl-browser-")
        (to_child, from_us), (to_us, from_child) = os.pipe(), os.pipe()
        # Out of the way of the numbers 3 and 4, from which the browser reads and to which it writes.
        ends = [fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 10) for end in (to_child, from_child)]
        os.close(to_child)
        os.close(from_child)
        words = [CHROMIUM, "--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--disable-dev-shm-usage",
                 "--remote-debugging-pipe", f"--user-data-dir={self.folder}", "about:blank"]
        self.child = subprocess.Popen(words, pass_fds=(3, 4), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                      stderr=subprocess.DEVNULL, env={**os.environ, "HOME": self.folder},
                                      preexec_fn=lambda: [os.dup2(end, 3 + place) for place, end in enumerate(ends)])
        for end in ends:
            os.close(end)
        self.to, self.come, self.buffer, self.number, self.session = from_us, to_us, b"", 0, None
        target = self.ask("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        self.ask("Page.enable")

    def close(self):
        os.close(self.to)
        os.close(self.come)
        self.child.terminate()
        self.child.wait(20)
        shutil.rmtree(self.folder, ignore_errors=True)

    def message(self):
        deadline = time.monotonic() + 60
        while b"\0" not in self.buffer:
            if not select.select([self.come], [], [], max(0, deadline - time.monotonic()))[0]:
                raise TimeoutError("the browser says nothing")
            data = os.read(self.come, 65536)
            if not data:
                raise EOFError("the browser has gone")
            self.buffer += data
        text, self.buffer = self.buffer.split(b"\0", 1)
        return json.loads(text)

    def ask(self, method, **parameters):
        self.number += 1
        question = {"id": self.number, "method": method, "params": parameters}
        if self.session is not None:
            question["sessionId"] = self.session
        data = json.dumps(question).encode() + b"\0"
        while data:
            data = data[os.write(self.to, data):]
        while True:
            answer = self.message()
            if answer.get("id") == self.number:
                if "error" in answer:
                    raise RuntimeError(answer["error"])
                return answer["result"]

    def open(self, path, width=1280, scheme="light"):
        self.ask("Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=False)
        self.ask("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
        self.ask("Page.navigate", url="file://" + path)
        self.wait_for("document.readyState === 'complete' && location.protocol === 'file:'")

    def wait_for(self, expression):
        deadline = time.monotonic() + 30
        while not self.value(expression):
            if time.monotonic() > deadline:
                raise TimeoutError(f"not within 30 s: {expression}")
            time.sleep(0.02)

    def value(self, expression):
        found = self.ask("Runtime.evaluate", expression=expression, returnByValue=True)
        if "exceptionDetails" in found:
            raise RuntimeError(found["exceptionDetails"])
        return found["result"].get("value")

    def picture(self, path):
        found = self.ask("Page.captureScreenshot", captureBeyondViewport=True)
        with open(path, "wb") as file:
            file.write(base64.b64decode(found["data"]))


def contrast(front, back):
    """WCAG 2.1, relative luminance and contrast ratio."""
    def luminance(colour):
        parts = [part / 255 for part in colour]
        parts = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]

    lighter, darker = sorted((luminance(front), luminance(back)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)
