"""Coinbase's commonest frames in the form that they come in: changes of books, and trades.

engine.feeds.coinbase_exchange_frames and coinbase_advanced_frames have the samples.
"""

from __future__ import annotations

import re

from engine.feeds.events import depth_of, trade_of
from engine.feeds.fields import moment
from engine.feeds.forms import (
    AMOUNT,
    ID,
    MOMENT,
    NAME,
    PRICE,
    SIDE,
    TRADED,
    Events,
    Reader,
    pairs,
    quick,
)
from schemas.ticks import Level

CHANGE = rf'\["(?:buy|sell)","{PRICE}","{AMOUNT}"\]'
HEAD = rf'\{{"type":"l2update","product_id":"{NAME}","changes":'
ONE = rf'{HEAD}\[\["(buy|sell)","({PRICE})","({AMOUNT})"\]\],"time":"{MOMENT}"\}}'
SEVERAL = rf'{HEAD}(\[{CHANGE}(?:,{CHANGE})*+\]),"time":"{MOMENT}"\}}'
MATCH = (
    rf'\{{"type":"(?:last_)?match","trade_id":({ID}),"maker_order_id":"{NAME}","taker_order_id":"{NAME}",'
    rf'"side":"(buy|sell)","size":"({TRADED})","price":"({PRICE})","product_id":"{NAME}",'
    rf'"sequence":{ID},"time":"{MOMENT}"\}}'
)
SNAPSHOT = (
    rf'\{{"type":"snapshot","product_id":"{NAME}","asks":({SIDE}),"bids":({SIDE}),'
    rf'"time":"{MOMENT}"\}}'
)
LEVEL = (
    rf'\{{"side":"(?:bid|offer)","event_time":"{NAME}","price_level":"{PRICE}",'
    rf'"new_quantity":"{AMOUNT}"\}}'
)
UPDATE = (
    rf'\{{"channel":"l2_data","client_id":"{NAME}","timestamp":"{MOMENT}","sequence_num":({ID}),'
    rf'"events":\[\{{"type":"(snapshot|update)","product_id":"{NAME}",'
    rf'"updates":\[({LEVEL}(?:,{LEVEL})*+)\]\}}\]\}}'
)
EXECUTION = (
    rf'\{{"channel":"market_trades","client_id":"{NAME}","timestamp":"{NAME}","sequence_num":{ID},'
    rf'"events":\[\{{"type":"{NAME}","trades":\[\{{"trade_id":"([0-9]{{1,18}}+)",'
    rf'"product_id":"(?:[^"\\ -]++-[^"\\ -]++)","price":"({PRICE})","size":"({TRADED})",'
    rf'"side":"(BUY|SELL)","time":"{MOMENT}"\}}\]\}}\]\}}'
)

_changes = re.compile(r'"(buy|sell)","([0-9.]++)","([0-9.]++)"').findall
_updates = re.compile(
    r'"side":"([bo])[a-z]++","event_time":"[^"]*+","price_level":"([0-9.]++)",'
    r'"new_quantity":"([0-9.]++)"'
).findall


def exchange(full: Reader) -> Reader:
    """Reads books and trades of the Exchange."""
    rest = quick(MATCH, _match, quick(SNAPSHOT, _snapshot, full))
    return quick(ONE, _one, quick(SEVERAL, _several, rest))


def updates(full: Reader) -> Reader:
    """Reads books of Advanced Trade."""
    return quick(UPDATE, _update, full)


def executions(full: Reader) -> Reader:
    """Reads frames of one trade of Advanced Trade's spot."""
    return quick(EXECUTION, _execution, full)


def _one(side: str, price: str, quantity: str, second: str, fraction: str) -> Events:
    time = moment(second, fraction)
    level: tuple[Level, ...] = ((price, quantity),)
    if side == "buy":
        return (depth_of((time, False, None, None, None, level, (), None, None)),)
    return (depth_of((time, False, None, None, None, (), level, None, None)),)


def _several(changes: str, second: str, fraction: str) -> Events:
    rows, time = _changes(changes), moment(second, fraction)
    bids = tuple([(p, q) for side, p, q in rows if side == "buy"])
    asks = tuple([(p, q) for side, p, q in rows if side == "sell"])
    return (depth_of((time, False, None, None, None, bids, asks, None, None)),)


def _match(name: str, maker: str, quantity: str, price: str, second: str, fraction: str) -> Events:
    """The side is the maker's; ids count up by one in each product."""
    number, time = int(name), moment(second, fraction)
    ids = (number, number)
    if maker == "buy":
        return (trade_of((time, price, quantity, "sell", name, ids, None, None)),)
    return (trade_of((time, price, quantity, "buy", name, ids, None, None)),)


def _snapshot(ask: str, bid: str, second: str, fraction: str) -> Events:
    time = moment(second, fraction)
    return (depth_of((time, True, None, None, None, pairs(bid), pairs(ask), None, None)),)


def _update(second: str, fraction: str, number: str, kind: str, changes: str) -> Events:
    rows, time = _updates(changes), moment(second, fraction)
    bids = tuple([(p, q) for side, p, q in rows if side == "b"])
    asks = tuple([(p, q) for side, p, q in rows if side == "o"])
    snapshot, last = kind == "snapshot", int(number)
    return (depth_of((time, snapshot, None, last, None, bids, asks, None, None)),)


def _execution(name: str, price: str, size: str, maker: str, second: str, fraction: str) -> Events:
    return _match(name, maker.lower(), size, price, second, fraction)
