"""One connection of a client: what is to be sent on it, in order, and what has been."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, Protocol, TypeAlias, get_args

from aiohttp import web

from engine.feeds.speech import Topic

MOST_WAITING = 20_000

Origin = Literal["recorded", "made", "garbage", "double"]
ORIGINS: tuple[Origin, ...] = get_args(Origin)
End = Literal["", "cut", "closed", "slow", "left"]


class Sent(NamedTuple):
    """A frame that was sent. position: its number in the recording, -1 of what the venue says
    itself ("made").
    """

    payload: str | bytes
    origin: Origin
    position: int = -1


class Lost(NamedTuple):
    """A frame that the venue sends, and that is lost on the line."""

    sent: Sent


class Stall(NamedTuple):
    """Nothing is sent for so many seconds; 0: no more."""

    seconds: float


class Cut(NamedTuple):
    """The end of the connection."""


class Close(NamedTuple):
    """The end of the connection, in order: with the protocol's farewell, after all before it."""


class Pong(NamedTuple):
    """An answer to a ping of the WebSocket protocol."""

    payload: bytes


Item: TypeAlias = Sent | Lost | Stall | Cut | Close | Pong


class Keeping(Protocol):
    """Where what was sent is kept (infra.replaying.tape, or a list)."""

    def append(self, sent: Sent, /) -> None: ...


@dataclass(slots=True)
class Noted:
    """A fault, or an end, that a connection met: when (ns of this machine), and at which frame."""

    time: int
    connection: int
    what: str
    position: int = -1
    market: str = ""
    frames: int = 1


@dataclass(eq=False, slots=True)
class Connection:
    """A socket with what waits for it. number: counts all connections of a server from 0.

    sent: every frame that was written, in order; on `tape` instead, where it has one. late: what
    comes after the next frame. missing: frames that are still to be left out. broken: frames, and
    one, that are still to be lost until it is cut. over: nothing more is sent. topics: all that
    were subscribed on it. end: how it ended: cut or closed by the venue, cut for being slow, or
    left by the client.
    """

    number: int
    address: str
    response: web.WebSocketResponse
    request: web.Request
    notes: list[Noted]
    sent: list[Sent] = field(default_factory=list)
    late: list[Sent] = field(default_factory=list)
    missing: int = 0
    broken: int = 0
    over: bool = False
    topics: dict[Topic, None] = field(default_factory=dict)
    end: End = ""
    tape: Keeping | None = None
    waiting: asyncio.Queue[Item] = field(default_factory=lambda: asyncio.Queue(MOST_WAITING))

    def send(self, item: Item) -> None:
        """Send after all that was sent before; a client that does not read is cut off."""
        if self.over:
            return
        if self.broken:
            item = _unheard(item)
        if self.waiting.full():
            self.note("slow")
            self.end = "slow"
            self.abort()
            return
        self.waiting.put_nowait(item)
        if isinstance(item, Cut | Close):
            self.over = True

    def note(self, what: str, position: int = -1, market: str = "", frames: int = 1) -> None:
        """Write down what happened to it."""
        self.notes.append(Noted(time.time_ns(), self.number, what, position, market, frames))

    async def write(self) -> None:
        """Send what waits until the connection ends."""
        keeping: Keeping = self.sent if self.tape is None else self.tape
        while not self.response.closed:
            item = await self.waiting.get()
            match item:
                case Sent(payload):
                    keeping.append(item)
                    await self._send(payload)
                case Lost(sent):
                    keeping.append(sent)
                case Pong(payload):
                    await self.response.pong(payload)
                case Stall(seconds):
                    await (asyncio.sleep(seconds) if seconds else asyncio.Event().wait())
                case Cut() | Close():
                    return await self._finish(item)

    async def _send(self, payload: str | bytes) -> None:
        if isinstance(payload, str):
            await self.response.send_str(payload)
        else:
            await self.response.send_bytes(payload)

    async def _finish(self, item: Cut | Close) -> None:
        self.end = "cut" if isinstance(item, Cut) else "closed"
        if isinstance(item, Close):
            await self.response.close()
        self.abort()

    def abort(self) -> None:
        """End it as a broken line does: what the client has not read yet may be lost."""
        self.over = True
        if self.request.transport is not None:
            self.request.transport.abort()


def _unheard(item: Item) -> Item:
    """What becomes of it on a broken line."""
    if isinstance(item, Sent):
        return Lost(item)
    return Cut() if isinstance(item, Close) else item
