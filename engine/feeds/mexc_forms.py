"""MEXC's commonest frames of contracts in the form that they come in.

engine.feeds.mexc_contract_frames has the samples; the order of the fields differs between them.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from engine.feeds.events import depth_of, trade_of
from engine.feeds.fields import MILLISECOND
from engine.feeds.forms import ID, MS, NAME, NUMBER, PRICE, TRADED, Events, quick
from schemas.ticks import Side

SIDES: dict[str, Side] = {"1": "buy", "2": "sell"}

SYMBOL = rf'"symbol":"{NAME}"'


def _frame(channel: str, data: str) -> str:
    """The channel comes before the data and the symbol behind, or the other way round."""
    told = rf'"channel":"{channel}"'
    return rf'\{{(?:{SYMBOL}|({told})),"data":{data},(?(1){SYMBOL}|{told}),"ts":({MS})\}}'


LEVEL = rf"\[{PRICE},{NUMBER}(?:,{ID})?+\]"
SIDE = rf"\[(?:{LEVEL}(?:,{LEVEL})*+)?+\]"
BOOK = _frame(
    "push[.]depth",
    rf'\{{(?:"bids":({SIDE}),)?+"asks":({SIDE}),(?:"bids":({SIDE}),)?+'
    rf'(?:"end":({ID}),"begin":({ID}),)?+"version":({ID})\}}',
)
DEAL = (
    rf'\{{"p":{PRICE},"v":{TRADED},"T":[12],(?:"O":[0-9],)?+(?:"M":[0-9],)?+"t":{MS},'
    rf'"i":"{NAME}"\}}'
)
DEALS = _frame("push[.]deal", rf"\[({DEAL}(?:,{DEAL})*+)\]")

_levels = re.compile(r"\[([0-9.]++),([0-9.]++)").findall
_deals = re.compile(
    r'"p":([0-9.]++),"v":([0-9.]++),"T":([12])(?:,"O":[0-9])?+(?:,"M":[0-9])?+,"t":([0-9]++),"i":"([^"]*+)"'
).findall


def pushed(full: Callable[[str], Events | None]) -> Callable[[str], Events | None]:
    """Reads changes of books, and trades."""
    return quick(BOOK, _book, quick(DEALS, _traded, full))


def _book(
    _: str | None,
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


def _traded(_: str | None, rows: str, time: str) -> Events:
    return tuple(
        [
            trade_of((int(at) * MILLISECOND, price, size, SIDES[side], name, None, None, None))
            for price, size, side, at, name in _deals(rows)
        ]
    )
