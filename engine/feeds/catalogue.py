"""The venues whose frames can be read: one line each. A new one is added here and nowhere else."""

from __future__ import annotations

from engine.feeds import (
    binance_feed,
    bitget,
    bybit,
    coinbase,
    gate,
    htx,
    kraken,
    kucoin,
    mexc,
    okx,
)
from engine.feeds.bridging import Bridging
from engine.feeds.feed import Feed

VENUES = (binance_feed, bitget, bybit, coinbase, gate, htx, kraken, kucoin, mexc, okx)
FEEDS: dict[str, Feed] = {module.FEED.name: module.FEED for module in VENUES}
"""By the name that keys carry."""

RULES: dict[str, Bridging] = {
    rule.name: rule for feed in FEEDS.values() for rule in feed.rules.values()
}
"""The rules of all books by name, as snapshots of state keep them."""

CALLED: dict[str, tuple[Feed, str | None]] = {
    name: (feed, market)
    for feed in FEEDS.values()
    for name, market in (
        (feed.name, None),
        *((f"{feed.name}_{market}", market) for market in feed.markets),
        *feed.aliases.items(),
    )
}
"""What people call a venue, and the market if the name says it."""
