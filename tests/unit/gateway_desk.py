"""A gateway that has read what a small desk has said: no broker, no network."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from functools import cache
from typing import Any

import orjson
from fastapi import FastAPI

from gateway.api.commander import Commander
from gateway.api.services import Services
from gateway.control.once import Ledger
from gateway.live.hub import Item
from gateway.live.live import Live
from gateway.live.reading import Raw, news
from gateway.live.wire import EXTENSION
from schemas.codec import encode
from schemas.commands import ControlCommand
from tests.unit.gateway_api import services
from tests.unit.small_desk import SECOND, Story


@cache
def said() -> tuple[Item, ...]:
    """All news of the first 28 s of the small desk, in order."""
    return tuple(news(records()))


@cache
def records() -> tuple[Raw, ...]:
    """The records themselves."""
    rows = Story().play(28 * SECOND).rows
    return tuple(Raw(topic, row.key.encode(), encode(row)) for topic, row in rows)


class TopicInMemory:
    """control.commands as a list that outlives the gateways which use it."""

    def __init__(self, rows: list[ControlCommand]) -> None:
        self.rows, self.ledger, self.at = rows, Ledger(), 0

    def read(self) -> None:
        for row in self.rows[self.at :]:
            self.ledger.take(row)
        self.at = len(self.rows)

    def counts(self, id: str) -> ControlCommand | None:
        return self.ledger.counts(id)

    def next(self, key: str) -> int:
        last = self.ledger.last(key)
        return 0 if last is None else last + 1

    def append(self, records: Sequence[ControlCommand]) -> None:
        self.rows += records

    def close(self) -> None: ...


def desk(topic: list[ControlCommand] | None = None, **options: object) -> Services:
    """Its services: what the small desk said has been read, and nothing more comes. topic: what
    commands are published to.
    """
    topic = [] if topic is None else topic
    made = services(**options)
    live = Live(made.settings, made.options.kept)
    live.hub.take(said())
    live.broker = True

    @asynccontextmanager
    async def part(of: Services) -> AsyncIterator[None]:
        of.live = live
        beating = asyncio.create_task(live.beat())
        yield
        beating.cancel()

    made.live = live
    made.commander = Commander(lambda: TopicInMemory(topic), lambda: "desk:9092")
    made.parts.append(part)
    return made


class Pipe:
    """A line of a stream that ends in `taken`. flowing: as a slow reader's is not."""

    def __init__(self, taken: Callable[[bytes], None], flowing: bool = True) -> None:
        self._taken, self.flowing = taken, flowing
        self.since = None if flowing else 0.0
        self.onward: Callable[[], None] = lambda: None
        self.aborted = False

    def write(self, frame: bytes) -> None:
        self._taken(frame)

    def abort(self) -> None:
        self.aborted = True


def payload(frame: bytes) -> Any:
    """What a server's text frame tells (RFC 6455, 5.2)."""
    head = {126: 4, 127: 10}.get(frame[1], 2)
    size = int.from_bytes(frame[2:head], "big") if head > 2 else frame[1]
    assert frame[0] == 0x81
    assert len(frame) == head + size
    return orjson.loads(frame[head:])


class Socket:
    """A WebSocket of the app, without a network. slow: it reads nothing."""

    def __init__(self, api: FastAPI, who: str = "trader", slow: bool = False, **heads: str) -> None:
        headers = {"authorization": f"Bearer {who}", "host": "desk", **heads}
        self._there: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._back: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.line = Pipe(self._written, flowing=not slow)
        self._scope = {
            "type": "websocket", "path": "/v1/stream", "raw_path": b"/v1/stream", "headers": [
                (name.encode(), value.encode()) for name, value in headers.items()
            ], "query_string": b"", "subprotocols": [], "scheme": "ws", "root_path": "",
            "extensions": {"websocket.http.response": {}, EXTENSION: self.line},
            "client": ("10.0.0.1", 1),
        }  # fmt: skip
        self._api = api

    async def __aenter__(self) -> Socket:
        self._there.put_nowait({"type": "websocket.connect"})
        self._task = asyncio.create_task(self._api(self._scope, self._there.get, self._sent))
        self.opened = await self._next()
        return self

    async def __aexit__(self, *_: object) -> None:
        self._there.put_nowait({"type": "websocket.disconnect", "code": 1000})
        await asyncio.wait_for(self._task, 60)

    def _written(self, frame: bytes) -> None:
        self._back.put_nowait({"type": "websocket.send", "frame": payload(frame)})

    async def _sent(self, message: Any) -> None:
        assert message["type"] != "websocket.send", "frames go by the line"
        self._back.put_nowait(message)

    async def _next(self) -> dict[str, Any]:
        return await asyncio.wait_for(self._back.get(), 60)

    def say(self, **said: object) -> None:
        """A message of the client."""
        self._there.put_nowait({"type": "websocket.receive", "text": orjson.dumps(said).decode()})

    async def heard(self, kind: str) -> dict[str, Any]:
        """The next frame of a type; other ones are passed over."""
        while True:
            message = await self._next()
            assert message["type"] == "websocket.send", message
            frame: dict[str, Any] = message["frame"]
            if frame["type"] == kind:
                return frame

    async def closed(self) -> tuple[int, str]:
        """The code and reason of its end; frames before it are passed over."""
        while True:
            message = await self._next()
            if message["type"] == "websocket.close":
                return message["code"], message["reason"]
