"""What streams of USD-M and spot share: connections, names, and what goes out by time.

Diffs of the book go out every 100 ms to every depth stream, whatever its speed.
"""

from __future__ import annotations

import asyncio
import re
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, ClassVar

import orjson
from aiohttp import WSMsgType, web

from infra.exchange.depth import Diff
from infra.exchange.dialects.binance.events import kline
from infra.exchange.dialects.binance.section import Section
from infra.exchange.facts import Fact, Trade
from infra.exchange.faults import Faults
from infra.exchange.listing import Market
from infra.exchange.sockets import Socket, Topics
from infra.exchange.tape import INTERVALS

TICK = 0.1


class Combined(Socket):
    """A connection that is told of which stream each message is."""

    def tell(self, name: str, message: bytes) -> None:
        """In the form of combined streams."""
        self.send_bytes(b'{"stream":"%b","data":%b}' % (name.encode(), message))


@dataclass(slots=True)
class Streams(ABC):
    """Who listens to what of a section."""

    kinds: ClassVar[re.Pattern[str]]
    """What may come after the @ of a stream's name."""

    section: Section
    faults: Faults = field(default_factory=Faults)
    topics: Topics = field(init=False)
    _seconds: int = 0
    _candled: dict[str, tuple[int, int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.topics = Topics(self.faults)
        self.section.house.hear(self.heard)

    async def connect(self, request: web.Request) -> web.WebSocketResponse:
        """One connection until it ends."""
        response = web.WebSocketResponse(heartbeat=180, max_msg_size=1 << 16)
        await response.prepare(request)
        socket = (Combined if "streams" in request.query else Socket)(response)
        for name in named(request):
            self._join(socket, name)
        writer = asyncio.ensure_future(socket.write())
        try:
            async for message in response:
                if message.type is WSMsgType.TEXT:
                    socket.send(self.command(socket, message.data))
        finally:
            writer.cancel()
            self.topics.end(socket)
        return response

    def topic(self, name: str) -> str | None:
        """What a stream's name listens to; None of one that there is not."""
        market, _, kind = name.partition("@")
        if self.section.house.listing.named(market.upper()) and self.kinds.fullmatch(kind):
            return f"{market.lower()}@{kind}"
        return None

    def _join(self, socket: Socket, name: str) -> bool:
        topic = self.topic(name)
        if topic is not None:
            self.topics.join(socket, topic)
        return topic is not None

    def command(self, socket: Socket, text: str) -> dict[str, Any]:
        """SUBSCRIBE, UNSUBSCRIBE or LIST_SUBSCRIPTIONS."""
        try:
            asked = orjson.loads(text)
        except orjson.JSONDecodeError:
            return {"error": {"code": 3, "msg": "Invalid JSON: expected value"}}
        if not isinstance(asked, dict):
            return {"error": {"code": 2, "msg": "Invalid request: request must be an object"}}
        number, names = asked.get("id"), asked.get("params", [])
        if asked.get("method") == "LIST_SUBSCRIPTIONS":
            return {"result": self.topics.of(socket), "id": number}
        texts = isinstance(names, list) and all(isinstance(name, str) for name in names)
        if asked.get("method") not in ("SUBSCRIBE", "UNSUBSCRIBE") or not texts:
            return {"error": {"code": 2, "msg": "Invalid request: unknown variant"}, "id": number}
        for name in names:
            if asked["method"] == "UNSUBSCRIBE":
                self.topics.leave(socket, name)
            elif not self._join(socket, name):
                told = {"code": 2, "msg": "Invalid request: invalid stream"}
                return {"error": told, "id": number}
        return {"result": None, "id": number}

    def heard(self, fact: Fact) -> None:
        """Tell who listens of a fact, at once."""
        if isinstance(fact, Trade):
            name = fact.market.name.lower()
            for kind in ("trade", "aggTrade"):
                if self.topics.heard(f"{name}@{kind}"):
                    self.topics.tell(f"{name}@{kind}", self.traded(fact, kind == "aggTrade"))

    @abstractmethod
    def traded(self, trade: Trade, aggregate: bool) -> dict[str, Any]:
        """A public trade as told."""

    async def run(self) -> None:
        """Publish what goes out by time, until cancelled."""
        while True:
            await asyncio.sleep(TICK)
            self.publish()

    def publish(self) -> None:
        """What goes out by time: books and candles each tick, more each second."""
        now = self.section.clock.milliseconds()
        second, before = now // 1000, self._seconds
        self._seconds = second
        for market in self.section.house.listing.markets:
            diff = self.section.house.books.depths[market.number].diff()
            if diff is not None:
                self.changed(market, diff, now)
            self._candles(market, now)
        if second != before:
            self.ticked(now)

    @abstractmethod
    def changed(self, market: Market, diff: Diff, now: int) -> None:
        """A book is not what it was."""

    @abstractmethod
    def ticked(self, now: int) -> None:
        """A second is over."""

    def _candles(self, market: Market, now: int) -> None:
        tape = self.section.house.books.tapes[market.number]
        for interval in INTERVALS:
            name = f"{market.name.lower()}@kline_{interval}"
            candle = tape.latest(interval) if self.topics.heard(name) else None
            if candle is not None and self._candled.get(name) != (candle.start, candle.count):
                self._candled[name] = candle.start, candle.count
                self.topics.tell(name, kline(market, candle, interval, now))


def named(request: web.Request) -> Iterator[str]:
    """Streams, or a listen key, in an address; combined ones are `?streams=` of it."""
    if "listenKey" in request.query:
        yield request.query["listenKey"]
    yield from request.query.get("streams", "").split("/")
    yield from request.match_info.get("name", "").split("/")
