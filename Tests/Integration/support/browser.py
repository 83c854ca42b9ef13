# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""A headless Chromium, driven over its DevTools protocol."""

import base64
import contextlib
import json
import os
import pathlib
import signal
import subprocess
import time

from conftest import poll, stop_process
from websockets.sync.client import connect

FLAGS = [
    "--headless=new", "--no-sandbox", "--remote-debugging-port=0", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
    "--disable-extensions", "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--metrics-recording-only", "--mute-audio", "--hide-scrollbars", "--force-color-profile=srgb", "--no-pings", "about:blank",
]


class Browser:
    """The process, and the one connection to it."""

    def __init__(self, folder):
        command = ["chromium", f"--user-data-dir={folder}", *FLAGS]
        self.stack = contextlib.ExitStack()
        with open(folder / "log", "wb") as log:
            # Its helpers are of its own process group, so that all of them can be ended.
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
        try:
            address = self._address(folder / "DevToolsActivePort")
            self.socket = self.stack.enter_context(connect(address, max_size=None))
        except BaseException:
            self.stop()
            raise
        self.count = 0
        self.pages = {}

    def _address(self, file):
        def address():
            lines = file.read_text().split() if file.exists() else []
            assert self.process.poll() is None, (file.parent / "log").read_text()
            return f"ws://127.0.0.1:{lines[0]}{lines[1]}" if len(lines) == 2 else None
        return poll(address, "Chromium says where it listens", 60)

    def stop(self):
        self.stack.close()
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
        stop_process(self.process)

    def call(self, method, session=None, **parameters):
        """Calls a method of the protocol, and returns its result."""
        self.count += 1
        number = self.count
        message = {"id": number, "method": method, "params": parameters}
        self.socket.send(json.dumps(message | ({"sessionId": session} if session else {})))
        while True:
            answer = self.receive(60)
            if answer.get("id") == number:
                assert "error" not in answer, (method, answer["error"])
                return answer["result"]

    def receive(self, seconds):
        """The next message; events go to their page."""
        message = json.loads(self.socket.recv(timeout=seconds))
        if "method" in message and message.get("sessionId") in self.pages:
            self.pages[message["sessionId"]].take(message["method"], message["params"])
        return message

    def page(self, **look):
        """A page that shows nothing yet."""
        page = Page(self)
        page.look(**look)
        return page

    def open(self, url, **look):
        """A page that has been loaded."""
        page = self.page(**look)
        page.load(url)
        return page


class Page:
    """A tab."""

    def __init__(self, browser):
        self.browser = browser
        self.errors = []
        self.requests = []
        self.is_loaded = False
        context = browser.call("Target.createBrowserContext")["browserContextId"]
        self.target = browser.call("Target.createTarget", url="about:blank", browserContextId=context)["targetId"]
        self.session = browser.call("Target.attachToTarget", targetId=self.target, flatten=True)["sessionId"]
        browser.pages[self.session] = self
        for domain in ["Page", "Runtime", "Log", "Network", "Accessibility"]:
            self.call(f"{domain}.enable")

    def call(self, method, **parameters):
        return self.browser.call(method, self.session, **parameters)

    def take(self, method, event):
        if method == "Runtime.exceptionThrown":
            self.errors.append(event["exceptionDetails"])
        elif method == "Runtime.consoleAPICalled" and event["type"] in ("error", "warning", "assert"):
            self.errors.append(event["args"])
        elif method == "Log.entryAdded" and event["entry"]["level"] in ("error", "warning"):
            self.errors.append(event["entry"])
        elif method == "Network.requestWillBeSent":
            self.requests.append(event["request"]["url"])
        elif method == "Page.loadEventFired":
            self.is_loaded = True

    def look(self, theme="light", width=1280, height=800, scale=1):
        """Light or dark, and the size of the window."""
        mobile = width < 600
        self.call(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=scale, mobile=mobile)
        self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": theme}])

    def load(self, url):
        self.is_loaded = False
        self.call("Page.navigate", url=url)
        deadline = time.monotonic() + 30
        while not self.is_loaded:
            self.browser.receive(deadline - time.monotonic())

    def evaluate(self, expression):
        """What an expression of JavaScript comes to, a promise too."""
        result = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in result, result["exceptionDetails"]
        return result["result"].get("value")

    def wait_for(self, expression, seconds=20):
        """Waits until an expression is true."""
        return poll(lambda: self.evaluate(expression), expression, seconds, 0.05)

    def press(self, key):
        """Tab or Enter."""
        fields = {"Tab": {"windowsVirtualKeyCode": 9}, "Enter": {"windowsVirtualKeyCode": 13, "text": "\r"}}[key]
        for kind in ["keyDown", "keyUp"]:
            self.call("Input.dispatchKeyEvent", type=kind, key=key, code=key, **fields)

    def text(self, selector):
        return self.evaluate(f"document.querySelector({json.dumps(selector)})?.innerText")

    def screenshot(self, file, whole=True):
        """A PNG of the window, or of the whole page."""
        picture = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=whole, optimizeForSpeed=False)
        pathlib.Path(file).write_bytes(base64.b64decode(picture["data"]))

    def close(self):
        self.browser.call("Target.closeTarget", targetId=self.target)
        del self.browser.pages[self.session]
