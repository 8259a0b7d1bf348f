"""Chromium without a window, spoken to over a pipe (DevTools protocol): the standard library is enough."""

import base64
import json
import os
import select
import shutil
import subprocess
import tempfile
import time

PROGRAM = os.environ.get("PSABILL_TEST_CHROMIUM", "/usr/bin/chromium")


class Chromium:
    def __init__(self):
        self.profile = tempfile.mkdtemp(prefix="psabill-chromium-")
        to_read, self.to = os.pipe()
        self.back, to_write = os.pipe()

        def descriptors():
            # The browser reads commands from 3 and answers on 4.
            a, b = os.dup(to_read), os.dup(to_write)
            os.dup2(a, 3)
            os.dup2(b, 4)

        options = ["--headless", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars", "--no-first-run", "--disable-background-networking",
                   "--font-render-hinting=none", "--remote-debugging-pipe", f"--user-data-dir={self.profile}"]
        if os.geteuid() == 0:
            options.append("--no-sandbox")  # it refuses to start as root with it; what is loaded are our own files
        self.process = subprocess.Popen([PROGRAM, *options, "about:blank"], preexec_fn=descriptors, close_fds=False, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL)
        os.close(to_read)
        os.close(to_write)
        self.n, self.buffer, self.events, self.session = 0, b"", [], None

    def message(self, until):
        while b"\0" not in self.buffer:
            left = until - time.monotonic()
            if left <= 0 or not select.select([self.back], [], [], left)[0]:
                raise TimeoutError("the browser does not answer")
            data = os.read(self.back, 1 << 20)
            if not data:
                raise EOFError("the browser is gone")
            self.buffer += data
        one, self.buffer = self.buffer.split(b"\0", 1)
        return json.loads(one)

    def call(self, method, seconds=30, **params):
        self.n += 1
        wanted, until = self.n, time.monotonic() + seconds
        request = {"id": wanted, "method": method, "params": params}
        if self.session:
            request["sessionId"] = self.session
        data = json.dumps(request).encode() + b"\0"
        while data:
            data = data[os.write(self.to, data):]
        while True:
            m = self.message(until)
            if m.get("id") == wanted:
                if "error" in m:
                    raise RuntimeError(f"{method}: {m['error']}")
                return m["result"]
            if "method" in m:
                self.events.append(m)

    def event(self, method, seconds=30):
        until = time.monotonic() + seconds
        while True:
            for i, m in enumerate(self.events):
                if m["method"] == method:
                    return self.events.pop(i)
            m = self.message(until)
            if "method" in m:
                self.events.append(m)

    def tab(self):
        self.session = None
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "DOM"):
            self.call(f"{domain}.enable")

    def show(self, path, width, scheme="light", height=900, script=True):
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 600)
        self.call("Emulation.setEmulatedMedia", media="screen", features=[{"name": "prefers-color-scheme", "value": scheme}])
        self.call("Emulation.setScriptExecutionDisabled", value=not script)
        self.events.clear()
        self.call("Page.navigate", url="file://" + path)
        self.event("Page.loadEventFired")

    def eval(self, expression):
        r = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in r:
            raise RuntimeError(f"{expression[:80]}: {r['exceptionDetails']}")
        return r["result"].get("value")

    def key(self, name, code=None, text=None):
        for kind in ("keyDown", "keyUp"):
            self.call("Input.dispatchKeyEvent", type=kind, key=name, code=name, windowsVirtualKeyCode=code or 0, **({"text": text} if text and kind == "keyDown" else {}))

    def type(self, text):
        self.call("Input.insertText", text=text)

    def complaints(self):
        """What the browser said of the page since it was shown: errors, warnings, exceptions."""
        self.eval("1")
        said = [m["params"]["entry"]["text"] for m in self.events if m["method"] == "Log.entryAdded" and m["params"]["entry"]["level"] in ("error", "warning")]
        said += [str(m["params"]["exceptionDetails"]) for m in self.events if m["method"] == "Runtime.exceptionThrown"]
        return said + [str(m["params"]) for m in self.events if m["method"] == "Runtime.consoleAPICalled"]

    def picture(self, path, height=None):
        size = self.call("Page.getLayoutMetrics")["cssContentSize"]
        clip = {"x": 0, "y": 0, "width": size["width"], "height": min(height or size["height"], 16000), "scale": 1}
        data = self.call("Page.captureScreenshot", seconds=60, format="png", captureBeyondViewport=True, clip=clip)["data"]
        with open(path, "wb") as f:
            f.write(base64.b64decode(data))

    def pdf(self, path):
        with open(path, "wb") as f:
            f.write(base64.b64decode(self.call("Page.printToPDF", seconds=60, printBackground=False, preferCSSPageSize=True)["data"]))

    def close(self):
        self.session = None
        try:
            self.call("Browser.close", seconds=10)
        except (OSError, EOFError, TimeoutError, RuntimeError):
            self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        os.close(self.to)
        os.close(self.back)
        shutil.rmtree(self.profile, ignore_errors=True)
