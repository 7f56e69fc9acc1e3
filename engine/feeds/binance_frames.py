"""Binance's commonest frames in the form that they come in: trades, quotes and diffs at once.

Bare or wrapped with their stream's name (engine.feeds.binance has the samples). What is not plainly
of the form is read in full there, which alone says what is wrong with it. The diffs of a partial
depth stream (`@depth5`) are none, whatever they look like, and no form takes them.
"""

from __future__ import annotations

from engine.feeds.events import depth_of, quote_of, trade_of
from engine.feeds.fields import MILLISECOND
from engine.feeds.forms import AMOUNT, ID, MS, NAME, PRICE, SIDE, TRADED, Events, pairs, quick
from schemas.ticks import Side

SIDES: dict[str, Side] = {"true": "sell", "false": "buy"}
"""The aggressor's, by whether the buyer was resting."""


STREAM = r'\{"stream":"[0-9a-z_]++@(?:bookTicker|trade|depth(?:@[0-9]+ms)?)","data":'


def _form(data: str) -> str:
    return rf"({STREAM})?+{data}(?(1)\}})"


TRADE = _form(
    rf'\{{"e":"trade","E":{MS},(?:"T":({MS}),)?+"s":"{NAME}","t":({ID}),"p":"({PRICE})",'
    rf'"q":"({TRADED})",(?:"T":({MS})|"X":"MARKET"),"m":(true|false)(?:,"M":(?:true|false))?+\}}',
)
QUOTE = _form(
    rf'\{{(?:"e":"bookTicker",)?+"u":({ID}),(?:"e":"bookTicker",)?+"s":"{NAME}",(?:"ps":"{NAME}",)?+'
    rf'"b":"({AMOUNT})","B":"({AMOUNT})","a":"({AMOUNT})","A":"({AMOUNT})"'
    rf'(?:,"T":({MS}),"E":{MS})?+\}}',
)
DEPTH = _form(
    rf'\{{"e":"depthUpdate","E":({MS}),(?:"T":({MS}),)?+"s":"{NAME}",(?:"ps":"{NAME}",)?+'
    rf'"U":({ID}),"u":({ID}),(?:"pu":({ID}),)?+"b":({SIDE}),"a":({SIDE})\}}',
)


def _trade(
    _: str | None,
    early: str | None,
    number: str,
    price: str,
    quantity: str,
    late: str | None,
    resting_buyer: str,
) -> Events | None:
    """Its time stands before its number (futures) or behind its quantity (spot)."""
    time = early or late
    if time is None or (early and late):
        return None
    first = int(number)
    ids, side = (first, first), SIDES[resting_buyer]
    return (trade_of((int(time) * MILLISECOND, price, quantity, side, number, ids, None, None)),)


def _quote(
    _: str | None, number: str, bid: str, bids: str, ask: str, asks: str, time: str | None
) -> Events:
    when = None if time is None else int(time) * MILLISECOND
    return (quote_of((when, bid, bids, ask, asks, int(number))),)


def _depth(
    _: str | None,
    sent: str,
    time: str | None,
    first: str,
    last: str,
    previous: str | None,
    bids: str,
    asks: str,
) -> Events | None:
    ids = int(first), int(last), None if previous is None else int(previous)
    if ids[0] > ids[1]:
        return None
    when = int(time or sent) * MILLISECOND
    return (depth_of((when, False, *ids, pairs(bids), pairs(asks), None, None)),)


def _other(text: str) -> None:
    """Not plain."""


_quotes = quick(QUOTE, _quote, _other)
READERS = {"t": quick(TRADE, _trade, _other), "b": _quotes, "d": quick(DEPTH, _depth, _other)}
"""By how the kind of a frame begins; spot's quotes name none."""


def at_once(text: str) -> Events | None:
    """The event of a trade, quote or diff in the plain form; None of any other frame."""
    at = text.find('"e":"', 0, 100)
    return READERS.get(text[at + 5], _quotes)(text) if at >= 0 else _quotes(text)
