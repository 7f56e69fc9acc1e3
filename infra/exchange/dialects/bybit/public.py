"""The public stream of linear perpetuals: books, trades, tickers, candles.

https://bybit-exchange.github.io/docs/v5/ws/connect
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from infra.exchange.dialects.bybit.display import Display
from infra.exchange.dialects.bybit.errors import Refusal
from infra.exchange.dialects.bybit.market import LENGTHS
from infra.exchange.dialects.bybit.section import Section, milliseconds
from infra.exchange.dialects.bybit.shapes import side, uuid, value
from infra.exchange.dialects.bybit.stream import answered, asked_of, connection, refused
from infra.exchange.dialects.bybit.tickers import ticker
from infra.exchange.facts import Fact, Trade
from infra.exchange.faults import Faults
from infra.exchange.listing import Market
from infra.exchange.sockets import Socket, Topics
from infra.exchange.tape import INTERVALS, Candle

TICK = 0.02
EVERY = {1: 1, 50: 1, 200: 5, 500: 5, 1000: 10}
"""Ticks between messages of a depth: 20, 100, 200 ms. Depth 1 is every 10 ms at Bybit."""
TICKER_EVERY, AGAIN = 5, 150
"""Ticks between tickers and candles, and until a depth of 1 that did not change is told again."""
NAME = re.compile(r"(orderbook\.(?:1|50|200|500|1000)|publicTrade|tickers|kline\.\w+)\.(\w+)")


@dataclass(slots=True)
class Public:
    """Who listens to what of the markets."""

    section: Section
    faults: Faults = field(default_factory=Faults)
    topics: Topics = field(init=False)
    displays: dict[str, Display] = field(default_factory=dict)
    _tickers: dict[str, dict[str, str]] = field(default_factory=dict)
    _candles: dict[str, tuple[int, int]] = field(default_factory=dict)
    _ticks: int = 0

    def __post_init__(self) -> None:
        self.topics = Topics(self.faults)
        self.section.house.listen(self.told)

    async def connect(self, request: web.Request) -> web.WebSocketResponse:
        """One connection until it ends."""
        return await connection(request, self.command, self.topics.end)

    def command(self, socket: Socket, text: str) -> dict[str, Any] | None:
        """subscribe, unsubscribe or ping; all topics of a message are known, or none is joined."""
        try:
            asked = asked_of(text)
        except Refusal as refusal:
            return refused(socket, {}, refusal.message)
        operation, names = asked.get("op"), asked.get("args")
        if operation == "ping":
            return {**answered(socket, asked, "pong"), "op": "ping"}
        if operation not in ("subscribe", "unsubscribe"):
            return refused(socket, asked, "error:invalid op")
        for name in names if isinstance(names, list) else [None]:
            if not isinstance(name, str) or self.market_of(name) is None:
                return refused(socket, asked, f"error:handler not found,topic:{name}")
        socket.send(answered(socket, asked))
        for name in names if isinstance(names, list) else []:
            if operation == "subscribe":
                self._join(socket, name)
            else:
                self.topics.leave(socket, name)
        return None

    def market_of(self, name: str) -> Market | None:
        """The market of a topic, None of one that there is not."""
        found = NAME.fullmatch(name)
        if found is None:
            return None
        kind, symbol = found.groups()
        if kind.startswith("kline.") and kind[6:] not in LENGTHS:
            return None
        return self.section.house.listing.named(symbol)

    def _join(self, socket: Socket, name: str) -> None:
        """Listen, and be told how it is."""
        now, market = self.section.clock.milliseconds(), self.market_of(name)
        assert market is not None
        if name.startswith("orderbook"):
            self._publish(name)
            socket.send(self.display(name, market).snapshot(now))
        elif name.startswith("tickers"):
            self._tell(name)
            socket.send(self._ticker(name, "snapshot", self._tickers[name], now))
        self.topics.join(socket, name)

    def display(self, name: str, market: Market) -> Display:
        """What is displayed to the listeners of a topic."""
        if name not in self.displays:
            book = self.section.house.books.depths[market.number]
            self.displays[name] = Display(market, book, int(name.split(".")[1]))
        return self.displays[name]

    def told(self, facts: Sequence[Fact]) -> None:
        """Tell of the trades of a command, at once."""
        found: dict[Market, list[dict[str, Any]]] = {}
        for fact in facts:
            if isinstance(fact, Trade) and self.topics.heard(f"publicTrade.{fact.market.name}"):
                found.setdefault(fact.market, []).append(trade_row(fact))
        now = self.section.clock.milliseconds()
        for market, rows in found.items():
            name = f"publicTrade.{market.name}"
            self.topics.tell(name, {"topic": name, "type": "snapshot", "ts": now, "data": rows})

    async def run(self) -> None:
        """Publish what goes out by time, until cancelled."""
        while True:
            await asyncio.sleep(TICK)
            self.publish()

    def publish(self) -> None:
        """What goes out by time, of what is heard."""
        self._ticks += 1
        for name in list(self.topics.listeners):
            if name.startswith("orderbook"):
                if self._ticks % EVERY[int(name.split(".")[1])] == 0:
                    self._publish(name)
            elif self._ticks % TICKER_EVERY == 0 and not name.startswith("publicTrade"):
                self._tell(name)

    def _publish(self, name: str) -> None:
        market = self.market_of(name)
        assert market is not None
        display, now = self.display(name, market), self.section.clock.milliseconds()
        told = display.delta(now)
        if told is None and display.depth == 1 and self._ticks % AGAIN == 0:
            told = display.snapshot(now)
        if told is not None:
            self.topics.tell(name, told)

    def _tell(self, name: str) -> None:
        """A ticker or a candle that is another than before."""
        market, now = self.market_of(name), self.section.clock.milliseconds()
        assert market is not None
        if name.startswith("kline"):
            interval = LENGTHS[name.split(".")[1]]
            candle = self.section.house.books.tapes[market.number].latest(interval)
            if candle is not None and self._candles.get(name) != (candle.start, candle.count):
                self._candles[name] = candle.start, candle.count
                self.topics.tell(name, candle_message(market, candle, interval, name, now))
            return
        found, before = ticker(self.section, market), self._tickers.get(name, {})
        delta = {part: text for part, text in found.items() if before.get(part) != text}
        if delta:
            self._tickers[name] = found
            told = {"symbol": market.name, **delta}
            self.topics.tell(name, self._ticker(name, "delta", told, now))

    def _ticker(self, name: str, kind: str, data: dict[str, str], now: int) -> dict[str, Any]:
        seq = sum(depth.update for depth in self.section.house.books.depths)
        return {"topic": name, "type": kind, "data": data, "cs": seq, "ts": now}


def trade_row(trade: Trade) -> dict[str, Any]:
    """A trade of publicTrade."""
    market = trade.market
    return {
        "T": milliseconds(trade.at),
        "s": market.name,
        "S": side(trade.taker_buys),
        "v": market.quantity(trade.lots),
        "p": market.price(trade.price),
        "L": "ZeroPlusTick" if trade.taker_buys else "ZeroMinusTick",
        "i": uuid("trade", trade.number),
        "BT": False,
        "RPI": False,
        "seq": trade.number,
    }


def candle_message(
    market: Market, candle: Candle, interval: str, name: str, now: int
) -> dict[str, Any]:
    """A candle that may be over."""
    end = milliseconds(candle.start + INTERVALS[interval]) - 1
    row = {
        "start": milliseconds(candle.start),
        "end": end,
        "interval": name.split(".")[1],
        "open": market.price(candle.open),
        "close": market.price(candle.close),
        "high": market.price(candle.high),
        "low": market.price(candle.low),
        "volume": market.quantity(candle.lots),
        "turnover": value(market, candle.tick_lots),
        "confirm": now > end,
        "timestamp": now,
    }
    return {"topic": name, "data": [row], "ts": now, "type": "snapshot"}
