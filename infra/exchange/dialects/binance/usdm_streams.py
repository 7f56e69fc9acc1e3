"""Streams of USD-M futures: public ones by name, user data by listen key."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, ClassVar

from aiohttp import web

from infra.exchange.accounts import Account
from infra.exchange.conditional import Condition
from infra.exchange.depth import Diff
from infra.exchange.dialects.binance import usdm_events as events
from infra.exchange.dialects.binance.streams import Streams
from infra.exchange.dialects.binance.usdm_algo_shapes import algo_update
from infra.exchange.facts import Changed, Configured, Fact, Marked, Report, Trade
from infra.exchange.listing import Market
from infra.exchange.tape import INTERVALS

SPEEDS = ("", "@0ms", "@100ms", "@250ms", "@500ms")


class UsdmStreams(Streams):
    """Who listens to what of USD-M."""

    kinds: ClassVar[re.Pattern[str]] = re.compile(
        r"(trade|aggTrade|bookTicker|depth(@(0|100|250|500)ms)?|markPrice(@1s)?"
        r"|kline_(" + "|".join(INTERVALS) + "))"
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        self.section.house.conditions.hear(self.conditioned)

    def routes(self) -> list[web.RouteDef]:
        """Addresses, with and without the category."""
        paths = ("/fstream/ws", "/fstream/ws/{name}")
        category = "/fstream/{category:public|market|private}"
        found = [web.get(path, self.connect) for path in paths]
        return [*found, *(web.get(category + path[8:], self.connect) for path in paths)]

    def topic(self, name: str) -> str | None:
        """As of all streams; a listen key listens to its account."""
        account = self.section.listens.account(name)
        if account is not None:
            return f"account {account.number}"
        return super().topic(name)

    def traded(self, trade: Trade, aggregate: bool) -> dict[str, Any]:
        """A public trade as told."""
        return events.public_trade(trade, aggregate)

    def heard(self, fact: Fact) -> None:
        """Tell who listens of a fact, at once."""
        if isinstance(fact, Trade | Marked):
            return super().heard(fact)
        now = self.section.clock.milliseconds()
        account = fact.order.account if isinstance(fact, Report) else fact.account
        self._notify(account, lambda: self._private(fact, now))
        return None

    def conditioned(self, condition: Condition) -> None:
        """A conditional order is not what it was."""
        now = self.section.clock.milliseconds()
        self._notify(condition.account, lambda: algo_update(condition, now))

    def _notify(self, account: Account, told: Callable[[], dict[str, Any]]) -> None:
        listener = f"account {account.number}"
        if self.topics.heard(listener):
            for each in self.faults.events(listener, told()):
                self.topics.tell(listener, each)

    def _private(self, fact: Report | Changed | Configured, now: int) -> dict[str, Any]:
        if isinstance(fact, Report):
            return events.order_update(fact, now)
        if isinstance(fact, Changed):
            return events.account_update(self.section, fact, now)
        return events.config_update(fact, now)

    def changed(self, market: Market, diff: Diff, now: int) -> None:
        """A book is not what it was."""
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

    def ticked(self, now: int) -> None:
        """A second is over."""
        for market in self.section.house.listing.markets:
            for kind in ("markPrice", "markPrice@1s"):
                name = f"{market.name.lower()}@{kind}"
                if self.topics.heard(name):
                    self.topics.tell(name, events.mark_price(self.section, market))
