"""Streams of USD-M futures: public ones by name, user data by listen key.

Diffs of the book go out every 100 ms to every depth stream, whatever its speed.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import orjson
from aiohttp import WSMsgType, web

from infra.exchange.dialects.binance import usdm_events as events
from infra.exchange.dialects.binance.section import Section
from infra.exchange.facts import Changed, Configured, Fact, Marked, Report, Trade
from infra.exchange.faults import Faults
from infra.exchange.listing import Market
from infra.exchange.sockets import Socket, Topics
from infra.exchange.tape import INTERVALS

TICK = 0.1
SPEEDS = ("", "@0ms", "@100ms", "@250ms", "@500ms")
KINDS = re.compile(
    r"(trade|aggTrade|bookTicker|depth(@(0|100|250|500)ms)?|markPrice(@1s)?"
    r"|kline_(" + "|".join(INTERVALS) + "))"
)


@dataclass(slots=True)
class Streams:
    """Who listens to what of a section."""

    section: Section
    faults: Faults = field(default_factory=Faults)
    topics: Topics = field(init=False)
    _seconds: int = 0
    _candled: dict[str, tuple[int, int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.topics = Topics(self.faults)
        self.section.house.hear(self.heard)

    def routes(self) -> list[web.RouteDef]:
        """Addresses, with and without the category."""
        paths = ("/fstream/ws", "/fstream/ws/{name}")
        category = "/fstream/{category:public|market|private}"
        found = [web.get(path, self.connect) for path in paths]
        return [*found, *(web.get(category + path[8:], self.connect) for path in paths)]

    async def connect(self, request: web.Request) -> web.WebSocketResponse:
        """One connection until it ends."""
        response = web.WebSocketResponse(heartbeat=180, max_msg_size=1 << 16)
        await response.prepare(request)
        socket = Socket(response)
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

    def _join(self, socket: Socket, name: str) -> bool:
        """Listen to a stream, or with a listen key to its account."""
        account = self.section.listens.account(name)
        if account is not None:
            self.topics.join(socket, f"account {account.number}")
            return True
        market, _, kind = name.partition("@")
        if self.section.house.listing.named(market.upper()) and KINDS.fullmatch(kind):
            self.topics.join(socket, f"{market.lower()}@{kind}")
            return True
        return False

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
                return {
                    "error": {"code": 2, "msg": "Invalid request: invalid stream"},
                    "id": number,
                }
        return {"result": None, "id": number}

    def heard(self, fact: Fact) -> None:
        """Tell who listens of a fact, at once."""
        now = self.section.clock.milliseconds()
        if isinstance(fact, Trade):
            name = fact.market.name.lower()
            for kind, aggregate in (("trade", False), ("aggTrade", True)):
                if self.topics.heard(f"{name}@{kind}"):
                    self.topics.tell(f"{name}@{kind}", events.public_trade(fact, aggregate))
            return
        if isinstance(fact, Marked):
            return
        account = fact.order.account if isinstance(fact, Report) else fact.account
        listener = f"account {account.number}"
        if self.topics.heard(listener):
            for told in self.faults.events(listener, self._private(fact, now)):
                self.topics.tell(listener, told)

    def _private(self, fact: Report | Changed | Configured, now: int) -> dict[str, Any]:
        if isinstance(fact, Report):
            return events.order_update(fact, now)
        if isinstance(fact, Changed):
            return events.account_update(self.section, fact, now)
        return events.config_update(fact, now)

    async def run(self) -> None:
        """Publish what goes out by time, until cancelled."""
        while True:
            await asyncio.sleep(TICK)
            self.publish()

    def publish(self) -> None:
        """What goes out by time: books and candles each tick, mark prices each second."""
        now = self.section.clock.milliseconds()
        second, before = now // 1000, self._seconds
        self._seconds = second
        for market in self.section.house.listing.markets:
            self._book(market, now)
            self._candles(market, now)
            if second != before:
                self._mark(market)

    def _book(self, market: Market, now: int) -> None:
        diff = self.section.house.books.depths[market.number].diff()
        if diff is None:
            return
        name = market.name.lower()
        heard = [
            f"{name}@depth{each}" for each in SPEEDS if self.topics.heard(f"{name}@depth{each}")
        ]
        if heard:
            told = events.depth(market, diff, now)
            for each in heard:
                self.topics.tell(each, told)
        if self.topics.heard(f"{name}@bookTicker"):
            self.topics.tell(f"{name}@bookTicker", events.book_ticker(self.section, market))

    def _candles(self, market: Market, now: int) -> None:
        tape = self.section.house.books.tapes[market.number]
        for interval in INTERVALS:
            name = f"{market.name.lower()}@kline_{interval}"
            candle = tape.latest(interval) if self.topics.heard(name) else None
            if candle is not None and self._candled.get(name) != (candle.start, candle.count):
                self._candled[name] = candle.start, candle.count
                self.topics.tell(name, events.kline(market, candle, interval, now))

    def _mark(self, market: Market) -> None:
        for kind in ("markPrice", "markPrice@1s"):
            name = f"{market.name.lower()}@{kind}"
            if self.topics.heard(name):
                self.topics.tell(name, events.mark_price(self.section, market))


def named(request: web.Request) -> Iterator[str]:
    """Streams, or a listen key, in an address."""
    if "listenKey" in request.query:
        yield request.query["listenKey"]
    yield from request.match_info.get("name", "").split("/")
