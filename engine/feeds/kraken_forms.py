"""The commonest frames of Kraken's v2 and futures in the form that they come in.

engine.feeds.kraken_v2_frames and kraken_futures_frames have the samples.
"""

from __future__ import annotations

import re

from engine.feeds.events import Liquidation, depth_of, trade_of
from engine.feeds.fields import MILLISECOND, moment
from engine.feeds.forms import (
    ID,
    MOMENT,
    MS,
    NAME,
    NUMBER,
    PRICE,
    TRADED,
    Events,
    Reader,
    quick,
)
from schemas.ticks import Level, Side

LEVEL = rf'\{{"price":{PRICE},"qty":{NUMBER}\}}'
SIDE = rf"\[(?:{LEVEL}(?:,{LEVEL})*+)?+\]"
BOOK = (
    rf'\{{"channel":"book","type":"(snapshot|update)","data":\[\{{"symbol":"{NAME}",'
    rf'"bids":({SIDE}),"asks":({SIDE}),"checksum":({ID})(?:,"timestamp":"{MOMENT}")?+\}}\]\}}'
)
TRADE = (
    rf'\{{"channel":"trade","type":"(?:snapshot|update)","data":\[\{{"symbol":"{NAME}",'
    rf'"side":"(buy|sell)","price":({PRICE}),"qty":({TRADED}),"ord_type":"{NAME}",'
    rf'"trade_id":({ID}),"timestamp":"{MOMENT}"\}}\]\}}'
)
CHANGE = (
    rf'\{{"feed":"book","product_id":"{NAME}","side":"(buy|sell)","seq":({ID}),'
    rf'"price":({PRICE}),"qty":({NUMBER}),"timestamp":({MS})\}}'
)
FILL = (
    rf'\{{"feed":"trade","product_id":"{NAME}","uid":"({NAME})","side":"(buy|sell)",'
    rf'"type":"(fill|liquidation|termination|assignment|block)","seq":({ID}),"time":({MS}),"qty":({TRADED}),"price":({PRICE})\}}'
)
SNAPSHOT = (
    rf'\{{"feed":"book_snapshot","product_id":"{NAME}","timestamp":({MS}),"seq":({ID}),'
    rf'"tickSize":(?:null|{NUMBER}),"bids":({SIDE}),"asks":({SIDE})\}}'
)
CLOSED = frozenset(("liquidation", "termination"))
"""Types of trades by which the venue closes a position."""
DEPTHS = (10, 25, 100, 500, 1000)
"""Levels a side that can be asked for of v2."""

_levels = re.compile(r'"price":([0-9.]++),"qty":([0-9.]++)').findall


def books(full: Reader) -> Reader:
    """Reads books of v2."""
    return quick(BOOK, _book, full)


def trades(full: Reader) -> Reader:
    """Reads frames of one trade of v2."""
    return quick(TRADE, _trade, full)


def futures(full: Reader) -> Reader:
    """Reads books of futures, and their trades."""
    return quick(CHANGE, _change, quick(FILL, _fill, quick(SNAPSHOT, _snapshot, full)))


def _book(
    action: str, bid: str, ask: str, sum: str, second: str | None, fraction: str | None
) -> Events:
    time = None if second is None or fraction is None else moment(second, fraction)
    bids, asks = tuple(_levels(bid)), tuple(_levels(ask))
    if action == "update":
        return (depth_of((time, False, None, None, None, bids, asks, int(sum), None)),)
    depth = told(len(bids), len(asks))
    return (depth_of((time, True, None, None, None, bids, asks, int(sum), depth)),)


def told(bids: int, asks: int) -> int:
    """How many levels a side the venue tells of, by those of a snapshot."""
    longest = max(bids, asks)
    return longest if longest in DEPTHS else DEPTHS[-1]


def _trade(side: Side, price: str, quantity: str, name: str, second: str, fraction: str) -> Events:
    number = int(name)
    time, numbers = moment(second, fraction), (number, number)
    return (trade_of((time, price, quantity, side, name, numbers, None, None)),)


def _change(side: str, number: str, price: str, quantity: str, time: str) -> Events:
    at, last = int(time) * MILLISECOND, int(number)
    level: tuple[Level, ...] = ((price, quantity),)
    if side == "buy":
        return (depth_of((at, False, None, last, None, level, (), None, None)),)
    return (depth_of((at, False, None, last, None, (), level, None, None)),)


def _fill(
    name: str, side: Side, kind: str, number: str, time: str, quantity: str, price: str
) -> Events:
    """The execution, and the closing of a position that it is part of."""
    at, seq = int(time) * MILLISECOND, int(number)
    trade = trade_of((at, price, quantity, side, name, (seq, seq), None, None))
    if kind not in CLOSED:
        return (trade,)
    return trade, Liquidation(at, price, quantity, side)


def _snapshot(time: str, number: str, bid: str, ask: str) -> Events:
    at, last, bids, asks = int(time) * MILLISECOND, int(number), _levels(bid), _levels(ask)
    return (depth_of((at, True, None, last, None, tuple(bids), tuple(asks), None, None)),)
