"""A market maker after Avellaneda & Stoikov: quotes around a price that its position moves away.

With s the mid, q the position in units of `size`, v the variance of the mid a second and T the
horizon, the reservation price is r = s - q g v T, and bid and ask lie g v T / 2 + ln(1 + g/k) / g
to each side of it: g is `aversion`, k how fast fills thin out with the distance (`decay`, a tick).
All in ticks and seconds. The paper's T - t is held constant, as for a market that never closes; v
is an average of squared moves from act to act, whose weights fade over `memory` of them.

Source: M. Avellaneda, S. Stoikov, High-frequency trading in a limit order book, Quantitative
Finance 8(3), 2008, equations 3.17 and 3.18.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from engine.depth.view import (
    BUY,
    POST_ONLY,
    SELL,
    best_ask,
    best_bid,
    cancel,
    keep,
    kept,
    order_at,
    orders,
    place,
    position,
    price_of,
    ready,
    side_of,
)
from engine.matching.memory import compiled

SECOND = 1e9
MID, VARIANCE = 0, 1


class Settings(NamedTuple):
    """every: ns between acts; size, most: lots; horizon: s; tolerance: ticks that a quote may be
    off before it is moved.
    """

    every: int = 100_000_000
    size: int = 10
    most: int = 100
    aversion: float = 0.02
    decay: float = 0.3
    horizon: float = 1.0
    memory: float = 300.0
    tolerance: int = 2


def act(desk: int, settings: Settings) -> None:
    """Reckon the quotes anew, move those that are off."""
    if not ready(desk):
        return
    bid, ask, held = best_bid(desk), best_ask(desk), position(desk)
    spent = settings.aversion * settings.horizon * variance(desk, (bid + ask) / 2, settings)
    middle = (bid + ask) / 2 - held / settings.size * spent
    away = spent / 2 + math.log1p(settings.aversion / settings.decay) / settings.aversion
    buy = min(math.floor(middle - away), ask - 1)
    sell = max(math.ceil(middle + away), bid + 1)
    quote(desk, BUY, buy, settings, held < settings.most)
    quote(desk, SELL, sell, settings, held > -settings.most)


@compiled
def variance(desk: int, mid: float, settings: Settings) -> float:
    """Of the mid, ticks^2 a second, with the move since the last act."""
    before, found = kept(desk, MID), kept(desk, VARIANCE)
    keep(desk, MID, mid)
    if before == 0.0:
        return found
    moved = (mid - before) ** 2 * SECOND / settings.every
    found += (moved - found) / settings.memory
    keep(desk, VARIANCE, found)
    return found


@compiled
def quote(desk: int, side: int, price: int, settings: Settings, wanted: bool) -> None:
    """Let one order rest at a price, or near enough to it; none where none is wanted."""
    there = False
    for number in range(orders(desk)):
        if side_of(desk, number) != side:
            continue
        if wanted and abs(price_of(desk, number) - price) <= settings.tolerance:
            there = True
        else:
            cancel(desk, number)
    if wanted and not there and order_at(desk, side, price) < 0:
        place(desk, side, price, settings.size, POST_ONLY)
