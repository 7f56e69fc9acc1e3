"""Gate v4 among the venues: its names, its book's rule, its sockets.

Frames are read by engine.feeds.gate_frames, whose sources hold here too; of the documents also
"Server URL", "Client Request", "Application ping pong" and, of REST, "List all currency pairs
supported" and "List all futures contracts".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

import orjson

from engine.feeds.bridging import Overlapping
from engine.feeds.events import Trade
from engine.feeds.feed import Feed, Row
from engine.feeds.gate_frames import VENUE, parse
from engine.feeds.names import contract, currency, pair
from engine.feeds.speech import Answer, Kind, Request, Speech, Topic, parts, said, text_of
from engine.spans import SECOND
from schemas.raw import Listing, ReceivedFrame, Source

SPOT, FUTURES, INVERSE, DELIVERY = "spot", "futures", "inverse", "delivery"
"""Pairs; perpetuals that settle in USDT, and in BTC; dated futures. Pairs and contracts have the
same names, contracts differ by theirs."""

_name = re.compile(
    r'"(?:s|currency_pair|contract)"\s*:\s*"(?:[a-z]+\.)?([^"._]+_[^".]+)(?:\.[0-9]+)?"'
).search
_asked = re.compile(r"[?&](?:currency_pair|contract)=([^&]+)").search
_form = re.compile(r"([^\W_]+)_([^\W_]+?)(?:_20([0-9]{6}))?").fullmatch


class GateBook(Overlapping):
    """U <= id + 1 <= u, as Binance's spot; after that a diff may repeat ids, but leave none out.

    Source: "Order Book Channel / How to maintain local order book": updates are lost if U is above
    the id + 1 (step 6), and quantities are absolute.
    """

    name = "gate"


def name_in(frame: ReceivedFrame) -> str | None:
    """The pair or contract of the data; a book's stream is ob.BTC_USDT.400."""
    match = _asked(frame.channel) if frame.source is Source.REST else _name(frame.text)
    return match.group(1) if match else None


RENAMED = {
    "ORT": "XREATORS",
    "ASS": "ASSF",
    "88MPH": "MPH",
    "AXIS": "AXISDEFI",
    "BIFI": "BITCOINFILE",
    "BOX": "DEFIBOX",
    "BYN": "BEYONDFI",
    "EGG": "GOOSEFINANCE",
    "GTC": "GAMECOM",
    "HIT": "HITCHAIN",
    "MM": "MILLION",
    "MPH": "MORPHER",
    "POINT": "GATEPOINT",
    "RAI": "RAIREFLEXINDEX",
    "SBTC": "SUPERBITCOIN",
    "TNC": "TRINITYNETWORKCREDIT",
    "VAI": "VAIOT",
    "TRAC": "TRACO",
}
"""Codes that mean other currencies on Gate than elsewhere (ccxt's `commonCurrencies`)."""


def symbol(market: str, name: str) -> str | None:
    """BTC_USDT, BTC_USD, BTC_USDT_20230630: contracts on USD settle in BTC, others in quote."""
    match = _form(name)
    if match is None:
        return None
    base, quote = (currency(code, RENAMED) for code in match.group(1, 2))
    dated = match.group(3) or ""
    if market != SPOT:
        return contract(base, quote, "BTC" if quote == "USD" else quote, dated)
    return None if dated else pair(base, quote)


def listings(rows: Iterable[Row]) -> Iterator[Listing]:
    """Rows of REST: spot/currency_pairs, futures/SETTLE/contracts, delivery/SETTLE/contracts."""
    for row in rows:
        name = row["id"] if "base" in row else row["name"]
        market = SPOT if "base" in row else _market_of(name)
        found = symbol(market, name)
        if found is not None:
            yield Listing(VENUE, market, name, found)


def _market_of(name: str) -> str:
    """Of a contract."""
    if name.count("_") > 1:
        return DELIVERY
    return INVERSE if name.endswith("_USD") else FUTURES


_ADDRESSES = (
    (re.compile(r"/delivery/"), DELIVERY),
    (re.compile(r"/futures/btc|//fx-ws[^/]*/v4/ws(/btc)?/?$"), INVERSE),
    (re.compile(r"/futures/|//fx-ws"), FUTURES),
    (re.compile(r"/spot/|/ws/v4"), SPOT),
)


def market_at(address: str) -> str | None:
    """wss://fx-ws.gateio.ws/v4/ws/usdt, https://api.gateio.ws/api/v4/futures/usdt/order_book..."""
    return next((market for form, market in _ADDRESSES if form.search(address)), None)


def market_in(frame: ReceivedFrame) -> str | None:
    """By the channel's name, or what was asked for; names tell contracts apart."""
    told = frame.channel if frame.source is Source.REST else frame.text
    if frame.source is Source.REST:
        marks = (("currency_pair=", SPOT), ("contract=", FUTURES))
    else:
        marks = (('"spot.', SPOT), ('"futures.', FUTURES))
    return next((market for mark, market in marks if mark in told), None)


_CHANNELS = {
    SPOT: {
        Kind.TRADES: "spot.trades",
        Kind.QUOTES: "spot.book_ticker",
        Kind.BOOK: "spot.order_book_update",
    },
    FUTURES: {
        Kind.TRADES: "futures.trades",
        Kind.QUOTES: "futures.book_ticker",
        Kind.BOOK: "futures.order_book_update",
        Kind.FUNDING: "futures.tickers",
        Kind.LIQUIDATIONS: "futures.public_liquidates",
    },
}
TOGETHER = 100
"""Topics of one request; our own bound."""
EVERY = "100ms"
LEVELS = "100"
"""How often changes of books come, and how many levels a side they tell of."""
_ROOT = "https://api.gateio.ws/api/v4/"
_BOOKS = {
    SPOT: _ROOT + "spot/order_book?currency_pair={}&limit=100&with_id=true",
    FUTURES: _ROOT + "futures/usdt/order_book?contract={}&limit=100&with_id=true",
    INVERSE: _ROOT + "futures/btc/order_book?contract={}&limit=100&with_id=true",
    DELIVERY: _ROOT + "delivery/usdt/order_book?contract={}&limit=100&with_id=true",
}
_TRADES = {
    SPOT: _ROOT + "spot/trades?currency_pair={}&limit=1000",
    FUTURES: _ROOT + "futures/usdt/trades?contract={}&limit=1000",
    INVERSE: _ROOT + "futures/btc/trades?contract={}&limit=1000",
    DELIVERY: _ROOT + "delivery/usdt/trades?contract={}&limit=1000",
}
_SOCKETS = {
    SPOT: "wss://api.gateio.ws/ws/v4/",
    FUTURES: "wss://fx-ws.gateio.ws/v4/ws/usdt",
    INVERSE: "wss://fx-ws.gateio.ws/v4/ws/btc",
    DELIVERY: "wss://fx-ws.gateio.ws/v4/ws/delivery/usdt",
}


def _payloads(market: str, kind: Kind, names: list[str]) -> list[tuple[list[str], list[str]]]:
    """What to ask for, and the names it is about: of books one at a time."""
    if kind is Kind.BOOK:
        more = [EVERY] if market == SPOT else [EVERY, LEVELS]
        return [([name, *more], [name]) for name in names]
    return [([*part], [*part]) for part in parts(names, TOGETHER)]


def _say(market: str, event: str, topics: Sequence[Topic], number: int) -> list[Request]:
    """Requests by channel; `time` is put in when they are sent."""
    found: list[Request] = []
    for kind in dict.fromkeys(topic.kind for topic in topics):
        names = [topic.name for topic in topics if topic.kind is kind]
        for payload, about in _payloads(market, kind, names):
            frame = {"time": 0, "id": number + len(found), "channel": _CHANNELS[market][kind]}
            text = orjson.dumps(frame | {"event": event, "payload": payload}).decode()
            found.append(Request(text, tuple(Topic(kind, name) for name in about)))
    return found


def _between(market: str, name: str, last: Trade, first: Trade) -> str:
    """Of spot those before the first known; of contracts those of the hole, by the second."""
    url = _TRADES[market].format(name)
    if market == SPOT:
        return f"{url}&last_id={first.trade_id}&reverse=true"
    return f"{url}&from={last.event_time // SECOND}&to={first.event_time // SECOND + 1}"


def _stamped(text: str, now: int) -> str:
    """`time`, in seconds, must be within 60 s of the venue's."""
    return text.replace('"time":0', f'"time":{now // SECOND}', 1)


def hear(frame: str | bytes) -> Answer | None:
    """Answers bring the request's id back, with an error or without."""
    text = text_of(frame)
    if len(text) > 2000 or ('subscribe"' not in text and ".pong" not in text):
        return None
    match said(text):
        case {"event": "subscribe" | "unsubscribe" as event, **rest}:
            number, error = rest.get("id"), rest.get("error")
            request, over = number if isinstance(number, int) else None, event == "unsubscribe"
            return Answer(request=request, reason="" if error is None else str(error), over=over)
        case {"channel": "spot.pong" | "futures.pong"}:
            return Answer()
    return None


def _speech(market: str) -> Speech:
    """Of spot, or of all contracts."""
    every = {FUTURES: FUTURES, INVERSE: FUTURES, DELIVERY: FUTURES, SPOT: SPOT}
    head = "spot" if market == SPOT else "futures"
    return Speech(
        kinds={each: frozenset(_CHANNELS[kind]) for each, kind in every.items()},
        address=lambda market, kind: _SOCKETS[market],
        subscribe=lambda topics, number: _say(market, "subscribe", topics, number),
        unsubscribe=lambda topics, number: _say(market, "unsubscribe", topics, number),
        hear=hear,
        ping=lambda now: f'{{"time":{now // SECOND},"channel":"{head}.ping"}}',
        quiet=5 * SECOND,
        most=100,
        pace=SECOND // 20,
        snapshot=lambda market, name: _BOOKS[market].format(name),
        trades=lambda market, name: _TRADES[market].format(name),
        between=_between,
        stamp=_stamped,
    )


SPEECH = _speech(SPOT)
"""Gate names no limit of topics or requests, and closes what reads too slowly (gateio/gatews issue
25); `most` and `pace` are our own."""

FEED = Feed(
    name=VENUE,
    markets=(SPOT, FUTURES, INVERSE, DELIVERY),
    aliases={"gateio": None, "gateio_spot": SPOT, "gateio_futures": FUTURES},
    parse=parse,
    name_in=name_in,
    symbol=symbol,
    listings=listings,
    rules={"all": GateBook()},
    speech=SPEECH,
    speeches=dict.fromkeys((FUTURES, INVERSE, DELIVERY), _speech(FUTURES)),
    market_at=market_at,
    market_in=market_in,
    book_marks=("order_book", ".obu"),
)
