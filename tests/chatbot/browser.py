"""A headless Chromium, driven over its own protocol (DevTools), for what only a browser can tell.

Here: starting it, one page, and what a person does with it. Not here: what a page should show (the tests).
"""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx
from websockets.sync.client import connect

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
SECONDS = 40.0


def executable() -> str | None:
    """The browser of this machine, if it has one."""
    named = os.environ.get("CHROMIUM")
    return named or next((path for name in BROWSERS if (path := shutil.which(name))), None)


class Page:
    """One page; every wait ends with an error that says what never came."""

    def __init__(self, address: str) -> None:
        self._ending = ExitStack()
        self._socket = self._ending.enter_context(
            connect(address, max_size=None, open_timeout=SECONDS, ping_interval=None)
        )
        self._number = 0
        self.errors: list[str] = []
        """What the console complained about, such as what the content security policy stopped."""

    def call(self, method: str, **parameters: Any) -> Any:
        """Call a method of the protocol; return its result."""
        self._number += 1
        self._socket.send(json.dumps({"id": self._number, "method": method, "params": parameters}))
        while True:
            message = json.loads(self._socket.recv(timeout=SECONDS))
            self._note(message)
            if message.get("id") == self._number:
                assert "error" not in message, message["error"]
                return message["result"]

    def evaluate(self, expression: str) -> Any:
        """Return the value of a JavaScript expression, awaited where it is a promise."""
        result = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in result, result["exceptionDetails"]
        return result["result"].get("value")

    def open(self, url: str, *, width: int = 390, height: int = 844, language: str = "ko-KR") -> None:
        """Open an address on a screen of this size, by default a phone's, as somebody of that language."""
        for domain in ("Page", "Runtime", "Log", "Accessibility", "Network"):
            self.call(f"{domain}.enable")
        self.call("Emulation.setUserAgentOverride", userAgent="Chrome/headless", acceptLanguage=language)
        self.call("Emulation.setLocaleOverride", locale=language)
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=width < 600,
        )
        self.call("Page.navigate", url=url)
        self.wait("document.readyState === 'complete'")

    def wait(self, expression: str) -> None:
        """Wait until an expression is true."""
        deadline = time.monotonic() + SECONDS
        while time.monotonic() < deadline:
            if self.evaluate(f"Boolean({expression})"):
                return
            time.sleep(0.05)
        raise AssertionError(
            f"never true: {expression}; the page says: {self.evaluate('document.body.innerText')}"
        )

    def type(self, text: str) -> None:
        """Type a text where the focus is."""
        self.call("Input.insertText", text=text)

    def press(self, key: str, code: int = 0) -> None:
        """Press and release a key: `Tab` or `Enter`."""
        codes = {"Tab": 9, "Enter": 13}
        text = {"text": "\r"} if key == "Enter" else {}
        common = {"key": key, "code": key, "windowsVirtualKeyCode": code or codes[key]}
        self.call("Input.dispatchKeyEvent", type="keyDown", **common, **text)
        self.call("Input.dispatchKeyEvent", type="keyUp", **common)

    def accessible(self) -> list[tuple[str, str]]:
        """Role and name of everything that assistive technology sees."""
        nodes = self.call("Accessibility.getFullAXTree")["nodes"]
        seen = [node for node in nodes if not node.get("ignored")]
        return [(n.get("role", {}).get("value", ""), n.get("name", {}).get("value", "")) for n in seen]

    def screenshot(self, path: Path) -> None:
        """Keep what is to be seen."""
        path.write_bytes(base64.b64decode(self.call("Page.captureScreenshot", format="png")["data"]))

    def close(self) -> None:
        self._ending.close()

    def _note(self, message: dict[str, Any]) -> None:
        if message.get("method") == "Log.entryAdded" and message["params"]["entry"]["level"] == "error":
            self.errors.append(str(message["params"]["entry"]["text"]))
        if message.get("method") == "Runtime.exceptionThrown":
            self.errors.append(str(message["params"]["exceptionDetails"]))


@contextmanager
def browser(path: str) -> Iterator[Callable[[], Page]]:
    """Start a browser; gives a function that opens pages, each with cookies of its own kind of window."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        command = [
            path, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
            "--disable-background-networking", "--disable-component-update", "--hide-scrollbars", "--no-proxy-server",
            "--remote-debugging-port=0", f"--user-data-dir={profile}", "about:blank",
        ]  # fmt: skip
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        pages: list[Page] = []
        try:
            port = _port(Path(profile) / "DevToolsActivePort", process)

            def new_page() -> Page:
                target = httpx.put(
                    f"http://127.0.0.1:{port}/json/new?about:blank", trust_env=False, timeout=SECONDS
                )
                pages.append(Page(target.json()["webSocketDebuggerUrl"]))
                return pages[-1]

            yield new_page
        finally:
            for page in pages:
                page.close()
            process.terminate()
            try:
                process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _port(file: Path, process: subprocess.Popen[bytes]) -> int:
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        if file.exists() and (lines := file.read_text().splitlines()):
            return int(lines[0])
        time.sleep(0.05)
    raise AssertionError("the browser did not start")
