"""Kraken's commonest frames of v1 in the form that they come in (engine.feeds.kraken_v1_frames has
the samples): changes of a book, and trades.
"""

from __future__ import annotations

import re

from engine.feeds.events import depth_of, quote_of, trade_of
from engine.feeds.forms import AMOUNT, ID, NAME, PRICE, TRADED, Events, Reader, quick
from schemas.ticks import Level

Levels = tuple[Level, ...]

SECONDS = r"1[0-9]{9}\.[0-9]{6}"
LEVEL = rf'\["{PRICE}","{AMOUNT}","{SECONDS}"(?:,"r")?+\]'
SIDE = rf"\[{LEVEL}(?:,{LEVEL})*+\]"
TRADE = rf'\["{PRICE}","{TRADED}","{SECONDS}","[bs]","{NAME}","{NAME}"\]'

TAIL = rf'(?:,"c":"([0-9]{{1,10}}+)")?+\}},"book-([1-9][0-9]{{0,5}}+)","{NAME}"\]'
ONE = rf'\[{ID},\{{"([ab])":\[\["({PRICE})","({AMOUNT})","({SECONDS})"(?:,"r")?+\]\]{TAIL}'
CHANGE = rf'\[{ID},\{{"([ab])":({SIDE}){TAIL}'
CHANGES = rf'\[{ID},\{{"a":({SIDE})\}},\{{"b":({SIDE}){TAIL}'
TRADES = rf'\[{ID},\[({TRADE}(?:,{TRADE})*+)\],"trade","{NAME}"\]'
BEST = rf'\["({AMOUNT})",{ID},"({AMOUNT})"\]'
"""Price, whole lots, quantity."""
FIGURE = rf'(?:"{AMOUNT}"|{ID})'
TICKER = (
    rf'\[{ID},\{{"a":{BEST},"b":{BEST}(?:,"[cvptlho]":\[{FIGURE}(?:,{FIGURE})*+\])*+\}},'
    rf'"ticker","{NAME}"\]'
)

_levels = re.compile(r'\["([0-9.]++)","([0-9.]++)","([0-9.]++)"').findall
_trades = re.compile(r'\["([0-9.]++)","([0-9.]++)","([0-9.]++)","([bs])"').findall


def changes(full: Reader) -> Reader:
    """Reads changes of one level, of one side of a book, or of both sides in two objects."""
    return quick(ONE, _one, quick(CHANGE, _change, quick(CHANGES, _changes, full)))


def trades(full: Reader) -> Reader:
    """Reads trades, and tickers."""
    return quick(TRADES, _traded, quick(TICKER, _ticked, full))


def _time(text: str) -> int:
    """ns of SECONDS."""
    return int(text.replace(".", "")) * 1000


def _one(name: str, price: str, quantity: str, time: str, sum: str | None, limit: str) -> Events:
    at, checksum = int(time.replace(".", "")) * 1000, None if sum is None else int(sum)
    level, depth = ((price, quantity),), int(limit)
    if name == "b":
        return (depth_of((at, False, None, None, None, level, (), checksum, depth)),)
    return (depth_of((at, False, None, None, None, (), level, checksum, depth)),)


def _change(name: str, side: str, sum: str | None, limit: str) -> Events:
    levels, time = _side(side)
    bids, asks = (levels, ()) if name == "b" else ((), levels)
    return _depth(time, bids, asks, sum, limit)


def _changes(asked: str, bid: str, sum: str | None, limit: str) -> Events:
    (asks, early), (bids, late) = _side(asked), _side(bid)
    return _depth(max(early, late), bids, asks, sum, limit)


def _depth(time: str, bids: Levels, asks: Levels, sum: str | None, limit: str) -> Events:
    checksum, at = None if sum is None else int(sum), _time(time)
    return (depth_of((at, False, None, None, None, bids, asks, checksum, int(limit))),)


def _side(text: str) -> tuple[Levels, str]:
    """Its levels, and the latest of their times."""
    prices, quantities, times = zip(*_levels(text), strict=True)
    return tuple(zip(prices, quantities, strict=True)), max(times)


def _traded(rows: str) -> Events:
    """The side is the taker's; there are no ids."""
    return tuple(
        [
            trade_of((_time(time), p, q, "buy" if side == "b" else "sell", "", None, None, None))
            for p, q, time, side in _trades(rows)
        ]
    )


def _ticked(ask: str, asks: str, bid: str, bids: str) -> Events:
    return (quote_of((None, bid, bids, ask, asks, None)),)
