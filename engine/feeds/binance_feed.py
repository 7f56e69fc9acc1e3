"""Binance among the venues: what engine.feeds.binance and binance_symbols give, as a Feed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import orjson

from engine.feeds.binance import parse
from engine.feeds.binance_symbols import MARKETS, VENUE, Router, symbol_in
from engine.feeds.bridging import FUTURES, SPOT
from engine.feeds.events import Trade
from engine.feeds.feed import Feed, Row
from engine.feeds.speech import Answer, Kind, Request, Speech, Topic
from engine.spans import SECOND
from schemas.raw import Listing

_SOCKETS = {
    "spot": "wss://stream.binance.com:9443/stream",
    "usdm": "wss://fstream.binance.com/stream",
    "cm": "wss://dstream.binance.com/stream",
}
_SNAPSHOTS = {
    "spot": "https://api.binance.com/api/v3/depth?symbol={}&limit=1000",
    "usdm": "https://fapi.binance.com/fapi/v1/depth?symbol={}&limit=1000",
    "cm": "https://dapi.binance.com/dapi/v1/depth?symbol={}&limit=1000",
}
_TRADES = {
    "spot": "https://api.binance.com/api/v3/trades?symbol={}&limit=1000",
    "usdm": "https://fapi.binance.com/fapi/v1/trades?symbol={}&limit=1000",
    "cm": "https://dapi.binance.com/dapi/v1/trades?symbol={}&limit=1000",
}
_OLDER = "https://api.binance.com/api/v3/historicalTrades?symbol={}&limit=1000&fromId={}"
_STREAMS = {
    Kind.TRADES: "{}@trade",
    Kind.QUOTES: "{}@bookTicker",
    Kind.BOOK: "{}@depth@100ms",
    Kind.FUNDING: "{}@markPrice@1s",
    Kind.LIQUIDATIONS: "{}@forceOrder",
}
_FUTURES = frozenset(_STREAMS)
_INTEREST = {
    "usdm": {Kind.INTEREST: "https://fapi.binance.com/fapi/v1/openInterest?symbol={}"},
    "cm": {Kind.INTEREST: "https://dapi.binance.com/dapi/v1/openInterest?symbol={}"},
}
_BASICS = frozenset((Kind.TRADES, Kind.QUOTES, Kind.BOOK))
_MARKET_OF = {"api.": "spot", "stream.": "spot", "fapi": "usdm", "fstream": "usdm"}


def listings(rows: Iterable[Row]) -> Iterator[Listing]:
    """Symbols of exchangeInfo; a contract that settles in its quote is USD-M."""
    for row in rows:
        base, quote, name = row["baseAsset"], row["quoteAsset"], row["symbol"]
        settles = row.get("marginAsset")
        if settles is None:
            yield Listing(VENUE, "spot", name, f"{base}/{quote}")
            continue
        dated = name.partition("_")[2] if row.get("contractType") != "PERPETUAL" else ""
        symbol = f"{base}/{quote}:{settles}" + (f"-{dated}" if dated else "")
        yield Listing(VENUE, "usdm" if settles == quote else "cm", name, symbol)


def market_at(address: str) -> str | None:
    """By the host of an address."""
    host = address.partition("://")[2]
    if host.startswith(("dapi", "dstream")):
        return "cm"
    return next((market for head, market in _MARKET_OF.items() if host.startswith(head)), None)


def _say(method: str, topics: Sequence[Topic], number: int) -> list[Request]:
    names = [_STREAMS[topic.kind].format(topic.name.lower()) for topic in topics]
    text = orjson.dumps({"method": method, "params": names, "id": number}).decode()
    return [Request(text, tuple(topics))]


def _between(market: str, name: str, last: Trade, first: Trade) -> str | None:
    """The thousand before the first known; of futures older ones want a key."""
    if market != "spot" or last.numbers is None or first.numbers is None:
        return None
    return _OLDER.format(name.upper(), max(last.numbers[1] + 1, first.numbers[0] - 1000))


def hear(frame: str | bytes) -> Answer | None:
    """{"result":null,"id":1}, or {"error":{"code":2,"msg":"..."},"id":1}."""
    if len(frame) > 500 or (b'"id":' if isinstance(frame, bytes) else '"id":') not in frame:  # type: ignore[operator]
        return None
    try:
        answer = orjson.loads(frame)
    except orjson.JSONDecodeError:
        return None
    if not isinstance(answer, dict) or not isinstance(answer.get("id"), int):
        return None
    failed = answer.get("error")
    return Answer(request=answer["id"], reason="" if failed is None else str(failed))


SPEECH = Speech(
    kinds={"spot": _BASICS, "usdm": _FUTURES, "cm": _FUTURES},
    polled=_INTEREST,
    address=lambda market, kind: _SOCKETS[market],
    subscribe=lambda topics, number: _say("SUBSCRIBE", topics, number),
    unsubscribe=lambda topics, number: _say("UNSUBSCRIBE", topics, number),
    hear=hear,
    ping=None,
    quiet=5 * SECOND,
    most=200,
    pace=SECOND // 4,
    snapshot=lambda market, name: _SNAPSHOTS[market].format(name.upper()),
    trades=lambda market, name: _TRADES[market].format(name.upper()),
    between=_between,
)
"""binance-spot-api-docs, "WebSocket Streams": 5 messages a second, 1,024 streams a connection, of
USD-M 200."""


def _by_form(market: str, name: str) -> str | None:
    """Names are looked up, never cut apart."""
    return None


FEED = Feed(
    name=VENUE,
    markets=MARKETS,
    aliases={
        "binance_futures": "usdm",
        "binance_coinm": "cm",
        "binance_delivery": "cm",
    },
    parse=parse,
    name_in=symbol_in,
    symbol=_by_form,
    listings=listings,
    rules={"contract": FUTURES, "spot": SPOT},
    speech=SPEECH,
    market_at=market_at,
    router=Router.of,
    book_marks=("depth",),
)
