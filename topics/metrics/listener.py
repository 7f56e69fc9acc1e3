"""The socket and thread of a process' /metrics, /health and /ready.

Until somebody asks it is a thread that sleeps: the server and the Prometheus library are loaded at
the first question. With a token, who asks must show it; without one only this machine reaches the
socket, and a browser that was sent here under another name is turned away.
"""

from __future__ import annotations

import os
import select
import socket
import threading
from typing import TYPE_CHECKING

from schemas.errors import TapelineError
from topics.metrics.settings import MetricsSettings

if TYPE_CHECKING:
    from topics.metrics.exposure import Exposure
    from topics.metrics.server import Server

TRIED = 64
"""Ports, from the one that the settings name."""


class Listener:
    """Listens from the moment it is made; raises TapelineError where it cannot."""

    def __init__(self, options: MetricsSettings, exposure: Exposure) -> None:
        self._options, self._exposure = options, exposure
        self._door = bound(options)
        self._server: Server | None = None
        self._waking, self._ending = socket.socketpair()
        host, port = self._door.getsockname()[:2]
        self.address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        self._thread = threading.Thread(target=self._run, name="metrics", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        found, _, _ = select.select([self._door, self._waking], [], [])
        if self._waking in found:
            return
        from topics.metrics.server import Server  # 0.1 s, of use to who is asked

        self._server = Server(self._door, self._options, self._exposure)
        self._server.run(self._waking)

    def close(self) -> None:
        """Listen no more."""
        self._ending.send(b"x")
        self._thread.join(10)
        for each in (self._door, self._waking, self._ending):
            each.close()


def bound(options: MetricsSettings) -> socket.socket:
    """A socket that listens where the settings say; TapelineError where none can."""
    family, _, _, _, address = _resolved(options)
    last: OSError | None = None
    for port in range(options.port, min(options.port + TRIED, 1 << 16)) if options.port else (0,):
        door = socket.socket(family, socket.SOCK_STREAM)
        try:
            if os.name == "posix":  # a port whose last answers linger is free; one in use is not
                door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            door.bind((address[0], port))
            door.listen(16)
            return door
        except OSError as error:
            door.close()
            last = error
    reason = last.strerror if last else ""
    raise TapelineError(
        f"metrics: {options.host}:{options.port} cannot be listened on ({reason}): set another "
        "metrics.port, or 0 for any free one"
    )


def _resolved(options: MetricsSettings) -> tuple[int, int, int, str, tuple[str, int]]:
    try:
        found = socket.getaddrinfo(options.host, options.port, type=socket.SOCK_STREAM)
    except OSError as error:
        text = f"metrics: {options.host} is no address ({error.strerror}): mend metrics.host"
        raise TapelineError(text) from None
    return found[0]  # type: ignore[return-value]
