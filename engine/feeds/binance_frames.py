"""Binance's commonest frames in the form that they come in: trades, quotes and diffs at once.

Bare or wrapped with their stream's name (engine.feeds.binance has the samples). What is not plainly
of the form is read in full there, which alone says what is wrong with it. The diffs of a partial
depth stream (`@depth5`) are none, whatever they look like, and no form takes them.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from engine.feeds.events import Depth, Quote, Trade, depth_of, quote_of, trade_of
from engine.feeds.fields import MILLISECOND
from engine.feeds.forms import AMOUNT, ID, MS, NAME, PRICE, SIDE, TRADED, pairs
from schemas.ticks import Side

Found = Trade | Quote | Depth
SIDES: dict[str, Side] = {"true": "sell", "false": "buy"}
"""The aggressor's, by whether the buyer was resting."""


STREAM = r'\{"stream":"[0-9a-z_]++@(?:bookTicker|trade|depth(?:@[0-9]+ms)?)","data":'


def _form(data: str) -> Callable[[str], re.Match[str] | None]:
    return re.compile(rf"({STREAM})?+{data}(?(1)\}})").fullmatch


_trade_form = _form(
    rf'\{{"e":"trade","E":{MS},(?:"T":({MS}),)?+"s":"{NAME}","t":({ID}),"p":"({PRICE})",'
    rf'"q":"({TRADED})",(?:"T":({MS})|"X":"MARKET"),"m":(true|false)(?:,"M":(?:true|false))?+\}}',
)
_quote_form = _form(
    rf'\{{(?:"e":"bookTicker",)?+"u":({ID}),(?:"e":"bookTicker",)?+"s":"{NAME}",(?:"ps":"{NAME}",)?+'
    rf'"b":"({AMOUNT})","B":"({AMOUNT})","a":"({AMOUNT})","A":"({AMOUNT})"'
    rf'(?:,"T":({MS}),"E":{MS})?+\}}',
)
_depth_form = _form(
    rf'\{{"e":"depthUpdate","E":({MS}),(?:"T":({MS}),)?+"s":"{NAME}",(?:"ps":"{NAME}",)?+'
    rf'"U":({ID}),"u":({ID}),(?:"pu":({ID}),)?+"b":({SIDE}),"a":({SIDE})\}}',
)


def _trade(text: str) -> Trade | None:
    found = _trade_form(text)
    if found is None:
        return None
    _, early, number, price, quantity, late, resting_buyer = found.groups()
    time = early or late
    if time is None or (early and late):
        return None
    first = int(number)
    ids, side = (first, first), SIDES[resting_buyer]
    return trade_of((int(time) * MILLISECOND, price, quantity, side, number, ids, None))


def _quote(text: str) -> Quote | None:
    found = _quote_form(text)
    if found is None:
        return None
    _, number, bid, bids, ask, asks, time = found.groups()
    when = None if time is None else int(time) * MILLISECOND
    return quote_of((when, bid, bids, ask, asks, int(number)))


def _depth(text: str) -> Depth | None:
    found = _depth_form(text)
    if found is None:
        return None
    _, sent, time, first, last, previous, bids, asks = found.groups()
    ids = int(first), int(last), None if previous is None else int(previous)
    if ids[0] > ids[1]:
        return None
    when = int(time or sent) * MILLISECOND
    return depth_of((when, False, *ids, pairs(bids), pairs(asks), None, None))


READERS: dict[str, Callable[[str], Found | None]] = {"t": _trade, "b": _quote, "d": _depth}
"""By how the kind of a frame begins; spot's quotes name none."""


def at_once(text: str) -> Found | None:
    """The event of a trade, quote or diff in the plain form; None of any other frame."""
    at = text.find('"e":"', 0, 100)
    return READERS.get(text[at + 5], _quote)(text) if at >= 0 else _quote(text)
