"""MEXC among the venues: its names, its books' rules, its sockets.

Frames are read by engine.feeds.mexc_frames. Sources: MEXC's documents "Spot V3" ("Websocket Market
Streams", "How to Properly Maintain a Local Copy of the Order Book") and "Futures" ("WebSocket API",
"Incremental Order Book Maintenance Mechanism"), ccxt 4.5.64 (mexc.py: names).
"""

from __future__ import annotations

import re
from base64 import b64decode
from binascii import Error
from collections.abc import Iterable, Iterator, Sequence

import orjson

from engine.feeds.bridging import SpotBridging
from engine.feeds.feed import Feed, Row
from engine.feeds.mexc_frames import REFUSED, VENUE, parse, unpacked
from engine.feeds.mexc_spot_frames import named
from engine.feeds.names import contract, currency, pair
from engine.feeds.speech import Answer, Kind, Request, Speech, Topic, said, text_of
from engine.spans import SECOND
from schemas.raw import Listing, ReceivedFrame, Source

SPOT, CONTRACT = "spot", "contract"

RENAMED = {
    "BEYONDPROTOCOL": "BEYOND",
    "BIFI": "BIFIF",
    "BYN": "BEYONDFI",
    "COFI": "COFIX",
    "DFI": "DFISTARTER",
    "DFT": "DFUTURE",
    "DRK": "DRK",
    "EGC": "EGORASCREDIT",
    "FLUX1": "FLUX",
    "FLUX": "FLUX1",
    "FREE": "FREEROSSDAO",
    "GAS": "GASDAO",
    "GASNEO": "GAS",
    "GMT": "GMTTOKEN",
    "STEPN": "GMT",
    "HERO": "STEPHERO",
    "MIMO": "MIMOSA",
    "PROS": "PROSFINANCE",
    "SIN": "SINCITYTOKEN",
    "SOUL": "SOULSWAP",
    "XBT": "XBT",
}
"""Codes that mean another currency here than elsewhere (ccxt)."""

QUOTES = ("USDT", "USDC", "USDE", "USD1", "TUSD", "FDUSD", "BTC", "ETH", "EUR", "BRL", "MX")
"""Currencies that spot is quoted in: a name of spot does not say where its base ends."""

_name = re.compile(r'"symbol"\s*:\s*"([^"]+)"').search
_asked = re.compile(r"[?&]symbol=([^&]+)").search
_path = re.compile(r"(?:^|/)([^/?]+_[^/?]+)(?:\?|$)").search
_form = re.compile(r"(\w+?)_([A-Z0-9]+)").fullmatch
_spot = re.compile(rf"(\w+?)({'|'.join(QUOTES)})").fullmatch
_contract = re.compile(r"Contract \[([^\]]+)\]").search
_channel = re.compile(r"spot@public\.[^\s,\[\]\"]+").findall


class SpotBook(SpotBridging):
    """fromVersion and toVersion: drop toVersion <= lastUpdateId; the first to be applied has
    fromVersion <= lastUpdateId + 1; then fromVersion is the previous toVersion + 1.
    """

    name = "mexc spot"


class ContractBook(SpotBridging):
    """Each update's version is the previous + 1; merged ones span versions, begin to end, and
    begin is the previous end + 1. A snapshot may lie within such a span.
    """

    name = "mexc contract"


def name_in(frame: ReceivedFrame) -> str | None:
    """The symbol that a frame names beside its data; of an answer of REST, the one asked for."""
    if frame.source is Source.REST:
        match = _asked(frame.channel) or _path(frame.channel)
        return match.group(1) if match else None
    if frame.encoding == "base64":
        return _in_bytes(frame.text)
    return _in_text(frame.text)


def _in_text(text: str) -> str | None:
    """Tickers of many symbols are no symbol's."""
    match = _name(text)
    return match.group(1) if match and '"push.tickers"' not in text else None


def _in_bytes(text: str) -> str | None:
    try:
        frame = b64decode(text)
        if frame.startswith((b"\x1f\x8b", b"{")):
            return _in_text(unpacked(frame).decode(errors="replace"))
    except (Error, ValueError):
        return None
    return named(frame)


def symbol(market: str, name: str) -> str | None:
    """BTC_USDT is a contract, in which a contract on USD is inverse; BTCUSDT is spot."""
    if match := _form(name):
        base, quote = (currency(code, RENAMED) for code in match.groups())
        return contract(base, quote, base if quote == "USD" else quote)
    if match := _spot(name):
        return pair(*(currency(code, RENAMED) for code in match.groups()))
    return None


def listings(rows: Iterable[Row]) -> Iterator[Listing]:
    """Rows of GET /api/v3/exchangeInfo, of the older list of spot, and of /contract/detail."""
    for row in rows:
        name = row["symbol"]
        if "settleCoin" in row:
            codes = (row[field] for field in ("baseCoin", "quoteCoin", "settleCoin"))
            unified = contract(*(currency(code, RENAMED) for code in codes))
            yield Listing(VENUE, CONTRACT, name, unified)
        else:
            pairs = [row["baseAsset"], row["quoteAsset"]] if "baseAsset" in row else name.split("_")
            base, quote = pairs
            unified = pair(currency(base, RENAMED), currency(quote, RENAMED))
            yield Listing(VENUE, SPOT, name.replace("_", ""), unified)


def market_at(address: str) -> str | None:
    """By host or path."""
    if "contract" in address or "futures" in address:
        return CONTRACT
    return SPOT if "wbs" in address or "/api/v3/" in address else None


def market_in(frame: ReceivedFrame) -> str | None:
    """By the name in it."""
    name = name_in(frame)
    return None if name is None else CONTRACT if "_" in name else SPOT


STREAMS = {
    Kind.TRADES: "spot@public.aggre.deals.v3.api.pb@10ms@{}",
    Kind.QUOTES: "spot@public.aggre.bookTicker.v3.api.pb@10ms@{}",
    Kind.BOOK: "spot@public.aggre.depth.v3.api.pb@10ms@{}",
}
STREAMED = {text.split("@")[1]: kind for kind, text in STREAMS.items()}
CHANNELS = {
    Kind.TRADES: "deal",
    Kind.BOOK: "depth",
    Kind.FUNDING: "funding.rate",
    Kind.MARK: "fair.price",
    Kind.INTEREST: "ticker",
}
KINDS = {channel: kind for kind, channel in CHANNELS.items()}
"""Contracts have no channel of quotes: the ticker's best bid and ask are without quantities."""


def _say(words: tuple[str, str], topics: Sequence[Topic]) -> list[Request]:
    """Those of spot in one request, those of contracts one by one."""
    of, word = words
    spot = tuple(each for each in topics if "_" not in each.name and each.kind in STREAMS)
    found = []
    if spot:
        names = [STREAMS[topic.kind].format(topic.name) for topic in spot]
        found.append(Request(orjson.dumps({"method": of, "params": names}).decode(), spot))
    for topic in topics:
        if topic not in spot:
            asked = {"method": f"{word}.{CHANNELS[topic.kind]}", "param": {"symbol": topic.name}}
            found.append(Request(orjson.dumps(asked).decode(), (topic,)))
    return found


def hear(frame: str | bytes) -> Answer | None:
    """Spot names the channels; contracts name the kind only, and refuse a name for all kinds."""
    if isinstance(frame, bytes) and not frame.startswith(b"{"):
        return None
    text = text_of(frame)
    if not text.startswith(CONTROL):
        return None
    match said(text):
        case {"channel": "pong"} | {"msg": "PONG"}:
            return Answer()
        case {"channel": "rs.error", **rest}:
            return _refused(str(rest.get("data")))
        case {"channel": str(channel)} if channel.startswith("rs."):
            word, _, kind = channel.removeprefix("rs.").partition(".")
            return Answer(oldest=KINDS.get(kind), over=word == "unsub")
        case {"code": int(code), "msg": str(message)}:
            return _replied(code, message)
    return None


CONTROL = ('{"channel":"rs.', '{"channel":"pong"', '{"id":', '{"code":', '{"msg":')
"""How frames begin that are no data."""


def _refused(reason: str) -> Answer:
    """Of a contract that there is not."""
    match = _contract(reason)
    names = () if match is None else match.groups()
    return Answer(
        refused=tuple(Topic(kind, name) for name in names for kind in CHANNELS), reason=reason
    )


def _replied(code: int, message: str) -> Answer:
    """Channels are accepted that are named and not among those that were not subscribed."""
    match = REFUSED(message)
    none = _topics(match.group(1)) if match else ()
    named_ = _topics(message)
    if code:
        return Answer(refused=named_, reason=f"{code}: {message}")
    accepted = tuple(topic for topic in named_ if topic not in none)
    return Answer(accepted=accepted, refused=none, reason=message if none else "")


def _topics(text: str) -> tuple[Topic, ...]:
    parts = [channel.split("@") for channel in _channel(text)]
    return tuple([Topic(STREAMED[part[1]], part[-1]) for part in parts if part[1] in STREAMED])


SNAPSHOTS = {
    SPOT: "https://api.mexc.com/api/v3/depth?symbol={}&limit=5000",
    CONTRACT: "https://api.mexc.com/api/v1/contract/depth/{}?limit=1000",
}
TRADES = {
    SPOT: "https://api.mexc.com/api/v3/trades?symbol={}&limit=1000",
    CONTRACT: "https://api.mexc.com/api/v1/contract/deals/{}?limit=100",
}
"""More than these there are not."""
SOCKETS = {SPOT: "wss://wbs-api.mexc.com/ws", CONTRACT: "wss://contract.mexc.com/edge"}

SPEECH = Speech(
    kinds={SPOT: frozenset(STREAMS), CONTRACT: frozenset(CHANNELS)},
    address=lambda market, kind: SOCKETS[market],
    subscribe=lambda topics, number: _say(("SUBSCRIPTION", "sub"), topics),
    unsubscribe=lambda topics, number: _say(("UNSUBSCRIPTION", "unsub"), topics),
    hear=hear,
    ping=lambda now: '{"method":"ping"}',
    quiet=8 * SECOND,
    most=30,
    pace=SECOND // 20,
    snapshot=lambda market, name: SNAPSHOTS[market].format(name),
    trades=lambda market, name: TRADES[market].format(name),
    steady=True,
)
"""Spot: 30 streams a connection, 100 messages a second; closed after a minute without data or ping.
Contracts: closed after a minute without a ping. One ping for both, as ccxt has it."""

FEED = Feed(
    name=VENUE,
    markets=(SPOT, CONTRACT),
    aliases={"mxc": None, "mexc_swap": CONTRACT, "mexc_futures": CONTRACT},
    parse=parse,
    name_in=name_in,
    symbol=symbol,
    listings=listings,
    rules={"spot": SpotBook(), "contract": ContractBook()},
    speech=SPEECH,
    market_at=market_at,
    market_in=market_in,
    book_marks=("depth",),
)
