"""Frames as they go over a WebSocket, encoded once for all who read them, and the line they take.

A server's frames have no mask (RFC 6455, 5.1), and streams are not compressed: so the same bytes
are right for every reader. They are handed to the transport as they are, without a task, a message
or an encoding for each.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

from starlette.types import Scope
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

if TYPE_CHECKING:
    from uvicorn.config import Config
    from uvicorn.server import ServerState

EXTENSION = "tapeline.line"
"""Of the scope's extensions: the line of a stream."""
TEXT = 0x81
"""Final, and text."""


def framed(text: bytes) -> bytes:
    """One text frame of a server (RFC 6455, 5.2)."""
    size = len(text)
    if size < 126:
        return bytes((TEXT, size)) + text
    if size < 1 << 16:
        return b"%c\x7e%b%b" % (TEXT, size.to_bytes(2, "big"), text)
    return b"%c\x7f%b%b" % (TEXT, size.to_bytes(8, "big"), text)


class Line(Protocol):
    """Where a reader's frames go. flowing: it takes more; since: when it took no more, of the
    loop's time; onward: called when it flows again.
    """

    flowing: bool
    since: float | None
    onward: Callable[[], None]

    def write(self, frame: bytes) -> None:
        """Send a frame; nothing where the reader is gone."""
        ...

    def abort(self) -> None:
        """Cut it: what waits there is lost."""
        ...


def line_of(scope: Scope) -> Line:
    """The line of a stream that was accepted."""
    found: Line = scope["extensions"][EXTENSION]
    return found


class Wire(WebSocketsSansIOProtocol):
    """uvicorn's protocol, with a `Line` of each stream: not flowing while its reader is slow."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: Any = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self.flowing = True
        self.since: float | None = None
        self.onward: Callable[[], None] = _nothing

    async def run_asgi(self) -> None:
        """As its base, with the line in the scope."""
        extensions: dict[str, Any] = self.scope["extensions"]
        extensions[EXTENSION] = self
        await super().run_asgi()

    def write(self, frame: bytes) -> None:
        """As `Line.write`."""
        if not self.transport.is_closing():
            self.transport.write(frame)

    def abort(self) -> None:
        """As `Line.abort`."""
        self.transport.abort()

    def pause_writing(self) -> None:
        """The transport has more than it wants to hold."""
        super().pause_writing()
        self.flowing, self.since = False, self.loop.time()

    def resume_writing(self) -> None:
        """Most of it is gone."""
        super().resume_writing()
        self.flowing, self.since = True, None
        self.onward()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing can be written any more, and nobody is told of it here."""
        self.onward = _nothing
        super().connection_lost(exc)


def _nothing() -> None: ...
