"""Public channels: what is told at once, and what by time.

https://www.okx.com/docs-v5/en/#order-book-trading-market-data
https://www.okx.com/docs-v5/en/#public-data-websocket
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from infra.exchange.dialects.okx.bookstream import Told
from infra.exchange.dialects.okx.market import BARS, ticker_row
from infra.exchange.dialects.okx.public import funding_row, mark_row
from infra.exchange.dialects.okx.section import Section
from infra.exchange.dialects.okx.shapes import candle_row, levels, public_trade
from infra.exchange.facts import Fact, Report, Trade
from infra.exchange.listing import Market
from infra.exchange.sockets import Topics

BOOKS, BOOKS5, BBO = "books", "books5", "bbo-tbt"
CANDLES = {f"candle{bar}": interval for bar, interval in BARS.items()}
ON_PUBLIC = (BOOKS, BOOKS5, BBO, "trades", "tickers", "mark-price", "funding-rate")
ON_BUSINESS = (*CANDLES, "trades-all")
TIERED = ("books-l2-tbt", "books50-l2-tbt")
"""Of users with more volume than any here."""
SLOW = {"mark-price": 10_000, "funding-rate": 60_000, "tickers": 60_000}
"""Milliseconds after which they are told again although nothing changed."""


@dataclass(slots=True)
class Channels:
    """What listeners of public channels are told."""

    section: Section
    topics: Topics
    _books: list[Told] = field(default_factory=list)
    _last: dict[str, tuple[Any, int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        house = self.section.house
        self._books = [
            Told(each, house.books.depths[each.number]) for each in house.listing.markets
        ]

    def first(self, channel: str, market: Market) -> dict[str, Any] | None:
        """What a new listener is told at once; None of what only happens."""
        if channel == BOOKS:
            self._book(market)
            told = self._books[market.number].snapshot(self._now())
            return {"arg": arg(channel, market), "action": "snapshot", "data": [told]}
        found, name = self._row(channel, market), topic(channel, market)
        if found is None:
            return None
        if not self.topics.heard(name):
            self._last[name] = bare(found), self._now()
        return {"arg": arg(channel, market), "data": [found]}

    def _now(self) -> int:
        return self.section.clock.milliseconds()

    def heard(self, fact: Fact) -> None:
        """Trades, and the best prices, at once."""
        if isinstance(fact, Trade):
            for channel in ("trades", "trades-all"):
                told = public_trade(fact)
                if channel == "trades":
                    told["count"] = "1"
                self._tell(channel, fact.market, told)
        elif isinstance(fact, Report):
            self._changed(BBO, fact.order.market, self._best)

    def publish(self) -> None:
        """Every tick: what changed since the last one."""
        for market in self.section.house.listing.markets:
            self._book(market)
            self._changed(BOOKS5, market, self._five)
            for channel in ("tickers", "mark-price", "funding-rate", *CANDLES):
                if self.topics.heard(topic(channel, market)):
                    self._changed(channel, market, partial(self._row, channel))

    def _book(self, market: Market) -> None:
        told = self._books[market.number]
        if not self.topics.heard(topic(BOOKS, market)):
            told.forget()
            return
        found = told.update(self._now())
        if found is not None:
            message = {"arg": arg(BOOKS, market), "action": "update", "data": [found]}
            self.topics.tell(topic(BOOKS, market), message)

    def _changed(self, channel: str, market: Market, row: Callable[[Market], Any]) -> None:
        """Tell a row that is other than the last one, but for its time."""
        name, now = topic(channel, market), self._now()
        if not self.topics.heard(name):
            self._last.pop(name, None)
            return
        found = row(market)
        last, at = self._last.get(name, (None, 0))
        if found is not None and (bare(found) != last or now - at >= SLOW.get(channel, 1 << 62)):
            self._last[name] = bare(found), now
            self._tell(channel, market, found)

    def _tell(self, channel: str, market: Market, row: Any) -> None:
        name = topic(channel, market)
        if self.topics.heard(name):
            self.topics.tell(name, {"arg": arg(channel, market), "data": [row]})

    def _row(self, channel: str, market: Market) -> Any:
        if channel in CANDLES:
            interval = CANDLES[channel]
            candle = self.section.house.books.tapes[market.number].latest(interval)
            now = self.section.clock.now()
            return None if candle is None else candle_row(market, candle, interval, now)
        rows: dict[str, Callable[[Market], Any]] = {
            BOOKS5: self._five,
            BBO: self._best,
            "tickers": lambda each: ticker_row(self.section, each),
            "mark-price": lambda each: mark_row(self.section, each),
            "funding-rate": lambda each: funding_row(self.section, each),
        }
        return rows[channel](market) if channel in rows else None

    def _five(self, market: Market) -> dict[str, Any]:
        return {"instId": market.name, **self._top(market, 5)}

    def _best(self, market: Market) -> dict[str, Any]:
        return self._top(market, 1)

    def _top(self, market: Market, limit: int) -> dict[str, Any]:
        depth = self.section.house.books.depths[market.number]
        bids, asks = depth.top(limit)
        return {
            "asks": levels(market, asks),
            "bids": levels(market, bids),
            "ts": str(self._now()),
            "seqId": depth.update,
        }


def topic(channel: str, market: Market) -> str:
    """The name of what is told to all who listen."""
    return f"{channel}:{market.name}"


def arg(channel: str, market: Market) -> dict[str, str]:
    """What a message says it is of."""
    return {"channel": channel, "instId": market.name}


def bare(row: Any) -> Any:
    """A row but for its time."""
    return {**row, "ts": ""} if isinstance(row, dict) else row
