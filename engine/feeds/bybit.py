"""Bybit among the venues: its names, its books' rule, its sockets.

Frames are read by engine.feeds.bybit_frames, whose sources hold here too; of the guide also
"Connect" and "Get instruments info".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

import orjson

from engine.feeds.bridging import InStream
from engine.feeds.bybit_frames import HEAD, parse
from engine.feeds.bybit_old import VENUE
from engine.feeds.feed import Feed, Row
from engine.feeds.names import contract, currency, last_friday, pair
from engine.feeds.speech import (
    Answer,
    Kind,
    Request,
    Speech,
    Topic,
    parts,
    request_of,
    said,
    text_of,
)
from engine.spans import SECOND
from schemas.raw import Listing, ReceivedFrame, Source

_topic = re.compile(r'"topic"\s*:\s*"[^"]*\.([^".]+)"').search
_asked = re.compile(r"[?&]symbol=([^&]+)").search
_dated = re.compile(r"([A-Z0-9]+)-([0-9]{1,2})([A-Z]{3})([0-9]{2})").fullmatch
_quarter = re.compile(r"([A-Z0-9]+)USD([FGHJKMNQUVXZ])([0-9]{2})").fullmatch

MONTHS = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]
LETTERS = "FGHJKMNQUVXZ"
"""Of the months, as futures are named."""
QUOTES = ("USDT", "USDC", "USDE", "USDR", "USD1", "USDQ", "BTC", "ETH", "DAI", "EUR", "BRZ", "PLN",
          "TRY", "MNT", "SOL", "BRL", "AED", "USD")  # fmt: skip
"""Quotes of spot, for names that no list has."""


class BybitBook(InStream):
    """u counts up by one with each message of a topic, so the reader names the one before; v2's of
    2021, cross_seq, just grows, and names none.

    Source: the guide's "Orderbook": u "is a sequence", and each snapshot resets the book.
    """

    name = "bybit"


def name_in(frame: ReceivedFrame) -> str | None:
    """The last word of the topic, or what was asked for by REST."""
    text = frame.text
    if frame.source is Source.REST:
        match = _asked(frame.channel)
        return match.group(1) if match else None
    if text.startswith(HEAD):
        topic = text[len(HEAD) : text.find('"', len(HEAD))]
        return topic.rpartition(".")[2] or None
    match = _topic(text)
    return match.group(1) if match else None


def symbol(market: str, name: str) -> str | None:
    """By the form of a name: BTCUSDT, BTCPERP, BTC-29DEC23, BTCUSDT-27JUN25, BTCUSD, BTCUSDZ23."""
    if market == "spot":
        return next(
            (
                pair(currency(name[: -len(quote)]), quote)
                for quote in QUOTES
                if name.endswith(quote) and len(name) > len(quote)
            ),
            None,
        )
    whole, date = _expiry(name)
    for ending, quote in (("USDT", "USDT"), ("PERP", "USDC"), ("USDC", "USDC"), ("USD", "USD")):
        if whole.endswith(ending) and len(whole) > len(ending):
            base = currency(whole[: -len(ending)])
            return contract(base, quote, base if quote == "USD" else quote, date)
    return contract(currency(whole), "USDC", "USDC", date) if date and whole.isalnum() else None


def _expiry(name: str) -> tuple[str, str]:
    """The name without its date, and that as YYMMDD; "" for a perpetual."""
    if (match := _dated(name)) and match.group(3) in MONTHS:
        whole, day, month, year = match.groups()
        return whole, f"{year}{MONTHS.index(month) + 1:02}{day:0>2}"
    if match := _quarter(name):
        base, letter, year = match.groups()
        month = LETTERS.index(letter) + 1
        return f"{base}USD", f"{year}{month:02}{last_friday(2000 + int(year), month):02}"
    return name, ""


def listings(rows: Iterable[Row]) -> Iterator[Listing]:
    """Rows of /v5/market/instruments-info, or of /v2/public/symbols; options are left out."""
    for row in rows:
        name, kind = row.get("symbol", row.get("name")), row.get("contractType")
        base = currency(row.get("baseCoin", row.get("base_currency")))
        quote = currency(row.get("quoteCoin", row.get("quote_currency")))
        if "optionsType" in row:
            continue
        if kind is None and "symbol" in row:
            yield Listing(VENUE, "spot", name, pair(base, quote))
            continue
        inverse = quote == "USD" if kind is None else kind.startswith("Inverse")
        settles = row.get("settleCoin") or (base if inverse else quote)
        market = "inverse" if inverse else "linear"
        unified = contract(base, quote, currency(settles), _expiry(name)[1])
        yield Listing(VENUE, market, name, unified)


CHANNELS = {
    Kind.TRADES: "publicTrade",
    Kind.QUOTES: "orderbook.1",
    Kind.BOOK: "orderbook.50",
    Kind.FUNDING: "tickers",
    Kind.LIQUIDATIONS: "allLiquidation",
}
TOGETHER = 10
"""Topics of one request: spot takes no more."""
_SPOT = frozenset((Kind.TRADES, Kind.QUOTES, Kind.BOOK))


def _say(operation: str, topics: Sequence[Topic], number: int) -> list[Request]:
    found: list[Request] = []
    for part in parts(topics, TOGETHER):
        arguments = [f"{CHANNELS[topic.kind]}.{topic.name}" for topic in part]
        frame = {"req_id": str(number + len(found)), "op": operation, "args": arguments}
        found.append(Request(orjson.dumps(frame).decode(), part))
    return found


def hear(frame: str | bytes) -> Answer | None:
    """Answers name the request by the id that we gave it; all of it was accepted, or none."""
    text = text_of(frame)
    if text.startswith(HEAD) or len(text) > 4096:
        return None
    match said(text):
        case {"op": "subscribe" | "unsubscribe", "success": bool(done), **rest}:
            reason = "" if done else str(rest.get("ret_msg") or "refused")
            return Answer(request=request_of(rest.get("req_id")), reason=reason)
        case {"op": str()} | {"success": bool()}:
            return Answer()
    return None


_TRADES = "https://api.bybit.com/v5/market/recent-trade?category={}&symbol={}&limit={}"
"""More than these there are not."""

SPEECH = Speech(
    kinds={
        "spot": _SPOT,
        "linear": frozenset(CHANNELS),
        "inverse": frozenset(CHANNELS),
    },
    address=lambda market, kind: f"wss://stream.bybit.com/v5/public/{market}",
    subscribe=lambda topics, number: _say("subscribe", topics, number),
    unsubscribe=lambda topics, number: _say("unsubscribe", topics, number),
    hear=hear,
    ping=lambda now: '{"op":"ping"}',
    quiet=5 * SECOND,
    most=200,
    pace=SECOND // 10,
    trades=lambda market, name: _TRADES.format(market, name, 60 if market == "spot" else 1000),
)
"""A ping every 20 s is recommended; the arguments of a connection may have 21,000 characters."""

_PLACES = {
    "/v5/public/spot": "spot",
    "/v5/public/linear": "linear",
    "/v5/public/inverse": "inverse",
    "category=spot": "spot",
    "category=linear": "linear",
    "category=inverse": "inverse",
    "/realtime_public": "linear",
    "/realtime": "inverse",
    "/spot/": "spot",
}


def market_at(address: str) -> str | None:
    """By the path of a socket's address, or what is asked for by REST; of v2: realtime_public is
    linear, realtime inverse.
    """
    return next((market for path, market in _PLACES.items() if path in address), None)


def market_in(frame: ReceivedFrame) -> str | None:
    """A name that ends on its settlement or date alone can be of one market only."""
    name = name_in(frame)
    if name is None:
        return None
    if name.endswith(("PERP",)) or _dated(name):
        return "linear"
    return "inverse" if name.endswith("USD") or _quarter(name) else None


FEED = Feed(
    name=VENUE,
    markets=("spot", "linear", "inverse"),
    aliases={"bybit_swap": "linear", "bybit_futures": "linear"},
    parse=parse,
    name_in=name_in,
    symbol=symbol,
    listings=listings,
    rules={"all": BybitBook()},
    speech=SPEECH,
    market_at=market_at,
    market_in=market_in,
    book_marks=("orderbook", "orderBook"),
)
