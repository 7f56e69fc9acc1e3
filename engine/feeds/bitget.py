"""Bitget among the venues: its names, its book's rule, its socket (v2).

Frames are read by engine.feeds.bitget_frames, whose sources hold here too; of the documents also
"Websocket API" (connect, ping, limits), "Get Symbol Info" and "Get Contract Config".

An instId stands for a pair and for a contract, and the instType beside it tells which, on one
socket for both. So names are here as v1 and Bitget's own lists write them, which are unique:
BTCUSDT_SPBL, BTCUSDT_UMCBL, BTCUSD_DMCBL, BTCPERP_CMCBL, BTCUSD_DMCBL_250627.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import orjson

from engine.feeds.bitget_frames import VENUE, parse
from engine.feeds.bridging import InStream, Top, alternating
from engine.feeds.events import Trade
from engine.feeds.feed import Feed, Row
from engine.feeds.fields import days
from engine.feeds.names import contract, currency, pair
from engine.feeds.speech import Answer, Kind, Request, Speech, Topic, parts, said, text_of
from engine.spans import SECOND
from schemas.raw import Listing, ReceivedFrame, Source

MARKET = "v2"
"""A name stands for one symbol, whatever its type: there is one market."""
KINDS_OF = {
    "SPBL": "SPOT",
    "UMCBL": "USDT-FUTURES",
    "DMCBL": "COIN-FUTURES",
    "CMCBL": "USDC-FUTURES",
}
"""What v2 calls the types that names end with; v3 has them in small letters."""
ENDINGS = {kind: ending for ending, kind in KINDS_OF.items()} | {"SP": "SPBL"}

_type = re.compile(r'"instType"\s*:\s*"([^"]*)"').search
_id = re.compile(r'"(?:instId|symbol)"\s*:\s*"([^"]*)"').search
_symbol = re.compile(r"fills(?:-history)?\?symbol=([^&]+)").search
_product = re.compile(r"[?&]productType=([^&]+)").search
_pair = re.compile(r"([^\W_]+?)(USDT|USDC|USDE|USD1|BTC|ETH|EUR|BRL|BGB)_SPBL").fullmatch
_contract = re.compile(
    r"([^\W_]+?)(?:(USDT)_UMCBL|(USD)_DMCBL|PERP_(CMCBL))(?:_([0-9]{6}))?"
).fullmatch


class BitgetBook(InStream):
    """A CRC32 of the best 25 levels, and a number that grows; of v3 also the number before.

    Sources: "Depth Channel / Checksum" and `seq` ("increases when the order book is updated and can
    be used to determine whether there is out-of-order packets"); ccxt for v3's `pseq`.
    """

    name = "bitget"

    def checksum(self, top: Top) -> int:
        """As OKX's was."""
        return alternating(top)


def name_in(frame: ReceivedFrame) -> str | None:
    """The id with the ending of its type; acknowledgements and lists belong to no symbol."""
    text = frame.text
    if frame.source is Source.REST:
        return _asked_for(frame.channel)
    if '"event"' in text[:400]:
        return None
    kind, name = _type(text), _id(text)
    return _named(kind.group(1), name.group(1)) if kind and name else None


def _asked_for(channel: str) -> str | None:
    """Of a request for trades."""
    name, kind = _symbol(channel), _product(channel)
    return _named(kind.group(1) if kind else "SPOT", name.group(1)) if name else None


def _named(kind: str, name: str) -> str | None:
    """v1's mc is of all contracts."""
    kind = kind.upper()
    if kind == "MC":
        ending = "UMCBL" if name.endswith("USDT") else "CMCBL" if name.endswith("PERP") else "DMCBL"
    else:
        ending = ENDINGS.get(kind, "")
    return f"{name}_{ending}" if ending else None


RENAMED = {
    "APX": "AstroPepeX",
    "DEGEN": "DegenReborn",
    "EVA": "Evadore",
    "JADE": "Jade Protocol",
    "OMNI": "omni",
    "TONCOIN": "TON",
}
"""Codes that mean other currencies on Bitget than elsewhere (ccxt's `commonCurrencies`)."""


def symbol(market: str, name: str) -> str | None:
    """By the known quotes, and the ending that tells what a contract settles in."""
    if (match := _pair(name)) is not None:
        return pair(*(currency(code, RENAMED) for code in match.groups()))
    if (match := _contract(name)) is None:
        return None
    base, dated = currency(match.group(1), RENAMED), match.group(5) or ""
    quote = match.group(2) or match.group(3) or "USDC"
    return contract(base, quote, base if quote == "USD" else quote, dated)


def listings(rows: Iterable[Row]) -> Iterator[Listing]:
    """Rows of GET /api/v2/spot/public/symbols and /api/v2/mix/market/contracts, of v1's, and of
    Bitget's lists for market data sites (base_currency).
    """
    for row in rows:
        if "base_currency" in row:
            name = row.get("ticker_id") or f"{row['symbol'].replace('_', '')}_SPBL"
            base, quote = row["base_currency"], row.get("target_currency") or row["quote_currency"]
        else:
            name, base, quote = row["symbol"], row["baseCoin"], row["quoteCoin"]
        base, quote = (currency(code, RENAMED) for code in (base, quote))
        quote = "USDC" if quote == "PERP" else quote
        coins = row.get("supportMarginCoins") or ()
        if "_" not in name:
            name = f"{name}_{_ending(quote) if coins else 'SPBL'}"
        yield Listing(VENUE, MARKET, name, _unified(name, base, quote, coins, _ends(name, row)))


def _ending(quote: str) -> str:
    """Of a contract."""
    return {"USDT": "UMCBL", "USDC": "CMCBL"}.get(quote, "DMCBL")


def _unified(name: str, base: str, quote: str, coins: Sequence[str], dated: str) -> str:
    """What is margined in its base settles in it (ccxt); without the coins, what is on USD."""
    if name.endswith("_SPBL"):
        return pair(base, quote)
    inverse = base in [currency(coin, RENAMED) for coin in coins] if coins else quote == "USD"
    return contract(base, quote, base if inverse else quote, dated)


def _ends(name: str, row: Row) -> str:
    """The date, YYMMDD, on which a future ends: of its name (v1) or its deliveryTime in ms."""
    if name.count("_") > 1:
        return name.rsplit("_", 1)[1]
    if row.get("symbolType") != "delivery":
        return ""
    day = int(row["deliveryTime"]) // (86_400 * 1000)
    year = 1970 + day * 400 // 146_097
    year -= days(year, 1, 1) > day
    month = max(each for each in range(1, 13) if days(year, each, 1) <= day)
    return f"{year % 100:02}{month:02}{day - days(year, month, 1) + 1:02}"


CHANNELS = {
    Kind.TRADES: "trade",
    Kind.QUOTES: "books1",
    Kind.BOOK: "books",
    Kind.FUNDING: "ticker",
}
KINDS = {channel: kind for kind, channel in CHANNELS.items()}
TOGETHER = 50
"""Topics of one request: 240 requests an hour, each of at most 4096 bytes."""


def _argument(topic: Topic) -> dict[str, str]:
    """A name without an ending is a pair's."""
    name, _, ending = topic.name.partition("_")
    kind = KINDS_OF.get(ending or "SPBL")
    if kind is None:
        raise ValueError(f"v2 has no {topic.name}: its lists name what ends on a date otherwise")
    return {"instType": kind, "channel": CHANNELS[topic.kind], "instId": name}


def _say(operation: str, topics: Sequence[Topic], number: int) -> list[Request]:
    found: list[Request] = []
    for part in parts(topics, TOGETHER):
        frame = {"op": operation, "args": [_argument(topic) for topic in part]}
        found.append(Request(orjson.dumps(frame).decode(), part))
    return found


def hear(frame: str | bytes) -> Answer | None:
    """Acknowledgements and errors name their topic."""
    text = text_of(frame)
    if text == "pong":
        return Answer()
    if '"event"' not in text[:400]:
        return None
    match said(text):
        case {"event": "subscribe", "arg": dict(arg)}:
            return Answer(accepted=_topics(arg))
        case {"event": "unsubscribe", "arg": dict(arg)}:
            return Answer(ended=_topics(arg))
        case {"event": "error", **rest}:
            about = rest.get("arg")
            refused = _topics(about) if isinstance(about, dict) else ()
            return Answer(refused=refused, reason=f"{rest.get('code')}: {rest.get('msg')}")
    return Answer()


def _topics(arg: Mapping[Any, object]) -> tuple[Topic, ...]:
    kind, name = KINDS.get(str(arg.get("channel"))), str(arg.get("instId", ""))
    named = _named(str(arg.get("instType", "")), name)
    return () if kind is None or named is None else (Topic(kind, named),)


_ROOT = "https://api.bitget.com/api/v2/"


def _fills(name: str, ending: str, most: int) -> str | None:
    """A request for trades of spot, or of contracts by their type; names of v1 that have no other
    are not asked for."""
    code, _, kind = name.partition("_")
    of = KINDS_OF.get(kind or "SPBL")
    if of is None:
        return None
    if of == "SPOT":
        return f"{_ROOT}spot/market/{ending}?symbol={code}&limit={most}"
    return f"{_ROOT}mix/market/{ending}?symbol={code}&productType={of.lower()}&limit={most}"


def _trades(market: str, name: str) -> str | None:
    return _fills(name, "fills", 500 if name.endswith("_SPBL") or "_" not in name else 100)


def _between(market: str, name: str, last: Trade, first: Trade) -> str | None:
    """The thousand before the first known."""
    url = _fills(name, "fills-history", 1000)
    return f"{url}&idLessThan={first.trade_id}" if url and first.trade_id else None


SPEECH = Speech(
    kinds={MARKET: frozenset(CHANNELS)},
    address=lambda market, kind: "wss://ws.bitget.com/v2/ws/public",
    subscribe=lambda topics, number: _say("subscribe", topics, number),
    unsubscribe=lambda topics, number: _say("unsubscribe", topics, number),
    hear=hear,
    ping=lambda now: "ping",
    quiet=5 * SECOND,
    steady=True,
    most=50,
    pace=SECOND // 5,
    trades=_trades,
    between=_between,
)
"""Closed after 2 minutes without a ping, whatever else comes; 10 messages a second, 240 requests an
hour; 1,000 topics a connection, of which the documents recommend fewer than 50."""

FEED = Feed(
    name=VENUE,
    markets=(MARKET,),
    aliases={"bitget_spot": None, "bitget_futures": None, "bitget_swap": None, "bitget_v1": None},
    parse=parse,
    name_in=name_in,
    symbol=symbol,
    listings=listings,
    rules={"all": BitgetBook()},
    speech=SPEECH,
    market_at=lambda address: MARKET,
    book_marks=('"books',),
)
