"""OKX's commonest frames in the form that they come in; engine.feeds.okx_frames has samples."""

from __future__ import annotations

from engine.feeds.events import depth_of, trade_of
from engine.feeds.fields import MILLISECOND
from engine.feeds.forms import (
    ID,
    MS,
    NAME,
    PRICE,
    ROWS,
    TRADED,
    Events,
    Reader,
    levels,
    quick,
)
from schemas.errors import Poison
from schemas.ticks import Side

ARG = rf'\{{"arg":\{{"channel":"{NAME}","instId":"{NAME}"\}}'
TRADE = (
    rf'{ARG},"data":\[\{{"instId":"{NAME}","tradeId":"({ID})","px":"({PRICE})","sz":"({TRADED})",'
    rf'"side":"(buy|sell)","ts":"({MS})"(?:,"count":"({ID})")?+(?:,"source":"{NAME}")?+'
    rf'(?:,"seqId":{ID})?+\}}\]\}}'
)
BOOK = (
    rf'{ARG},"action":"(snapshot|update)","data":\[\{{"asks":({ROWS}),"bids":({ROWS}),"ts":"({MS})",'
    rf'"checksum":(0|-?[1-9][0-9]{{0,9}}+)(?:,"prevSeqId":(-1|{ID}),"seqId":({ID}))?+\}}\]\}}'
)


def trades(full: Reader) -> Reader:
    """Reads frames of one execution or one order's."""
    return quick(TRADE, _trade, full)


def books(full: Reader) -> Reader:
    """Reads books of many levels."""
    return quick(BOOK, _book, full)


def _trade(name: str, price: str, quantity: str, side: Side, time: str, of: str | None) -> Events:
    """The last of `of` executions; ids count up by one."""
    last, count = int(name), 1 if of is None else int(of)
    if not 1 <= count <= last + 1:
        raise Poison(f"a trade of {count} executions")
    numbers = (last - count + 1, last)
    return (trade_of((int(time) * MILLISECOND, price, quantity, side, name, numbers, None, None)),)


def _book(
    action: str, asks: str, bids: str, time: str, sum: str, before: str | None, number: str | None
) -> Events:
    """With ids the checksum is nothing but a 0 of old."""
    checksum: int | None = int(sum)
    last = None if number is None else int(number)
    previous = None if before is None or before == "-1" else int(before)
    if last is not None:
        checksum = checksum or None
    sides = tuple(levels(bids)), tuple(levels(asks))
    at, snapshot = int(time) * MILLISECOND, action == "snapshot"
    return (depth_of((at, snapshot, None, last, previous, *sides, checksum, None)),)
