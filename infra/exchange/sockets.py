"""WebSocket connections that are written to from anywhere, in order, without waiting."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

import orjson
from aiohttp import WSCloseCode, web

from infra.exchange.faults import Faults

MOST_WAITING = 10_000


@dataclass(eq=False, slots=True)
class Socket:
    """One connection. Who does not read for MOST_WAITING messages is disconnected."""

    response: web.WebSocketResponse
    waiting: asyncio.Queue[bytes] = field(default_factory=lambda: asyncio.Queue(MOST_WAITING))
    ended: bool = False

    def send(self, message: Any) -> None:
        """A JSON value, to be sent after what was sent before."""
        self.send_bytes(orjson.dumps(message))

    def send_bytes(self, message: bytes) -> None:
        """As send, of what is JSON already."""
        if self.ended:
            return
        if self.waiting.full():
            self.ended = True
            return
        self.waiting.put_nowait(message)

    async def write(self) -> None:
        """Send what waits until the connection ends."""
        while not self.response.closed:
            message = await self.waiting.get()
            await self.response.send_str(message.decode())
            if self.ended:
                await self.response.close(code=WSCloseCode.POLICY_VIOLATION)


@dataclass(slots=True)
class Topics:
    """Who listens to which stream. faults: of public streams; those of an account have spaces."""

    faults: Faults = field(default_factory=Faults)
    listeners: defaultdict[str, dict[Socket, None]] = field(
        default_factory=lambda: defaultdict(dict)
    )

    def join(self, socket: Socket, name: str) -> None:
        """Listen."""
        self.listeners[name][socket] = None

    def leave(self, socket: Socket, name: str) -> None:
        """Listen no more."""
        self.listeners[name].pop(socket, None)
        if not self.listeners[name]:
            del self.listeners[name]

    def end(self, socket: Socket) -> None:
        """A connection that is over."""
        for name in [name for name, found in self.listeners.items() if socket in found]:
            self.leave(socket, name)

    def of(self, socket: Socket) -> list[str]:
        """What a connection listens to."""
        return [name for name, found in self.listeners.items() if socket in found]

    def heard(self, name: str) -> bool:
        """Whether anybody listens."""
        return name in self.listeners

    def tell(self, name: str, message: Any) -> None:
        """To all who listen."""
        if name in self.listeners:
            told = [message] if " " in name else self.faults.public(name, message, id(self))
            for made in map(orjson.dumps, told):
                for socket in list(self.listeners[name]):
                    socket.send_bytes(made)
