"""The venues whose frames can be read: one line each. A new one is added here and nowhere else.

A venue's modules are loaded when it is first asked for: a worker reads few of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module

from engine.feeds.bridging import Bridging
from engine.feeds.feed import Feed

MODULES = {
    "binance": "binance_feed",
    "bitget": "bitget",
    "bybit": "bybit",
    "coinbase": "coinbase",
    "gate": "gate",
    "htx": "htx",
    "kraken": "kraken",
    "kucoin": "kucoin",
    "mexc": "mexc",
    "okx": "okx",
}
"""Modules of engine.feeds that have a FEED, by the name that keys carry."""


class _Feeds(Mapping[str, Feed]):
    """All of them, each made when it is first asked for."""

    def __init__(self) -> None:
        self._found: dict[str, Feed] = {}

    def __getitem__(self, name: str) -> Feed:
        feed = self._found.get(name)
        if feed is None:
            feed = self._found[name] = import_module(f"engine.feeds.{MODULES[name]}").FEED
        return feed

    def __contains__(self, name: object) -> bool:
        return name in MODULES

    def __iter__(self) -> Iterator[str]:
        return iter(MODULES)

    def __len__(self) -> int:
        return len(MODULES)


FEEDS: Mapping[str, Feed] = _Feeds()
"""By the name that keys carry."""


def rule_of(name: str) -> Bridging:
    """The rule of that name, as snapshots of state keep it; raises LookupError for none.

    Names begin with their venue's, but for Binance's.
    """
    own = [venue for venue in FEEDS if name.startswith(venue)] or ["binance"]
    for rule in FEEDS[own[0]].rules.values():
        if rule.name == name:
            return rule
    raise LookupError(f"no venue has books by the rule {name}")


@cache
def called() -> dict[str, tuple[Feed, str | None]]:
    """What people call a venue, and the market if the name says it."""
    return {
        name: (feed, market)
        for feed in FEEDS.values()
        for name, market in (
            (feed.name, None),
            *((f"{feed.name}_{market}", market) for market in feed.markets),
            *feed.aliases.items(),
        )
    }
