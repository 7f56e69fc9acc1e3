"""KuCoin's commonest frames in the form that they come in: books, trades, best bid and ask.

engine.feeds.kucoin_frames and kucoin_pro_frames have the samples. Each has two forms: the order of
today, and that of the recording of 2021, whose frames begin with their data.
"""

from __future__ import annotations

import re

from engine.feeds.events import depth_of, quote_of, trade_of
from engine.feeds.fields import MILLISECOND
from engine.feeds.forms import (
    AMOUNT,
    ID,
    MS,
    NAME,
    NUMBER,
    PRICE,
    SIDE,
    TRADED,
    Events,
    Reader,
    pairs,
    quick,
)
from schemas.ticks import Level, Side

Levels = tuple[Level, ...]

HEAD = rf'\{{"topic":"{NAME}","type":"message","subject":"{NAME}",(?:"sn":{ID},)?+"data":'
TAIL = rf',"subject":"{NAME}","topic":"{NAME}","type":"message"\}}'
"""After the data, in 2021."""
NS = r"[1-8][0-9]{18}"
"""A time in ns from 2001 to 2255."""

CHANGE = rf'\["(?:0|{PRICE})","{AMOUNT}","{ID}"\]'
CHANGES = rf"\[(?:{CHANGE}(?:,{CHANGE})*+)?+\]"
BOTH = rf'\{{"asks":({CHANGES}),"bids":({CHANGES})\}}'
UPDATE = (
    rf'{HEAD}\{{"changes":{BOTH},"sequenceEnd":({ID}),"sequenceStart":({ID}),'
    rf'"symbol":"{NAME}"(?:,"time":({MS}))?+\}}\}}'
)
OLD_UPDATE = (
    rf'\{{"data":\{{"sequenceStart":({ID}),"symbol":"{NAME}","changes":{BOTH},'
    rf'"sequenceEnd":({ID})\}}{TAIL}'
)
TICKER = (
    rf'{HEAD}\{{"bestAsk":"({AMOUNT})","bestAskSize":"({AMOUNT})","bestBid":"({AMOUNT})",'
    rf'"bestBidSize":"({AMOUNT})","price":"{NAME}","sequence":"({ID})","size":"{NAME}",'
    rf'"time":({MS})\}}\}}'
)
OLD_TICKER = (
    rf'\{{"data":\{{"sequence":"({ID})","bestAsk":"({AMOUNT})","size":"{NAME}",'
    rf'"bestBidSize":"({AMOUNT})","price":"{NAME}","time":({MS}),"bestAskSize":"({AMOUNT})",'
    rf'"bestBid":"({AMOUNT})"\}}{TAIL}'
)
MATCH = (
    rf'{HEAD}\{{"makerOrderId":"{NAME}","price":"({PRICE})","sequence":"{NAME}",'
    rf'"side":"(buy|sell)","size":"({TRADED})","symbol":"{NAME}","takerOrderId":"{NAME}",'
    rf'"time":"({NS})","tradeId":"({NAME})","type":"match"\}}\}}'
)
BEST = rf'{HEAD}\{{"asks":({SIDE}),"bids":({SIDE}),"timestamp":({MS})\}}\}}'
CONTRACT = rf'\["{PRICE}",{NUMBER}\]'
CONTRACTS = rf"\[(?:{CONTRACT}(?:,{CONTRACT})*+)?+\]"
CONTRACTS_BEST = (
    rf'{HEAD}\{{"bids":({CONTRACTS}),"sequence":{ID},"timestamp":({MS}),"ts":{ID},'
    rf'"asks":({CONTRACTS})\}}\}}'
)
CONTRACTS_CHANGE = (
    rf'{HEAD}\{{"sequence":({ID}),"change":"({PRICE}),(buy|sell),({AMOUNT})",'
    rf'"timestamp":({MS})\}}\}}'
)
PRO_TRADE = (
    rf'\{{"T":"trade\.[A-Z]++","P":"{NAME}","d":\{{"E":"{NAME}","M":"({NS})","S":"(buy|sell)",'
    rf'"p":"({PRICE})","q":"({TRADED})","s":"{NAME}","ti":"({ID})"\}}\}}'
)
PRO_BOOK = (
    rf'\{{"T":"obu\.[A-Z]++","dp":"{NAME}","t":"(snapshot|delta)","P":"{NAME}","d":\{{"C":({ID}),'
    rf'"M":"({NS})","O":({ID}),"a":({SIDE}),"b":({SIDE}),"s":"{NAME}"\}}\}}'
)
REST = (
    rf'\{{"code":"200000","data":\{{"time":({MS}),"sequence":"({ID})","bids":({SIDE}),'
    rf'"asks":({SIDE})\}}\}}'
)

_changes = re.compile(r'\["([0-9.]++)","([0-9.]++)"').findall
_contracts = re.compile(r'\["([0-9.]++)",([0-9.]++)').findall


def updates(full: Reader) -> Reader:
    """Reads changes of books."""
    return quick(OLD_UPDATE, _old_update, quick(UPDATE, _update, full))


def tickers(full: Reader) -> Reader:
    """Reads best bid and ask."""
    return quick(OLD_TICKER, _old_ticker, quick(TICKER, _ticker, full))


def matches(full: Reader) -> Reader:
    """Reads trades of spot."""
    return quick(MATCH, _match, full)


def tops(full: Reader) -> Reader:
    """Reads the best levels of spot or of contracts."""
    return quick(BEST, _best, quick(CONTRACTS_BEST, _contracts_best, full))


def changes(full: Reader) -> Reader:
    """Reads changes of one level of a contract's book."""
    return quick(CONTRACTS_CHANGE, _change, full)


def pro_trades(full: Reader) -> Reader:
    """Reads trades of the Pro socket."""
    return quick(PRO_TRADE, _pro_trade, full)


def pro_books(full: Reader) -> Reader:
    """Reads books of the Pro socket."""
    return quick(PRO_BOOK, _pro_book, full)


def answers(full: Reader) -> Reader:
    """Reads books of spot by REST."""
    return quick(REST, _answer, full)


def _told(text: str) -> Levels | None:
    """The levels of CHANGES without the price 0; None where a price is there twice."""
    if text == "[]":
        return ()
    rows: list[Level] = _changes(text)
    if len(rows) == 1:
        return () if rows[0][0] == "0" else (rows[0],)
    rows = [row for row in rows if row[0] != "0"]
    return tuple(rows) if len(dict(rows)) == len(rows) else None


def _old_update(first: str, asked: str, bid: str, last: str) -> Events | None:
    return _update(asked, bid, last, first, None)


def _update(asked: str, bid: str, last: str, first: str, time: str | None) -> Events | None:
    bids, asks, start, end = _told(bid), _told(asked), int(first), int(last)
    if bids is None or asks is None or start > end:
        return None
    at = None if time is None else int(time) * MILLISECOND
    return (depth_of((at, False, start, end, None, bids, asks, None, None)),)


def _old_ticker(number: str, ask: str, bids: str, time: str, asks: str, bid: str) -> Events:
    return (quote_of((int(time) * MILLISECOND, bid, bids, ask, asks, int(number))),)


def _ticker(ask: str, asks: str, bid: str, bids: str, number: str, time: str) -> Events:
    return (quote_of((int(time) * MILLISECOND, bid, bids, ask, asks, int(number))),)


def _match(price: str, side: Side, size: str, time: str, name: str) -> Events:
    return (trade_of((int(time), price, size, side, name, None, None, None)),)


def _best(asked: str, bid: str, time: str) -> Events | None:
    """Without a number: see the reader in full."""
    return _whole(time, None, pairs(bid), pairs(asked))


def _answer(time: str, number: str, bid: str, asked: str) -> Events | None:
    return _whole(time, int(number), pairs(bid), pairs(asked))


def _contracts_best(bid: str, time: str, asked: str) -> Events | None:
    return _whole(time, None, tuple(_contracts(bid)), tuple(_contracts(asked)))


def _whole(time: str, number: int | None, bids: Levels, asks: Levels) -> Events | None:
    if len(dict(bids)) < len(bids) or len(dict(asks)) < len(asks):
        return None
    at = int(time) * MILLISECOND
    return (depth_of((at, True, None, number, None, bids, asks, None, None)),)


def _change(number: str, price: str, side: str, quantity: str, time: str) -> Events:
    at, last = int(time) * MILLISECOND, int(number)
    level: Levels = ((price, quantity),)
    bids, asks = (level, ()) if side == "buy" else ((), level)
    return (depth_of((at, False, last, last, None, bids, asks, None, None)),)


def _pro_trade(time: str, side: Side, price: str, size: str, name: str) -> Events:
    return (trade_of((int(time), price, size, side, name, None, None, None)),)


def _pro_book(kind: str, last: str, time: str, first: str, asked: str, bid: str) -> Events | None:
    bids, asks, start, end = pairs(bid), pairs(asked), int(first), int(last)
    if start > end or len(dict(bids)) < len(bids) or len(dict(asks)) < len(asks):
        return None
    snapshot = kind == "snapshot"
    before = None if snapshot else start
    return (depth_of((int(time), snapshot, before, end, None, bids, asks, None, None)),)
