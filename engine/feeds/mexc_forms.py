"""MEXC's commonest frames of contracts in the form that they come in.

engine.feeds.mexc_contract_frames has the samples; the order of the fields differs between them.
"""

from __future__ import annotations

import re

from engine.feeds.events import depth_of, trade_of
from engine.feeds.fields import MILLISECOND
from engine.feeds.forms import ID, MS, NAME, NUMBER, PRICE, TRADED, Events, Reader, quick
from schemas.ticks import Side

SIDES: dict[str, Side] = {"1": "buy", "2": "sell"}

ABOUT = rf'"(?:channel|symbol)":"{NAME}"'
"""Channel and symbol, one before the data and one behind."""
LEVEL = rf"\[{PRICE},{NUMBER}(?:,{ID})?+\]"
SIDE = rf"\[(?:{LEVEL}(?:,{LEVEL})*+)?+\]"
BOOK = (
    rf'\{{{ABOUT},"data":\{{(?:"bids":({SIDE}),)?+"asks":({SIDE}),(?:"bids":({SIDE}),)?+'
    rf'(?:"end":({ID}),"begin":({ID}),)?+"version":({ID})\}},{ABOUT},"ts":({MS})\}}'
)
DEAL = (
    rf'\{{"p":{PRICE},"v":{TRADED},"T":[12],(?:"O":[0-9],)?+(?:"M":[0-9],)?+"t":{MS},'
    rf'"i":"{NAME}"\}}'
)
DEALS = rf'\{{{ABOUT},"data":\[({DEAL}(?:,{DEAL})*+)\],{ABOUT},"ts":{MS}\}}'

_levels = re.compile(r"\[([0-9.]++),([0-9.]++)").findall
_deals = re.compile(
    r'"p":([0-9.]++),"v":([0-9.]++),"T":([12])(?:,"O":[0-9])?+(?:,"M":[0-9])?+,"t":([0-9]++),"i":"([^"]*+)"'
).findall


def books(full: Reader) -> Reader:
    """Reads changes of books."""
    return quick(BOOK, _book, full)


def deals(full: Reader) -> Reader:
    """Reads trades."""
    return quick(DEALS, _traded, full)


def _book(
    early: str | None,
    ask: str,
    late: str | None,
    end: str | None,
    begin: str | None,
    version: str,
    time: str,
) -> Events | None:
    """From one version to another where they were merged, else of one."""
    bid = late if early is None else early
    first, last = int(begin or version), int(end or version)
    if bid is None or (early and late) or first > last:
        return None
    at, bids, asks = int(time) * MILLISECOND, tuple(_levels(bid)), tuple(_levels(ask))
    return (depth_of((at, False, first, last, None, bids, asks, None, None)),)


def _traded(rows: str) -> Events:
    return tuple(
        [
            trade_of((int(time) * MILLISECOND, price, size, SIDES[side], name, None, None))
            for price, size, side, time, name in _deals(rows)
        ]
    )
