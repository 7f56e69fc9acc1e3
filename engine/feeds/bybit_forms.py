"""Bybit's books in the form that they come in, of v5 and of 2021; trades have none, for msgspec
reads them in less.

engine.feeds.bybit_frames and bybit_old have the samples.
"""

from __future__ import annotations

import re

from engine.feeds.events import depth_of
from engine.feeds.fields import MILLISECOND
from engine.feeds.forms import (
    ID,
    MS,
    NAME,
    NUMBER,
    PRICE,
    SIDE,
    Events,
    Reader,
    pairs,
    quick,
)

BOOK = (
    rf'\{{"topic":"orderbook\.([0-9]++)\.{NAME}","type":"(snapshot|delta)","ts":({MS}),'
    rf'"data":\{{"s":"{NAME}","b":({SIDE}),"a":({SIDE}),"u":({ID}),"seq":{ID}\}}(?:,"cts":({MS}))?+\}}'
)
LEVEL = rf'\{{"price":"{PRICE}","symbol":"{NAME}","id":(?:{ID}|"{ID}"),"side":"(?:Buy|Sell)"'
GONE = rf"\[(?:{LEVEL}\}}(?:,{LEVEL}\}})*+)?+\]"
CHANGED = rf'{LEVEL},"size":{NUMBER}\}}'
CHANGES = rf"\[(?:{CHANGED}(?:,{CHANGED})*+)?+\]"
OLD_BOOK = (
    rf'\{{"topic":"orderBook{NAME}","type":"delta","data":\{{("delete":{GONE},"update":{CHANGES},'
    rf'"insert":{CHANGES})(?:,"transactTimeE6":{ID})?+\}},"cross_seq":("?)({ID})\2,'
    rf'"timestamp_e6":("?)(1[0-9]{{15}})\4\}}'
)

_levels = re.compile(
    r'"price":"([0-9.]++)","symbol":"[^"]*+","id":[0-9"]++,"side":"([BS])[a-z]++"'
    r'(?:,"size":([0-9.]++))?+'
).findall


def books(full: Reader) -> Reader:
    """Reads books of v5 of more than one level."""
    return quick(BOOK, _book, full)


def old_books(full: Reader) -> Reader:
    """Reads changes of books of 2021."""
    return quick(OLD_BOOK, _old_book, full)


def _book(
    levels: str, kind: str, sent: str, bid: str, ask: str, number: str, time: str | None
) -> Events | None:
    """A number of 1 is a snapshot whatever the type."""
    if levels == "1":
        return None
    at, last, sides = int(time or sent) * MILLISECOND, int(number), (pairs(bid), pairs(ask))
    if kind == "snapshot" or last == 1:
        return (depth_of((at, True, last, last, None, *sides, None, None)),)
    return (depth_of((at, False, last, last, last - 1 if last else None, *sides, None, None)),)


def _old_book(changes: str, quote: str, number: str, _: str, time: str) -> Events:
    """What is deleted has no size."""
    rows = _levels(changes)
    bids = tuple([(price, size or "0") for price, side, size in rows if side == "B"])
    asks = tuple([(price, size or "0") for price, side, size in rows if side == "S"])
    last = int(number)
    return (depth_of((int(time) * 1000, False, None, last, None, bids, asks, None, None)),)
