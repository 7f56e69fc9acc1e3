"""HTX's commonest frames in the form that they come in; engine.feeds.htx_frames has samples."""

from __future__ import annotations

import re

from engine.feeds.events import depth_of, trade_of
from engine.feeds.fields import MILLISECOND
from engine.feeds.forms import ID, MS, NAME, NUMBER, PRICE, TRADED, Events, Reader, quick
from schemas.ticks import Level

LEVEL = rf"\[{PRICE},{NUMBER}\]"
SIDE = rf"\[(?:{LEVEL}(?:,{LEVEL})*+)?+\]"
ANY = r"(?:0|[1-9][0-9]*+)(?:\.[0-9]++)?+"
"""A number that is not used."""
MARKET = r'\{"ch":"market\.[^"\\. ]++\.'

CHANGE = (
    rf'{MARKET}depth\.size_([1-9][0-9]{{0,3}}+)\.high_freq","tick":\{{"asks":({SIDE}),'
    rf'"bids":({SIDE}),"ch":"{NAME}","event":"(snapshot|update)","id":{ID},"mrid":{ID},'
    rf'"ts":({MS}),"version":({ID})\}},"ts":{MS}\}}'
)
STEP = (
    rf'{MARKET}depth\.step[0-9]++","ts":{MS},"tick":\{{(?:"mrid":{ID},"id":{ID},)?+'
    rf'"bids":({SIDE}),"asks":({SIDE}),(?:"version":({ID}),)?+"ts":({MS})'
    rf'(?:,"version":({ID}),"ch":"{NAME}")?+\}}\}}'
)
DEAL = (
    rf'\{{"amount":{TRADED},(?:"quantity":{ANY},)?+(?:"trade_turnover":{ANY},)?+"ts":{MS},'
    rf'"id":{ID},"price":{PRICE},"direction":"(?:buy|sell)"(?:,"quantity":{ANY})?+'
    rf'(?:,"trade_turnover":{ANY})?+\}}'
)
DEALS = (
    rf'{MARKET}trade\.detail","ts":{MS},"tick":\{{"id":{ID},"ts":{MS},'
    rf'"data":\[({DEAL}(?:,{DEAL})*+)\]\}}\}}'
)

_levels = re.compile(r"\[([0-9.]++),([0-9.]++)\]").findall
_deals = re.compile(
    r'"amount":([0-9.]++),(?:"quantity":[0-9.]++,)?+(?:"trade_turnover":[0-9.]++,)?+"ts":([0-9]++),"id":([0-9]++),"price":([0-9.]++),'
    r'"direction":"([a-z]++)"'
).findall


def all_of(full: Reader) -> Reader:
    """Reads books that are whole each time, changes of contracts' books, and their trades."""
    return quick(STEP, _step, quick(CHANGE, _change, quick(DEALS, _traded, full)))


def _step(bid: str, ask: str, early: str | None, time: str, late: str | None) -> Events | None:
    if early is not None and late is not None:
        return None
    number = early or late
    last, bids, asks = None if number is None else int(number), _levels(bid), _levels(ask)
    at = int(time) * MILLISECOND
    return (depth_of((at, True, None, last, None, tuple(bids), tuple(asks), None, None)),)


def _change(of: str, ask: str, bid: str, event: str, time: str, number: str) -> Events:
    """A change follows the version before its own."""
    bids: tuple[Level, ...] = tuple(_levels(bid))
    snapshot, last, at = event == "snapshot", int(number), int(time) * MILLISECOND
    before = None if snapshot or not last else last - 1
    asks, depth = tuple(_levels(ask)), int(of)
    return (depth_of((at, snapshot, None, last, before, bids, asks, None, depth)),)


def _traded(deals: str) -> Events:
    return tuple(
        [
            trade_of((int(time) * MILLISECOND, price, amount, side, name, None, None, None))
            for amount, time, name, price, side in _deals(deals)
        ]
    )
