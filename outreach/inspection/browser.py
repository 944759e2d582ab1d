"""Chromium without a window, told what to do over a pair of pipes in its own words (the DevTools protocol).

One process serves for all pictures, for starting it costs more than taking them. It has a home of its own, opens no
port, and is ended with everything it started.
"""

import base64
import contextlib
import fcntl
import json
import os
import select
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable
from types import TracebackType
from typing import Any

from outreach.dialling.deadline import Deadline
from outreach.errors import NotInspected
from outreach.inspection.programs import found

NAME = "Chromium"
FLAGS = (
    "--headless",
    "--remote-debugging-pipe",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--disable-extensions",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-dev-shm-usage",
    "--disable-features=Translate,OptimizationHints,MediaRouter",
    "--hide-scrollbars",
    "--mute-audio",
    "--no-first-run",
    "--no-default-browser-check",
)
_FREE = 10
"""File descriptors from here on are in nobody's way: Chromium reads from 3 and writes to 4."""
_NUMBERED = (
    "import os, sys; os.dup2(int(sys.argv[1]), 3); os.dup2(int(sys.argv[2]), 4); os.execv(sys.argv[3], sys.argv[3:])"
)
MOST_BYTES = 64_000_000
"""Of one answer; a picture is far smaller."""


class Browser:
    """A running Chromium; leave its `with` and nothing of it is left. `NotInspected` says why it would not."""

    def __init__(self, program: str, deadline: Deadline) -> None:
        self._command = found(program, NAME)
        self._deadline = deadline
        self._held = b""
        self._number = 0

    def __enter__(self) -> "Browser":
        with contextlib.ExitStack() as opening:
            temporary = tempfile.TemporaryDirectory(prefix="outreach-chromium-", ignore_cleanup_errors=True)
            home = opening.enter_context(temporary)
            with contextlib.ExitStack() as theirs:  # kept open here, they would hide that it has ended
                reads, self._writes = _pipe(theirs, opening)
                self._reads, writes = _pipe(opening, theirs)
                self._process = self._started(home, reads, writes)
            opening.callback(self._end)
            self._rest = opening.pop_all()
        return self

    def _started(self, home: str, reads: int, writes: int) -> subprocess.Popen[bytes]:
        flags = [*FLAGS, f"--user-data-dir={home}"]
        if os.geteuid() == 0:
            flags.append("--no-sandbox")  # with one it refuses to start for root
        quiet = subprocess.DEVNULL
        return subprocess.Popen(  # noqa: S603 - the program that the settings name
            [sys.executable, "-I", "-S", "-c", _NUMBERED, str(reads), str(writes), self._command, *flags],
            pass_fds=(reads, writes),
            stdin=quiet,
            stdout=quiet,
            stderr=quiet,
            env={**os.environ, "HOME": home, "XDG_CONFIG_HOME": home, "XDG_CACHE_HOME": home},
            start_new_session=True,
        )

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _where: TracebackType | None
    ) -> None:
        self._rest.close()

    def page(self, url: str) -> "Page":
        """Open *url* and return it once it is there with its pictures; scripts do not run."""
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        page = Page(self, self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"])
        page.call("Page.enable")
        page.call("Emulation.setScriptExecutionDisabled", value=True)
        page.call("Page.navigate", url=url)
        self._until(lambda said: said.get("method") == "Page.loadEventFired" and said.get("sessionId") == page.session)
        return page

    def call(self, method: str, session: str = "", **params: object) -> dict[str, Any]:
        """Return what Chromium answers to a command."""
        self._number += 1
        number = self._number
        command = {"id": number, "method": method, "params": params, **({"sessionId": session} if session else {})}
        try:
            os.write(self._writes, json.dumps(command).encode() + b"\0")
        except OSError as error:
            raise NotInspected(NAME, f"it ended: {error}") from error
        answer = self._until(lambda said: said.get("id") == number)
        if "error" in answer:
            raise NotInspected(NAME, f"{method}: {str(answer['error'].get('message'))[:200]}")
        return dict(answer["result"])

    def _until(self, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        while not wanted(said := self._next()):
            pass
        return said

    def _next(self) -> dict[str, Any]:
        while b"\0" not in self._held:
            ready, _, _ = select.select([self._reads], [], [], self._deadline.left)
            if not ready or self._deadline.passed:
                raise NotInspected(NAME, f"it took longer than {self._deadline.seconds:g} s")
            piece = os.read(self._reads, 1 << 20)
            self._held += piece
            if not piece or len(self._held) > MOST_BYTES:
                raise NotInspected(NAME, "it ended" if not piece else "it said too much")
        line, _, self._held = self._held.partition(b"\0")
        try:
            said = json.loads(line)
        except ValueError:
            said = None
        if not isinstance(said, dict):
            raise NotInspected(NAME, f"it said what nobody understands: {line[:80].decode('utf-8', 'replace')}")
        return said

    def _end(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()


class Page:
    """An open page."""

    def __init__(self, browser: Browser, session: str) -> None:
        self.session = session
        self._browser = browser

    def call(self, method: str, **params: object) -> dict[str, Any]:
        """Return what Chromium answers to a command about this page."""
        return self._browser.call(method, self.session, **params)

    def picture(self, width: int, scheme: str, highest: int) -> bytes:
        """Return the page as a PNG, cut off at *highest*, as a reader who prefers *scheme* sees it."""
        self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=width, deviceScaleFactor=1, mobile=False)
        height = min(highest, int(self.call("Page.getLayoutMetrics")["cssContentSize"]["height"]))
        clip = {"x": 0, "y": 0, "width": width, "height": max(1, height), "scale": 1}
        shot = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=True, clip=clip)
        return base64.b64decode(shot["data"])


def _pipe(*closing: contextlib.ExitStack) -> tuple[int, int]:
    """Return the ends of a pipe; each is closed with one of *closing*."""
    ends = os.pipe()
    free = [fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, _FREE) for end in ends]
    for end, whose, each in zip(ends, closing, free, strict=True):
        os.close(end)
        whose.callback(os.close, each)
    return free[0], free[1]
