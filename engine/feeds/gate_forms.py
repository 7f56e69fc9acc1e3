"""Gate's commonest frames in the form that they come in: books, trades, best bid and ask.

engine.feeds.gate_frames has the samples. The order of the fields is that of each channel; of
futures' books there are two, and one more by REST.
"""

from __future__ import annotations

import re

from engine.feeds.events import depth_of, quote_of, trade_of
from engine.feeds.fields import MILLISECOND, seconds
from engine.feeds.forms import (
    AMOUNT,
    ID,
    MS,
    NAME,
    PRICE,
    SIDE,
    TRADED,
    Events,
    Reader,
    pairs,
    quick,
)
from schemas.ticks import Level, Side

LEVELS = r"[1-9][0-9]{0,3}+"
COUNT = r"(?:0|[1-9][0-9]{0,17}+)"
"""Contracts."""


def _head(channel: str) -> str:
    return rf'\{{"time":{ID},(?:"time_ms":{ID},)?+"channel":"{channel}","event":"update","result":'


CHANGE = (
    rf'{_head("spot[.]order_book_update")}\{{"t":({MS}),(?:"full":false,)?+(?:"l":"({LEVELS})",)?+'
    rf'"e":"depthUpdate","E":{ID},"s":"[^".\\ ]*+","U":({ID}),"u":({ID}),'
    rf'"b":({SIDE}),"a":({SIDE})\}}\}}'
)
STREAM = (
    rf'\{{"channel":"(?:spot|futures)[.]obu","result":\{{"t":({MS}),("full":true,)?+'
    rf'"s":"[a-z]++[.][^".\\ ]++[.]({LEVELS})",(?:"U":({ID}),)?+"u":({ID}),'
    rf'"b":({SIDE}),"a":({SIDE})\}},'
    rf'"time_ms":{ID}(?:,"event":"update")?+\}}'
)
CONTRACTS = rf'\{{"p":"{PRICE}","s":(?:{COUNT}|"{AMOUNT}")\}}'
SIZES = rf"\[(?:{CONTRACTS}(?:,{CONTRACTS})*+)?+\]"
CONTRACTS_CHANGE = (
    rf'{_head("futures[.]order_book_update")}\{{"U":({ID}),"a":({SIZES}),"b":({SIZES}),'
    rf'"s":"[^".\\ ]*+","t":({MS}),"u":({ID})\}}\}}'
)
REST = rf'\{{"id":({ID}),(?:"current":{ID},"update":({MS}),)?+"asks":({SIDE}),"bids":({SIDE})\}}'
TURNED = rf'\{{"s":{COUNT},"p":"{PRICE}"\}}'
ALL = rf"\[(?:{TURNED}(?:,{TURNED})*+)?+\]"
CONTRACTS_REST = (
    rf'\{{"current":{AMOUNT},"update":(1[0-9]{{9}}(?:[.][0-9]{{1,9}}+)?+),"asks":({ALL}),'
    rf'"bids":({ALL}),"id":({ID})\}}'
)
TRADE = (
    rf'{_head("spot[.]trades")}\{{"id":({ID}),"create_time":{ID},'
    rf'"create_time_ms":"({MS})(?:[.]([0-9]{{1,6}}+))?+","side":"(buy|sell)","currency_pair":"{NAME}",'
    rf'"amount":"({TRADED})","price":"({PRICE})"(?:,"range":"({ID})-({ID})")?+(?:,"id_market":{ID})?+\}}\}}'
)
TOP = (
    rf'{_head("futures[.]book_ticker")}\{{"t":({MS}),"u":({ID}),"s":"{NAME}","b":"({AMOUNT})",'
    rf'"B":({COUNT}),"a":"({AMOUNT})","A":({COUNT})\}}\}}'
)

_sizes = re.compile(r'"p":"([0-9.]++)","s":"?+([0-9.]++)').findall
_turned = re.compile(r'"s":([0-9]++),"p":"([0-9.]++)').findall


def changes(full: Reader) -> Reader:
    """Reads changes of a book of spot."""
    return quick(CHANGE, _change, full)


def streams(full: Reader) -> Reader:
    """Reads books of the channels called obu."""
    return quick(STREAM, _stream, full)


def contracts(full: Reader) -> Reader:
    """Reads changes of a book of futures."""
    return quick(CONTRACTS_CHANGE, _contracts, full)


def answers(full: Reader) -> Reader:
    """Reads books of spot by REST."""
    return quick(REST, _answer, full)


def contracts_answers(full: Reader) -> Reader:
    """Reads books of futures by REST."""
    return quick(CONTRACTS_REST, _contracts_answer, full)


def trades(full: Reader) -> Reader:
    """Reads trades of spot."""
    return quick(TRADE, _trade, full)


def tops(full: Reader) -> Reader:
    """Reads best bid and ask of futures."""
    return quick(TOP, _top, full)


def _change(time: str, levels: str | None, first: str, last: str, bid: str, ask: str) -> Events:
    ids, sides = (int(first), int(last)), (pairs(bid), pairs(ask))
    depth = None if levels is None else int(levels)
    return (depth_of((int(time) * MILLISECOND, False, *ids, None, *sides, None, depth)),)


def _stream(
    time: str, full: str | None, levels: str, first: str | None, last: str, bid: str, ask: str
) -> Events:
    snapshot, at, sides = full is not None, int(time) * MILLISECOND, (pairs(bid), pairs(ask))
    start = None if snapshot or first is None else int(first)
    return (depth_of((at, snapshot, start, int(last), None, *sides, None, int(levels))),)


def _contracts(first: str, ask: str, bid: str, time: str, last: str) -> Events:
    at, bids, asks = int(time) * MILLISECOND, _sizes(bid), _sizes(ask)
    ids: tuple[int, int] = (int(first), int(last))
    sides: tuple[tuple[Level, ...], tuple[Level, ...]] = (tuple(bids), tuple(asks))
    return (depth_of((at, False, *ids, None, *sides, None, None)),)


def _answer(number: str, time: str | None, ask: str, bid: str) -> Events:
    at = None if time is None else int(time) * MILLISECOND
    return (depth_of((at, True, None, int(number), None, pairs(bid), pairs(ask), None, None)),)


def _contracts_answer(time: str, ask: str, bid: str, number: str) -> Events:
    bids = tuple([(price, size) for size, price in _turned(bid)])
    asks = tuple([(price, size) for size, price in _turned(ask)])
    return (depth_of((seconds(time), True, None, int(number), None, bids, asks, None, None)),)


def _trade(
    name: str,
    time: str,
    fraction: str | None,
    side: Side,
    quantity: str,
    price: str,
    first: str | None,
    last: str | None,
) -> Events | None:
    """Its id counts over all pairs, its range over the pair."""
    numbers = None if first is None or last is None else (int(first), int(last))
    if numbers is not None and numbers[0] > numbers[1]:
        return None
    at = int(time) * MILLISECOND + int((fraction or "").ljust(6, "0"))
    return (trade_of((at, price, quantity, side, name, numbers, None, None)),)


def _top(time: str, number: str, bid: str, bids: str, ask: str, asks: str) -> Events:
    return (quote_of((int(time) * MILLISECOND, bid, bids, ask, asks, int(number))),)
