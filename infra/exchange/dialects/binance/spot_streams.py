"""Streams of spot, by name, one connection for many."""

from __future__ import annotations

import re
from typing import Any, ClassVar

from aiohttp import web

from infra.exchange.depth import Diff
from infra.exchange.dialects.binance import spot_events as events
from infra.exchange.dialects.binance.spot_market import book
from infra.exchange.dialects.binance.streams import Streams
from infra.exchange.facts import Trade
from infra.exchange.listing import Market
from infra.exchange.tape import INTERVALS

SPEEDS = ("", "@100ms", "@1000ms")
PARTS = (5, 10, 20)
ALL = {"!ticker@arr": False, "!miniTicker@arr": True}


class SpotStreams(Streams):
    """Who listens to what of spot."""

    kinds: ClassVar[re.Pattern[str]] = re.compile(
        r"(trade|aggTrade|bookTicker|ticker|miniTicker|depth(5|10|20)?(@1000?ms)?"
        r"|kline_(" + "|".join(INTERVALS) + "))"
    )

    def routes(self) -> list[web.RouteDef]:
        """Addresses; ccxt tells spot by their `/stream`."""
        paths = ("/stream/ws", "/stream/ws/{name:.*}")
        return [web.get(path, self.connect) for path in paths]

    def topic(self, name: str) -> str | None:
        """As of all streams, and those of all markets."""
        return name if name in ALL else super().topic(name)

    def traded(self, trade: Trade, aggregate: bool) -> dict[str, Any]:
        """A public trade as told."""
        return events.public_trade(trade, aggregate)

    def changed(self, market: Market, diff: Diff, now: int) -> None:
        """A book is not what it was."""
        name = market.name.lower()
        for speed in SPEEDS:
            if self.topics.heard(f"{name}@depth{speed}"):
                self.topics.tell(f"{name}@depth{speed}", events.depth(market, diff, now))
            for part in PARTS:
                if self.topics.heard(f"{name}@depth{part}{speed}"):
                    top = book(self.section, market, part)
                    self.topics.tell(f"{name}@depth{part}{speed}", top)
        if self.topics.heard(f"{name}@bookTicker"):
            self.topics.tell(f"{name}@bookTicker", events.book_ticker(self.section, market))

    def ticked(self, now: int) -> None:
        """A second is over."""
        markets = self.section.house.listing.markets
        for name, mini in ALL.items():
            if self.topics.heard(name):
                rows = [events.day(self.section, market, now, mini) for market in markets]
                self.topics.tell(name, rows)
        for market in markets:
            for kind, mini in (("ticker", False), ("miniTicker", True)):
                name = f"{market.name.lower()}@{kind}"
                if self.topics.heard(name):
                    self.topics.tell(name, events.day(self.section, market, now, mini))
