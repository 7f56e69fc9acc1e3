"""The trades of candles as columns: those of `Candles.trades`, without a text of each."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from operator import attrgetter

import numpy as np

from engine.columns.candles import PARTS, STEPS, Candle, Candles
from engine.columns.decimals import Numbers, numbers
from engine.columns.trades import ROOM, WIDE, BadTrades, Grain, Integers, TradeColumns


def columns(of: Candles) -> TradeColumns:
    """PARTS trades a candle, received as they happened; BadTrades where a number is too wide."""
    times, *prices, volumes = ([*map(attrgetter(name), of.rows)] for name in Candle._fields)
    price, price_grain = _prices([_numbers(each) for each in prices])
    quantity, quantity_grain = _quantities(_numbers(volumes))
    steps = (of.length - 1) * np.arange(PARTS, dtype=np.int64) // (PARTS - 1)
    at = (np.array(times, dtype=np.int64)[:, None] + steps).ravel()
    bought = np.diff(price, prepend=0) >= 0
    return TradeColumns(at, at, price, quantity, bought, price_grain, quantity_grain)


def _numbers(texts: Sequence[str]) -> Numbers:
    """BadTrades where one is too wide."""
    return numbers(texts) or _one_by_one(texts)


def _one_by_one(texts: Sequence[str]) -> Numbers:
    """As wide as they may be."""
    split = [text.partition(".") for text in texts]
    try:
        values = np.array([int(whole + rest) for whole, _, rest in split], dtype=np.int64)
    except OverflowError as error:
        raise BadTrades(WIDE) from error
    return Numbers(values, np.array([len(rest) for *_, rest in split], dtype=np.int64))


def _prices(of: Sequence[Numbers]) -> tuple[Integers, Grain]:
    """The prices of the candles' trades, of their opens, highs, lows and closes; each candle's in
    the last decimal that one of its four has.
    """
    decimals = np.max([each.decimals for each in of], axis=0)
    first, high, low, last = (_raised(each.values, decimals - each.decimals) for each in of)
    up = last >= first
    turns = (first, np.where(up, low, high), np.where(up, high, low), last)
    found = [first]
    for before, after in pairwise(turns):
        found += [before + (after - before) * step // STEPS for step in range(1, STEPS + 1)]
    return _columns(np.stack(found, axis=1), decimals)


def _quantities(of: Numbers) -> tuple[Integers, Grain]:
    """PARTS of each volume that add up to it, the first ones larger by a unit of two digits more
    than it has.
    """
    units = _raised(of.values, np.full_like(of.values, 2))
    rest = np.arange(PARTS) < (units % PARTS)[:, None]
    return _columns((units // PARTS)[:, None] + rest, of.decimals + 2)


def _columns(rows: Integers, decimals: Integers) -> tuple[Integers, Grain]:
    """Rows of integers, each of its own decimals, as one column."""
    most = int(decimals.max())
    found = _raised(rows, (most - decimals)[:, None]).ravel()
    step = max(1, int(np.gcd.reduce(found)))
    return found // step, Grain(most, step)


def _raised(values: Integers, decimals: Integers) -> Integers:
    """Times 10^decimals; BadTrades where that is too wide."""
    if int(np.abs(values).max()) * 10 ** int(decimals.max()) >= ROOM:
        raise BadTrades(WIDE)
    made: Integers = values * 10**decimals
    return made
