"""A request's head is short and arrives in time, or its connection is cut.

uvicorn ends a connection that says nothing after an answer; for the first request of a new one, and
for one that has begun, it waits for ever, and takes headers without end.
"""

from __future__ import annotations

import asyncio

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD = 20.0
"""Seconds from the connection, or from a head's first bytes, within which all of it is there."""
LONGEST = 64 << 10
"""Bytes of a head after which no more of it is taken."""


class Http(HttpToolsProtocol):
    """uvicorn's protocol, with that. A head that comes in one piece takes no timer."""

    _late: asyncio.TimerHandle | None = None
    _waits = True
    _came = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """It waits for the first request."""
        super().connection_made(transport)
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """It waits no more."""
        self._there()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """A piece of a head, or of what comes behind it."""
        if self._waits and self._came > LONGEST:
            self.transport.abort()
            return
        self._came += len(data)
        super().data_received(data)
        if self._waits and self._late is None:
            self._wait()

    def on_headers_complete(self) -> None:
        """A head is there: what comes of it takes its time."""
        self._waits = False
        self._there()
        super().on_headers_complete()

    def on_response_complete(self) -> None:
        """It waits for the next request, if no other is under way."""
        super().on_response_complete()
        if self.cycle.response_complete:
            self._waits, self._came = True, 0

    def _wait(self) -> None:
        self._late = self.loop.call_later(HEAD, self.transport.abort)

    def _there(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None
