"""Bitget's commonest frames in the form that they come in: books, trades of v2.

engine.feeds.bitget_frames has the samples.
"""

from __future__ import annotations

import re

from engine.feeds.events import depth_of, trade_of
from engine.feeds.fields import MILLISECOND
from engine.feeds.forms import ID, MS, NAME, PRICE, SIDE, TRADED, Events, Reader, pairs, quick

HEAD = (
    rf'\{{"action":"(snapshot|update)","arg":\{{"instType":"{NAME}","channel":"{NAME}",'
    rf'"instId":"{NAME}"\}},"data":\['
)
BOOK = (
    rf'{HEAD}\{{"asks":({SIDE}),"bids":({SIDE}),"checksum":(0|-?[1-9][0-9]{{0,9}}+),'
    rf'(?:"seq":({ID}),)?+"ts":"({MS})"\}}\](?:,"ts":{MS})?+\}}'
)
TRADE = (
    rf'\{{"ts":"{MS}","price":"{PRICE}","size":"{TRADED}","side":"(?:buy|sell)",'
    rf'"tradeId":"{NAME}"\}}'
)
TRADES = rf'{HEAD}({TRADE}(?:,{TRADE})*+)\],"ts":{MS}\}}'

_trades = re.compile(
    r'"ts":"([0-9]++)","price":"([0-9.]++)","size":"([0-9.]++)","side":"([a-z]++)",'
    r'"tradeId":"([^"]*+)"'
).findall


def books(full: Reader) -> Reader:
    """Reads books."""
    return quick(BOOK, _book, full)


def trades(full: Reader) -> Reader:
    """Reads trades of v2."""
    return quick(TRADES, _traded, full)


def _book(action: str, ask: str, bid: str, sum: str, number: str | None, time: str) -> Events:
    """A checksum of 0 is none; snapshots that are numbered have none that counts."""
    snapshot, last = action == "snapshot", None if number is None else int(number)
    checksum = None if snapshot and last is not None else int(sum) or None
    at, sides = int(time) * MILLISECOND, (pairs(bid), pairs(ask))
    return (depth_of((at, snapshot, None, last, None, *sides, checksum, None)),)


def _traded(action: str, rows: str) -> Events:
    """The newest are told first."""
    return tuple(
        [
            trade_of((int(time) * MILLISECOND, price, size, side, name, None, None))
            for time, price, size, side, name in reversed(_trades(rows))
        ]
    )
