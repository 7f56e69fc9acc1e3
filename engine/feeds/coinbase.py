"""Coinbase among the venues: Advanced Trade and the Exchange, which trade on the same books.

Frames are read by engine.feeds.coinbase_advanced_frames and coinbase_exchange_frames, which name
the sources; the sockets' words are in coinbase_speech. Coinbase tells no funding, mark, open
interest or liquidation on its public sockets.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import msgspec
from msgspec import Struct

from engine.feeds import coinbase_advanced_frames as advanced
from engine.feeds import coinbase_exchange_frames as exchange
from engine.feeds import fields
from engine.feeds.bridging import InStream
from engine.feeds.coinbase_speech import ADVANCED, ADVANCED_SPEECH, EXCHANGE, EXCHANGE_SPEECH
from engine.feeds.events import Depth, Event
from engine.feeds.feed import Feed, Row
from engine.feeds.names import contract, currency, pair
from schemas.raw import Listing, ReceivedFrame, Source

VENUE = "coinbase"

RENAMED = {"CGLD": "CELO"}
"""ccxt's `commonCurrencies` of Coinbase."""
ROOTS = {"BIT": "BTC", "ET": "ETH"}
"""Coinbase Derivatives' names of what their futures are on; for others a list is needed."""
MONTHS = (
    "JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC",
)  # fmt: skip

_products_in = re.compile(r'"product_id"\s*:\s*"([^"]+)"').findall
_asked = re.compile(r"products/([^/?]+)/").search
_spot = re.compile(r"([A-Z0-9]{1,20})-([A-Z0-9]{1,20})").fullmatch
_perpetual = re.compile(r"([A-Z0-9]{1,20})-PERP-INTX").fullmatch
_dated = re.compile(r"([A-Z0-9]{1,20})-([0-9]{2})([A-Z]{3})([0-9]{2})-CDE").fullmatch


class CoinbaseBook(InStream):
    """The Exchange's updates have no ids. Advanced Trade's are of the connection, and so only tell
    what is older than what was taken (engine.feeds.coinbase_advanced_frames).
    """

    name = "coinbase"

    def old(self, diff: Depth, snapshot: int) -> bool:
        """sequence_num is less than the last one: "can be ignored"."""
        return diff.last_id is not None and diff.last_id < snapshot


class _Product(Struct, gc=False):
    """An instrument in a list: of the Exchange, or of Advanced Trade."""

    id: str = ""
    product_id: str = ""


class _Products(Struct, gc=False):
    products: list[_Product]


_old_list = msgspec.json.Decoder(list[_Product]).decode
_new_list = msgspec.json.Decoder(_Products).decode


@fields.reading(VENUE)
def parse(frame: str | bytes) -> tuple[Event, ...]:
    """As engine.feeds.feed says."""
    text = frame if isinstance(frame, str) else frame.decode()
    if text.startswith('{"type"'):
        return exchange.read(text)
    if text.startswith("["):
        return exchange.answered(text) if '"trade_id"' in text else _listed_old(text)
    if text.startswith('{"trades"'):
        return advanced.answered(text)
    if text.startswith('{"products"'):
        _new_list(text)
        return ()
    channel = advanced.channel(text)
    return exchange.read(text) if channel is None else advanced.read(text, channel)


def _listed_old(text: str) -> tuple[Event, ...]:
    _old_list(text)
    return ()


def name_in(frame: ReceivedFrame) -> str | None:
    """The one product of a frame; lists of REST and answers are about none."""
    if frame.source is Source.REST:
        asked = _asked(frame.channel)
        return asked.group(1) if asked else None
    names = set(_products_in(frame.text))
    return names.pop() if len(names) == 1 else None


def symbol(market: str, name: str) -> str | None:
    """BTC-USD, BTC-PERP-INTX (settled in USDC), BIT-28JUN24-CDE (settled in USD)."""
    if (match := _spot(name)) is not None:
        base, quote = (currency(code, RENAMED) for code in match.groups())
        return pair(base, quote)
    if (match := _perpetual(name)) is not None:
        return contract(currency(match.group(1), RENAMED), "USDC", "USDC")
    match = _dated(name)
    if match is None or match.group(1) not in ROOTS or match.group(3) not in MONTHS:
        return None
    root, day, month, year = match.groups()
    date = f"{year}{MONTHS.index(month) + 1:02}{day}"
    return contract(ROOTS[root], "USD", "USD", date)


def listings(rows: Iterable[Row]) -> Iterator[Listing]:
    """Rows of the Exchange's GET /products, and of Advanced Trade's (also its futures)."""
    for row in rows:
        if "product_id" in row:
            yield Listing(VENUE, ADVANCED, row["product_id"], _listed(row))
        else:
            base, quote = (currency(code, RENAMED) for code in row["id"].split("-"))
            yield Listing(VENUE, EXCHANGE, row["id"], pair(base, quote))


def _listed(row: Row) -> str:
    """ccxt's parse_spot_market and parse_contract_market."""
    details = row.get("future_product_details") or {}
    quote = currency(row["quote_currency_id"], RENAMED)
    if row.get("product_type") != "FUTURE":
        return pair(currency(row["base_currency_id"], RENAMED), quote)
    base = currency(details["contract_root_unit"], RENAMED)
    lasting = details["contract_expiry_type"] == "PERPETUAL"
    dated = "" if lasting else details["contract_expiry"][2:10].replace("-", "")
    return contract(base, quote, quote, dated)


def market_at(address: str) -> str | None:
    """Which of the two a host serves."""
    if "coinbase.com" not in address:
        return None
    return ADVANCED if "advanced" in address or "/brokerage/" in address else EXCHANGE


def market_in(frame: ReceivedFrame) -> str | None:
    """Advanced Trade's frames name a channel, the Exchange's a type."""
    if '"channel"' in frame.text[:64]:
        return ADVANCED
    return EXCHANGE if '"type"' in frame.text[:64] else None


FEED = Feed(
    name=VENUE,
    markets=(ADVANCED, EXCHANGE),
    aliases={
        "coinbase_pro": EXCHANGE, "coinbasepro": EXCHANGE, "coinbaseexchange": EXCHANGE,
    },
    parse=parse,
    name_in=name_in,
    symbol=symbol,
    listings=listings,
    rules={"all": CoinbaseBook()},
    speech=ADVANCED_SPEECH,
    speeches={EXCHANGE: EXCHANGE_SPEECH},
    market_at=market_at,
    market_in=market_in,
    book_marks=('"l2', '"snapshot"'),
)  # fmt: skip
