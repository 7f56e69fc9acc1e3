"""HTX (Huobi) among the venues: its names, its books' rules, its sockets.

Frames are read by engine.feeds.htx_frames and htx_contracts, whose sources hold here too; of the
docs also "Get all Supported Trading Symbol", "Query swap info" and "Heartbeat and Connection".
Three markets: spot, linear (margined in the quote) and inverse (in the coin); their names differ in
form, so that a frame tells its market.
"""

from __future__ import annotations

import re
import zlib
from base64 import b64decode
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

import orjson

from engine.feeds.bridging import Bridged, InStream
from engine.feeds.events import Depth
from engine.feeds.feed import Feed, Row
from engine.feeds.htx_contracts import VENUE
from engine.feeds.htx_frames import parse, unpacked
from engine.feeds.names import contract, currency, pair
from engine.feeds.speech import Answer, Kind, Request, Speech, Topic, request_of
from engine.spans import SECOND
from schemas.errors import Poison
from schemas.raw import Listing, ReceivedFrame, Source

SPOT, LINEAR, INVERSE = "spot", "linear", "inverse"
HEAD = 1024
"""Characters of a frame in base64 that are unpacked to see whose it is."""
BEGIN = 160
"""Characters of a frame's text that name it."""

_name = re.compile(r'"(?:ch|rep|topic)"\s*:\s*"(?:market|public)\.([^".]+)\.').search
_asked = re.compile(r"[?&](?:symbol|contract_code)=([^&]+)").search
_pair = re.compile(
    r"([a-z0-9]+?)"
    r"(usdt|usdc|usdd|husd|tusd|pyusd|ustc|ust|btc|eth|htx|trx|ht|euroc|eur|gbp|try|brl|rub|uah)"
).fullmatch
_contract = re.compile(r"([A-Z0-9]+)-([A-Z0-9]+)(?:-([0-9]{6}))?").fullmatch


class HtxSpotBook(Bridged):
    """prevSeqNum is the seqNum before; the snapshot is that of one of the updates.

    Source: "Market By Price (incremental update)": it is asked for on the same socket ("req").
    """

    name = "htx_spot"

    def bridges(self, diff: Depth, snapshot: int) -> bool:
        """prevSeqNum == the snapshot's seqNum."""
        return diff.previous_id == snapshot

    def follows(self, diff: Depth, last: int) -> bool:
        """prevSeqNum == last seqNum."""
        return diff.previous_id == last


class HtxContractBook(InStream):
    """version counts up by one; a snapshot comes first (event), or each time (depth.stepN).

    Source: "Subscribe Incremental Market Depth Data".
    """

    name = "htx_contract"

    def follows(self, diff: Depth, last: int) -> bool:
        """version == last version + 1."""
        return diff.last_id == last + 1


def begin_of(frame: ReceivedFrame) -> str:
    """The first characters of a frame's text, packed or not; "" where it cannot be unpacked."""
    if frame.encoding == "text":
        return frame.text[:BEGIN]
    with suppress(ValueError, zlib.error):
        packed = b64decode(frame.text[:HEAD])
        if not packed.startswith(b"\x1f\x8b"):
            return packed[:BEGIN].decode(errors="replace")
        return zlib.decompressobj(31).decompress(packed, BEGIN).decode(errors="replace")
    return ""


def name_in(frame: ReceivedFrame) -> str | None:
    """What stands in the channel; answers to subscriptions belong to no symbol."""
    if frame.source is Source.REST:
        match = _asked(frame.channel) or _name(frame.text[:BEGIN])
    else:
        begin = begin_of(frame)
        if '"op"' in begin[:40] and '"notify"' not in begin[:40]:
            return None
        match = _name(begin)
    if match is None or match.group(1) == "*":
        return None
    name = match.group(1)
    return name.upper() if "-" in name else name


def symbol(market: str, name: str) -> str | None:
    """btcusdt, cut before the quote it ends with; BTC-USDT, BTC-USD, BTC-USDT-220325."""
    match = (_pair if market == SPOT else _contract)(name)
    if match is None:
        return None
    base, quote = (currency(code, RENAMED) for code in match.group(1, 2))
    if market == SPOT:
        return pair(base, quote)
    return contract(base, quote, base if market == INVERSE else quote, match.group(3) or "")


RENAMED = {
    "NGL": "GFNGL",
    "GET": "THEMIS",
    "GTC": "GAMECOM",
    "HIT": "HITCHAIN",
    "PNT": "PENTA",
    "SBTC": "SUPERBITCOIN",
    "SOUL": "SOULSAVER",
    "BIFI": "BITCOINFILE",
    "FUD": "FTX Users Debt",
}
"""HTX's codes that mean something else elsewhere (ccxt)."""


def listings(rows: Iterable[Row]) -> Iterator[Listing]:
    """Rows of GET /v1/common/symbols of spot, /linear-swap-api/v1/swap_contract_info and
    /swap-api/v1/swap_contract_info: only the linear ones have a business_type.
    """
    for row in rows:
        name = row.get("contract_code")
        if name is None:
            codes = row["base-currency"], row["quote-currency"]
            base, quote = (currency(code, RENAMED) for code in codes)
            yield Listing(VENUE, SPOT, row["symbol"], pair(base, quote))
            continue
        market = INVERSE if row.get("business_type") is None else LINEAR
        found = symbol(market, name)
        if found is not None:
            yield Listing(VENUE, market, name, found)


def market_at(address: str) -> str | None:
    """By the host and path."""
    if "linear-swap" in address:
        return LINEAR
    if "/swap-" in address:
        return INVERSE
    return SPOT if "huobi.pro" in address or "htx.com" in address else None


def market_in(frame: ReceivedFrame) -> str | None:
    """By the form of the name."""
    name = name_in(frame)
    if name is None:
        return None
    if "-" not in name:
        return SPOT
    return INVERSE if name.endswith("-USD") else LINEAR


CHANNELS = {
    Kind.TRADES: "market.{}.trade.detail",
    Kind.QUOTES: "market.{}.bbo",
    Kind.BOOK: "market.{}.depth.size_150.high_freq",
    Kind.MARK: "market.{}.mark_price.1min",
    Kind.FUNDING: "public.{}.funding_rate",
    Kind.LIQUIDATIONS: "public.{}.liquidation_orders",
}
SPOT_BOOK = "market.{}.mbp.150"
_NOTIFIED = (Kind.FUNDING, Kind.LIQUIDATIONS)
_PLACES = {SPOT: "", LINEAR: "linear-swap", INVERSE: "swap"}


def address(market: str, kind: Kind) -> str:
    """Marks come on the socket of indices, rates and liquidations on that of notifications."""
    if market == SPOT:
        return f"wss://api.huobi.pro/{'feed' if kind is Kind.BOOK else 'ws'}"
    if kind is Kind.MARK:
        return "wss://api.hbdm.com/ws_index"
    return f"wss://api.hbdm.com/{_PLACES[market]}-{'notification' if kind in _NOTIFIED else 'ws'}"


def _channel(topic: Topic) -> str:
    spot = topic.kind is Kind.BOOK and "-" not in topic.name
    return (SPOT_BOOK if spot else CHANNELS[topic.kind]).format(topic.name)


def _say(operation: str, topics: Sequence[Topic], number: int) -> list[Request]:
    found: list[Request] = []
    for topic in topics:
        channel, at = _channel(topic), str(number + len(found))
        frame = {operation: channel, "id": at}
        if topic.kind in _NOTIFIED:
            frame = {"op": operation, "cid": at, "topic": channel}
        elif channel.endswith(".high_freq"):
            frame["data_type"] = "incremental"
        found.append(Request(orjson.dumps(frame).decode(), (topic,)))
    return found


def hear(frame: str | bytes) -> Answer | None:
    """Pings, answers and refusals; a book of spot is asked for as soon as its changes come."""
    begin = _begins(frame)
    if not begin.startswith("{") or begin.startswith(('{"ch"', '{"op":"notify"')):
        return None
    try:
        said = orjson.loads(unpacked(frame))
    except (ValueError, Poison):
        return None
    return _heard(said) if isinstance(said, dict) else None


def _begins(frame: str | bytes) -> str:
    if isinstance(frame, str):
        return frame[:20]
    with suppress(zlib.error):
        packed = frame.startswith(b"\x1f\x8b")
        head = zlib.decompressobj(31).decompress(frame, 20) if packed else frame[:20]
        return head.decode(errors="replace")
    return ""


def _heard(said: Mapping[str, Any]) -> Answer | None:
    number = said.get("id", said.get("cid", ""))
    request = request_of(number)
    match said:
        case {"ping": time}:
            return Answer(reply=orjson.dumps({"pong": time}).decode())
        case {"op": "ping", **rest}:
            return Answer(reply=orjson.dumps({"op": "pong", "ts": rest.get("ts")}).decode())
        case {"status": "error", **rest}:
            return Answer(request=request, reason=f"{rest.get('err-code')}: {rest.get('err-msg')}")
        case {"subbed": str(channel)} if ".mbp." in channel and "refresh" not in channel:
            asking = orjson.dumps({"req": channel, "id": f"book {number}"}).decode()
            return Answer(request=request, reply=asking)
        case {"subbed": _} | {"unsubbed": _}:
            return Answer(request=request)
        case {"op": "sub" | "unsub" | "error", "err-code": code, **rest} if code not in (0, "0"):
            return Answer(request=request, reason=f"{code}: {rest.get('err-msg')}")
        case {"op": "sub" | "unsub"}:
            return Answer(request=request)
    return None


_CONTRACT = frozenset(CHANNELS)
_HOST = "https://api.hbdm.com/"
_INTEREST = {
    LINEAR: {Kind.INTEREST: _HOST + "v5/market/open_interest?contract_code={}"},
    INVERSE: {Kind.INTEREST: _HOST + "swap-api/v1/swap_open_interest?contract_code={}"},
}
_TRADES = {
    SPOT: "https://api.huobi.pro/market/history/trade?symbol={}&size=2000",
    LINEAR: "https://api.hbdm.com/linear-swap-ex/market/history/trade?contract_code={}&size=2000",
    INVERSE: "https://api.hbdm.com/swap-ex/market/history/trade?contract_code={}&size=2000",
}
"""More than these there are not."""

SPEECH = Speech(
    kinds={
        SPOT: frozenset((Kind.TRADES, Kind.QUOTES, Kind.BOOK)),
        LINEAR: _CONTRACT,
        INVERSE: _CONTRACT,
    },
    address=address,
    subscribe=lambda topics, number: _say("sub", topics, number),
    unsubscribe=lambda topics, number: _say("unsub", topics, number),
    hear=hear,
    ping=None,
    quiet=5 * SECOND,
    most=100,
    pace=SECOND // 25,
    trades=lambda market, name: _TRADES[market].format(name),
    polled=_INTEREST,
)
"""The venue pings every 5 s; 40 subscriptions a second are allowed on a connection."""

FEED = Feed(
    name=VENUE,
    markets=(SPOT, LINEAR, INVERSE),
    aliases={
        "huobi": None,
        "huobipro": None,
        "huobi_spot": SPOT,
        "huobi_swap": None,
        "huobi_linear": LINEAR,
        "huobi_inverse": INVERSE,
        "htx_swap": None,
    },
    parse=parse,
    name_in=name_in,
    symbol=symbol,
    listings=listings,
    rules={"spot": HtxSpotBook(), "contract": HtxContractBook()},
    speech=SPEECH,
    market_at=market_at,
    market_in=market_in,
)
