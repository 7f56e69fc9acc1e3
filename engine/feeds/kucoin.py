"""KuCoin among the venues: its names, its book's rule, its sockets.

Frames are read by engine.feeds.kucoin_frames and kucoin_pro_frames, whose sources hold here too; of
the docs also "Get All Symbols" of spot (3470154e0) and futures (3470220e0), "Get Full OrderBook".
The classic sockets want a token that is asked for by POST; the Pro sockets want none, and theirs is
what is spoken here. They tell of trades, best bid and ask, and books; marks and rates come on the
classic socket only, and are read from there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

import orjson

from engine.feeds.bridging import Overlapping
from engine.feeds.feed import Feed, Row
from engine.feeds.kucoin_frames import parse
from engine.feeds.kucoin_levels import VENUE
from engine.feeds.names import contract, currency, day, last_friday, pair
from engine.feeds.speech import Answer, Kind, Request, Speech, Topic, request_of, said, text_of
from engine.spans import SECOND
from schemas.raw import Listing, ReceivedFrame, Source

SPOT, FUTURES = "spot", "futures"

_topic = re.compile(r'"topic"\s*:\s*"([^":]*):([^",]+)').search
_subject = re.compile(r'"subject"\s*:\s*"([^"]+)"').search
_pro = re.compile(r'"T"\s*:\s*"[a-zA-Z]+\.(SPOT|FUTURES)"').search
_pro_name = re.compile(r'"s"\s*:\s*"([^"]+)"').search
_asked = re.compile(r"[?&]symbol=([^&]+)").search
_type = re.compile(r"[?&]tradeType=([A-Z]+)").search
_pair = re.compile(r"([A-Z0-9]+)-([A-Z0-9]+)").fullmatch
_contract = re.compile(r"([A-Z0-9]+?)(USDT|USDC|USD)M").fullmatch
_dated = re.compile(r"([A-Z0-9]+)M([FGHJKMNQUVXZ])([0-9]{2})").fullmatch
MONTHS = "FGHJKMNQUVXZ"
"""As futures are named everywhere."""


class KucoinBook(Overlapping):
    """sequenceStart <= last + 1 <= sequenceEnd; of contracts each update has one sequence.

    Source: "Orderbook - Increment" (3470068w0, 3470082w0). A message may begin within what is
    known already: it holds each level as it is after its last sequence. The snapshot comes by REST,
    on the Pro socket in the stream.
    """

    name = "kucoin"


def name_in(frame: ReceivedFrame) -> str | None:
    """What follows the topic's colon (of tickers of all, the subject), or "s" of the Pro socket."""
    if frame.source is Source.REST:
        match = _asked(frame.channel)
        return match.group(1) if match else None
    text = frame.text
    if (match := _topic(text, max(text.rfind('"topic"'), 0))) is not None:
        topic, name = match.group(1, 2)
        if name == "all":
            match = _subject(text)
            return match.group(1) if match else None
        if topic == "/market/snapshot" and "-" not in name:
            return None
        return name.partition("_")[0]
    match = _pro_name(text) if _pro(text) else None
    return match.group(1) if match else None


def symbol(market: str, name: str) -> str | None:
    """BTC-USDT; of contracts XBTUSDTM: those on USD are inverse; XBTMU25, which ends on the last
    Friday of September 2025.
    """
    if market == FUTURES and (match := _dated(name)) is not None:
        month, year = MONTHS.index(match.group(2)) + 1, match.group(3)
        base, friday = currency(match.group(1), RENAMED), last_friday(2000 + int(year), month)
        return contract(base, "USD", base, f"{year}{month:02}{friday:02}")
    match = (_pair if market == SPOT else _contract)(name)
    if match is None:
        return None
    base, quote = (currency(code, RENAMED) for code in match.group(1, 2))
    if market == SPOT:
        return pair(base, quote)
    return contract(base, quote, base if quote == "USD" else quote)


RENAMED = {
    "BIFI": "BIFIF",
    "VAI": "VAIOT",
    "WAX": "WAXP",
    "ALT": "APTOSLAUNCHTOKEN",
    "KALT": "ALT",
    "FUD": "FTX Users' Debt",
}
"""KuCoin's codes that mean something else elsewhere (ccxt)."""


def listings(rows: Iterable[Row]) -> Iterator[Listing]:
    """Rows of GET /api/v2/symbols, and of GET /api/v1/contracts/active of the futures."""
    for row in rows:
        base, quote = (currency(row[name], RENAMED) for name in ("baseCurrency", "quoteCurrency"))
        settles = row.get("settleCurrency")
        if settles is None:
            base, quote = (currency(code, RENAMED) for code in row["symbol"].split("-"))
            yield Listing(VENUE, SPOT, row["symbol"], pair(base, quote))
            continue
        expires = row.get("expireDate") if row.get("nextFundingRateTime") is None else None
        dated = "" if expires is None else day(int(expires))
        found = contract(base, quote, currency(settles, RENAMED), dated)
        yield Listing(VENUE, FUTURES, row["symbol"], found)


def market_at(address: str) -> str | None:
    """By the host, or what is asked for; push-private.kucoin.com served both."""
    if (kind := _type(address)) is not None:
        return SPOT if kind.group(1) == "SPOT" else FUTURES
    host = address.partition("://")[2].partition("/")[0]
    if "futures" in host:
        return FUTURES
    return SPOT if host in ("api.kucoin.com", "ws-api-spot.kucoin.com") or "spot" in host else None


def market_in(frame: ReceivedFrame) -> str | None:
    """By the topic, or by the type of the Pro socket."""
    if (match := _pro(frame.text)) is not None:
        return SPOT if match.group(1) == "SPOT" else FUTURES
    if (match := _topic(frame.text)) is None:
        return None
    if match.group(1).startswith(("/market/", "/spotMarket/")):
        return SPOT
    return FUTURES if match.group(1).startswith("/contract") else None


CHANNELS = {Kind.TRADES: "trade", Kind.QUOTES: "ticker", Kind.BOOK: "obu"}
_BOOK = {"depth": "increment@10ms", "rpiFilter": 0}
"""500 levels, a snapshot first; without retail price improvement orders."""


def _say(action: str, topics: Sequence[Topic], number: int) -> list[Request]:
    found: list[Request] = []
    for topic in topics:
        frame: dict[str, object] = {
            "id": str(number + len(found)),
            "action": action,
            "channel": CHANNELS[topic.kind],
            "tradeType": "SPOT" if "-" in topic.name else "FUTURES",
            "symbol": topic.name,
        }
        if topic.kind is Kind.BOOK:
            frame |= _BOOK
        found.append(Request(orjson.dumps(frame).decode(), (topic,)))
    return found


def hear(frame: str | bytes) -> Answer | None:
    """{"id":"1","result":true}, {"id":"1","result":false,"reason":".."}, welcomes, pongs."""
    text = text_of(frame)
    if len(text) > 1000 or '"T":' in text[:20] or '"topic"' in text:
        return None
    match said(text):
        case {"result": True | "true", **rest}:
            return Answer(request=request_of(rest.get("id")))
        case {"result": False | "false", **rest}:
            return Answer(
                request=request_of(rest.get("id")), reason=str(rest.get("reason") or "refused")
            )
        case {"type": "error", **rest}:
            return Answer(
                request=request_of(rest.get("id")), reason=f"{rest.get('code')}: {rest.get('data')}"
            )
        case {"type": "pong" | "welcome" | "ack"} | {"message": "welcome"}:
            return Answer()
    return None


_TRADES = "https://api.kucoin.com/api/ua/v1/market/trade?tradeType={}&symbol={}"
"""The last 100, of which there are no more; theirs are the ids of the Pro sockets."""

SPEECH = Speech(
    kinds={SPOT: frozenset(CHANNELS), FUTURES: frozenset(CHANNELS)},
    address=lambda market, kind: f"wss://x-push-{market}.kucoin.com",
    subscribe=lambda topics, number: _say("SUBSCRIBE", topics, number),
    unsubscribe=lambda topics, number: _say("UNSUBSCRIBE", topics, number),
    hear=hear,
    ping=lambda now: f'{{"id":"{now}","type":"ping"}}',
    quiet=5 * SECOND,
    most=100,
    pace=SECOND // 10,
    trades=lambda market, name: _TRADES.format(market.upper(), name),
)
"""100 messages in 10 s, and 100 topics at once, are what the classic socket allows ("Introduction",
"Limits")."""

FEED = Feed(
    name=VENUE,
    markets=(SPOT, FUTURES),
    aliases={"kucoinfutures": FUTURES},
    parse=parse,
    name_in=name_in,
    symbol=symbol,
    listings=listings,
    rules={"all": KucoinBook()},
    speech=SPEECH,
    market_at=market_at,
    market_in=market_in,
    book_marks=("level2", "obu"),
)
