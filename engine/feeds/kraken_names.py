"""Kraken's names: which symbol a frame is about, and what it is called by everybody.

Sources: REST /0/public/AssetPairs (`wsname`), Futures REST /derivatives/api/v3/instruments, ccxt
4.5.64 (kraken.py, krakenfutures.py). v1 says XBT and XDG where v2 says BTC and DOGE, all else alike
("XBT/USD pair is missing", WebSocket FAQ). Futures: PI_XBTUSD (inverse perpetual), PF_ (linear,
multi-collateral), PV_ (vanilla), and FI_, FF_, FV_ with a date.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from engine.feeds import kraken_v1_frames as v1
from engine.feeds import kraken_v2_frames as v2
from engine.feeds.feed import Row
from engine.feeds.names import contract, currency, pair
from schemas.raw import Listing, ReceivedFrame, Source

VENUE = "kraken"
SPOT, FUTURES = "spot", "futures"

RENAMED = {
    "XDG": "DOGE", "LUNA": "LUNC", "LUNA2": "LUNA", "UST": "USTC", "REP": "REPV1", "REPV2": "REP",
    "FEE": "KFEE",
}  # fmt: skip
"""Codes of wsnames; ccxt's `commonCurrencies` without those of older names (XXBT, ZUSD)."""
NOW = {"XBT": "BTC", "XDG": "DOGE"}
"""What v2 calls the codes of v1."""

_product = re.compile(r'"product_id"\s*:\s*"([^"]*)"').search
_asked = re.compile(r"[?&]pair=([^&]+)").search
_spot = re.compile(r"([A-Za-z0-9.]{1,20})/([A-Za-z0-9.]{1,20})").fullmatch
_future = re.compile(r"([PF])([IVF])_([A-Z0-9]{1,20})(USD|EUR|GBP|XBT)(?:_([0-9]{6}))?").fullmatch


def name_in(frame: ReceivedFrame) -> str | None:
    """The pair of spot, the product of futures; answers and lists are about none."""
    text = frame.text
    if frame.source is Source.REST:
        asked = _asked(frame.channel)
        return asked.group(1).replace("%2F", "/") if asked else None
    if text.startswith("["):
        return v1.named(text)
    match = _product(text)
    if match is not None:
        return match.group(1).upper() or None
    return v2.named(text)


def symbol(market: str, name: str) -> str | None:
    """By the form: with a slash it is spot, else a future; a dated one must have its date."""
    if (match := _spot(name)) is not None:
        return pair(currency(match.group(1), RENAMED), currency(match.group(2), RENAMED))
    if (match := _future(name)) is None:
        return None
    lasting, kind, base, quote, date = match.groups()
    if (lasting == "P") == (date is not None):
        return None
    base, quote = currency(base), currency(quote)
    return contract(base, quote, base if kind == "I" else quote, date or "")


def listings(rows: Iterable[Row]) -> Iterator[Listing]:
    """Rows of AssetPairs, by v2's names, and of the futures' instruments, without indices."""
    for row in rows:
        if "wsname" in row:
            codes = str(row["wsname"]).split("/")
            name = "/".join(NOW.get(code, code) for code in codes)
            base, quote = (currency(code, RENAMED) for code in codes)
            yield Listing(VENUE, SPOT, name, pair(base, quote))
        elif str(row.get("type", "")).startswith(("futures", "flexible")):
            name = str(row["symbol"]).upper()
            if (found := symbol(FUTURES, name)) is not None:
                yield Listing(VENUE, FUTURES, name, found)


def market_at(address: str) -> str | None:
    """The futures have hosts of their own."""
    if "kraken.com" not in address:
        return None
    return FUTURES if "futures" in address else SPOT


def market_in(frame: ReceivedFrame) -> str | None:
    """Lists are v1's; of objects, those of futures have feeds, v2's have channels."""
    text = frame.text
    if text.startswith("[") or '"channel' in text:
        return SPOT
    return FUTURES if '"feed"' in text else None
