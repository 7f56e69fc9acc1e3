"""What a venue lists, as ccxt's load_markets tells it: instruments with the venue's names of them.

A row is what infra/recordings/instruments.json has one of: the fields of an Instrument and those of
a Listing.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

from engine.feeds.catalogue import FEEDS
from engine.feeds.fields import plain
from engine.feeds.planning import FeedSettings
from engine.spans import SECOND
from schemas.errors import TapelineError
from schemas.instruments import InstrumentStatus, Kind
from schemas.raw import Listing

Row = dict[str, Any]
Options = dict[str, Any]

SPOT, LINEAR, INVERSE = Kind.SPOT, Kind.LINEAR, Kind.INVERSE
CONTRACTS = (LINEAR, INVERSE)
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE


class Source(NamedTuple):
    """Which of ccxt's clients lists a market of a feed, under which of ccxt's own types.

    kinds: of the symbols that are looked for there; a market without any is asked for by name.
    """

    venue: str
    market: str
    kinds: tuple[Kind, ...]
    client: str
    types: tuple[str, ...] = ()


SOURCES = (
    Source("binance", "spot", (SPOT,), "binance", ("spot",)),
    Source("binance", "usdm", (LINEAR,), "binance", ("linear",)),
    Source("binance", "cm", (INVERSE,), "binance", ("inverse",)),
    Source("bitget", "v2", (SPOT,), "bitget", ("spot",)),
    Source("bitget", "v2", CONTRACTS, "bitget", ("swap",)),
    Source("bybit", "spot", (SPOT,), "bybit", ("spot",)),
    Source("bybit", "linear", (LINEAR,), "bybit", ("linear",)),
    Source("bybit", "inverse", (INVERSE,), "bybit", ("inverse",)),
    Source("coinbase", "advanced", (SPOT, *CONTRACTS), "coinbase"),
    Source("coinbase", "exchange", (), "coinbaseexchange"),
    Source("gate", "spot", (SPOT,), "gate", ("spot",)),
    Source("gate", "futures", CONTRACTS, "gate", ("swap",)),
    Source("gate", "inverse", (), "gate", ("swap",)),
    Source("gate", "delivery", CONTRACTS, "gate", ("future",)),
    Source("htx", "spot", (SPOT,), "htx", ("spot",)),
    Source("htx", "linear", (LINEAR,), "htx", ("linear",)),
    Source("htx", "inverse", (INVERSE,), "htx", ("inverse",)),
    Source("kraken", "spot", (SPOT,), "kraken"),
    Source("kraken", "futures", CONTRACTS, "krakenfutures"),
    Source("kucoin", "spot", (SPOT,), "kucoin", ("spot",)),
    Source("kucoin", "futures", CONTRACTS, "kucoin", ("swap", "future")),
    Source("mexc", "spot", (SPOT,), "mexc"),
    Source("mexc", "contract", CONTRACTS, "mexc"),
    Source("okx", "v5", (SPOT,), "okx", ("spot",)),
    Source("okx", "v5", CONTRACTS, "okx", ("swap", "future")),
)

INTERVALS: Mapping[str, tuple[str, int]] = {
    "bitget": ("fundInterval", HOUR),
    "bybit": ("fundingInterval", MINUTE),
    "gate": ("funding_interval", SECOND),
    "kucoin": ("fundingRateGranularity", SECOND // 1000),
}
"""Where a venue's own row of a perpetual tells the time between funding payments, and its unit."""

MAINTENANCE: Mapping[str, str] = {
    "gate": "maintenance_rate",
    "kucoin": "maintainMargin",
    "mexc": "maintenanceMarginRate",
}
"""Where it tells the maintenance margin of the lowest tier."""


LEAST_IN_BASE = frozenset(("htx",))
"""Venues whose least quantity of a contract ccxt tells in base though lots are contracts: it is one
lot."""

NOTIONALS: Mapping[str, tuple[str, str]] = {"bybit": ("lotSizeFilter", "minNotionalValue")}
"""Where a venue's own row tells the least notional, if ccxt does not."""


def clients(venue: str, wanted: FeedSettings) -> dict[str, Options]:
    """ccxt's clients that list what is wanted of a venue, each with its options."""
    if venue not in FEEDS:
        choice = ", ".join(sorted(FEEDS))
        raise TapelineError(f"feeds.{venue}: there is no such venue; choose from {choice}")
    kinds = {kind_of(symbol) for symbol in (*wanted.symbols, *wanted.busy)}
    found: dict[str, list[str]] = {}
    for each in SOURCES:
        if each.venue == venue and (each.market in wanted.markets or kinds & {*each.kinds}):
            types = found.setdefault(each.client, [])
            types += [name for name in each.types if name not in types]
    return {client: _options(client, types) for client, types in found.items()}


def _options(client: str, types: Collection[str]) -> Options:
    if not types:
        return {}
    if client == "htx":
        return {"fetchMarkets": {"types": {kind.value: kind in types for kind in Kind}}}
    more = {"fetchTickersFees": False} if client == "kucoin" else {}
    return {"fetchMarkets": {"types": list(types), **more}}


def kind_of(symbol: str) -> Kind:
    """Of a unified symbol: what settles in its base is inverse."""
    pair, settled, rest = symbol.partition(":")
    if not settled:
        return SPOT
    return INVERSE if rest.partition("-")[0] == pair.partition("/")[0] else LINEAR


def row_of(venue: str, market: Mapping[str, Any]) -> Row | None:
    """The row of one of ccxt's markets; None for what is not traded by steps here: options,
    indices, what the feed knows no name of, what has no tick or lot size.

    Numbers are texts, as ccxt gives them where they are asked for as such.
    """
    listing = _listing(venue, market)
    tick, lot = (_told(market["precision"].get(name)) for name in ("price", "amount"))
    limits = market.get("limits") or {}
    least = _told((limits.get("amount") or {}).get("min"))
    if venue in LEAST_IN_BASE and market["type"] != "spot":
        least = lot
    lot = lot or least
    if listing is None or tick is None or lot is None:
        return None
    info = market["info"]
    return {
        **listing._asdict(),
        "kind": kind_of(listing.symbol).value,
        "status": _status(market).value,
        "tick_size": tick,
        "lot_size": lot,
        "minimum_quantity": least or lot,
        "minimum_notional": _told((limits.get("cost") or {}).get("min")) or _notional(venue, info),
        "contract_size": _told(market.get("contractSize")) or "1",
        "maintenance": _told(info.get(MAINTENANCE.get(venue, ""))),
        "funding_interval": _interval(venue, market),
        "source": f"ccxt {market['client']}",
    }


def _listing(venue: str, market: Mapping[str, Any]) -> Listing | None:
    """The venue's name as its feed sends it, with ccxt's symbol."""
    try:
        found = next(iter(FEEDS[venue].listings([market["info"]])), None)
    except (KeyError, ValueError, TypeError, AttributeError):
        return None
    return None if found is None else found._replace(symbol=market["symbol"])


def _status(market: Mapping[str, Any]) -> InstrumentStatus:
    """Where the venue does not say, it is traded."""
    halted = market.get("active") is False
    return InstrumentStatus.HALTED if halted else InstrumentStatus.TRADING


def _interval(venue: str, market: Mapping[str, Any]) -> int | None:
    """ns between funding payments."""
    name, unit = INTERVALS.get(venue, ("", 0))
    text = str(market["info"].get(name) or "")
    return int(text) * unit if market["type"] == "swap" and text.isdecimal() else None


def _notional(venue: str, info: Mapping[str, Any]) -> str | None:
    part, name = NOTIONALS.get(venue, ("", ""))
    found = info.get(part)
    return _told(found.get(name)) if isinstance(found, dict) else None


def _told(number: Any) -> str | None:
    """A decimal text above zero, without an exponent."""
    if number is None or number == "":
        return None
    text = plain(str(number))
    return text if any(digit in "123456789" for digit in text) else None
