"""A last moment for a whole fetch.

Timeouts of one read never strike on a server that sends a byte now and then; so the socket is shut from outside.
"""

import socket
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from types import TracebackType
from typing import Any

_CONNECTED = frozenset({"connection.connect_tcp.complete", "connection.start_tls.complete"})


class Deadline:
    """Entered at the start of a fetch; within, no connection outlives it."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._ends = time.monotonic() + seconds
        self._socket: socket.socket | None = None
        self._timer = threading.Timer(seconds, self._shut)
        self._timer.daemon = True

    def __enter__(self) -> "Deadline":
        self._timer.start()
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _where: TracebackType | None
    ) -> None:
        self._timer.cancel()

    @property
    def left(self) -> float:
        """Seconds left, never less than a thousandth: timeouts of nothing are errors of their own."""
        return max(self._ends - time.monotonic(), 0.001)

    @property
    def passed(self) -> bool:
        """Whether the last moment is over."""
        return time.monotonic() >= self._ends

    def watch(self, event: str, info: Mapping[str, Any]) -> None:
        """Take note of the connection; httpcore calls this as its `trace` extension."""
        if event in _CONNECTED:
            self._socket = info["return_value"].get_extra_info("socket")
            if self.passed:
                self._shut()

    def _shut(self) -> None:
        if self._socket is not None:
            with suppress(OSError):
                # past SSLSocket's own method, which would pull the TLS state from under the reading thread
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)
