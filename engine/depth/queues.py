"""An order's place in its level's queue: the models of engine.venue.queues, in whole lots.

The two that guess do so in floats of 53 bits where the venue's have exact integers; a share that is
whole to one part in 10^12 is taken as whole.
"""

from __future__ import annotations

import math

from engine.depth.layout import (
    AHEAD,
    LOT_SCALE,
    LOT_UNITS,
    MODEL,
    POWER,
    PROB_LOG,
    RISK_AVERSE,
    SHOWN,
    TRADED,
    UNKNOWN,
)
from engine.matching.memory import compiled, load, store

WHOLE = 1e-12


@compiled
def joined(desk: int, order: int, shown: int) -> None:
    """The order joins a level with so much displayed; -1 for one out of sight."""
    store(desk, order + AHEAD, shown)
    store(desk, order + SHOWN, max(shown, 0))
    store(desk, order + TRADED, 0)


@compiled
def redisplayed(desk: int, order: int, shown: int) -> None:
    """The order's level is displayed with a quantity."""
    ahead = load(desk, order + AHEAD)
    if ahead == UNKNOWN:
        joined(desk, order, shown)
        return
    if load(desk, MODEL) == RISK_AVERSE:
        store(desk, order + AHEAD, min(ahead, shown))
        return
    rest = max(ahead, load(desk, order + SHOWN) - load(desk, order + TRADED))
    gone = max(0, rest - shown)
    store(desk, order + AHEAD, ahead - gone_before(desk, ahead, rest - ahead, gone))
    store(desk, order + SHOWN, shown)
    store(desk, order + TRADED, 0)


@compiled
def reached(desk: int, order: int, quantity: int, recorded: int) -> int:
    """How much of a trade at the order's price gets to it."""
    ahead = load(desk, order + AHEAD)
    if ahead == UNKNOWN:
        return 0
    store(desk, order + AHEAD, max(0, ahead - quantity))
    store(desk, order + TRADED, load(desk, order + TRADED) + recorded)
    return max(0, quantity - ahead)


@compiled
def gone_before(desk: int, ahead: int, behind: int, gone: int) -> int:
    """How much of what was cancelled was ahead, rounded down."""
    if gone == 0 or ahead == 0:
        return 0
    before, after = weight(desk, ahead), weight(desk, behind)
    if after <= before:
        share = gone - math.ceil(snapped(gone * (after / (before + after))))
    else:
        share = math.floor(snapped(gone * (before / (before + after))))
    return min(ahead, max(share, gone - behind))


@compiled
def snapped(value: float) -> float:
    """The whole number that the value is, but for rounding; else the value."""
    whole = float(round(value))
    return whole if abs(value - whole) <= WHOLE * value else value


@compiled
def weight(desk: int, quantity: int) -> float:
    """f of a quantity: ln(1 + base), or lots to a power."""
    if load(desk, MODEL) == PROB_LOG:
        return math.log1p(float(quantity) * load(desk, LOT_UNITS) / load(desk, LOT_SCALE))
    value = 1.0
    for _ in range(load(desk, POWER)):
        value *= quantity
    return value
