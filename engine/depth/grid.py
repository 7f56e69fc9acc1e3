"""A grid of quotes: so many orders a side, a step apart, beginning at a distance from the mid.

It buys while it holds less than `most` and sells while it is short of less than that. The grid is
anchored to multiples of its step, so that small moves of the mid leave the orders where they are;
what it no longer wants is cancelled. The example of hftbacktest's tutorials (High-Frequency Grid
Trading), and the strategy of `tapeline bench backtest`.
"""

from __future__ import annotations

from typing import NamedTuple

from engine.depth.view import (
    BUY,
    POST_ONLY,
    SELL,
    best_ask,
    best_bid,
    cancel,
    order_at,
    orders,
    place,
    position,
    price_of,
    ready,
    side_of,
)
from engine.matching.memory import compiled


class Settings(NamedTuple):
    """every: ns between acts; levels: orders a side; half_spread, step: ticks; size, most: lots."""

    every: int = 100_000_000
    levels: int = 5
    half_spread: int = 5
    step: int = 10
    size: int = 10
    most: int = 500


def act(desk: int, settings: Settings) -> None:
    """Cancel what is out of the grid, place what is missing in it."""
    if not ready(desk):
        return
    mid, step, held = (best_bid(desk) + best_ask(desk)) // 2, settings.step, position(desk)
    highest = (mid - settings.half_spread) // step * step
    lowest = -(-(mid + settings.half_spread) // step) * step
    buys = settings.levels if held < settings.most else 0
    sells = settings.levels if held > -settings.most else 0
    for number in range(orders(desk)):
        if side_of(desk, number) == BUY:
            off = highest - price_of(desk, number)
            wanted = buys
        else:
            off, wanted = price_of(desk, number) - lowest, sells
        if off < 0 or off >= wanted * step:
            cancel(desk, number)
    fill_in(desk, BUY, highest, -step, buys, settings.size)
    fill_in(desk, SELL, lowest, step, sells, settings.size)


@compiled
def fill_in(desk: int, side: int, first: int, step: int, count: int, size: int) -> None:
    """Place what is missing of a side."""
    for number in range(count):
        price = first + number * step
        if order_at(desk, side, price) < 0:
            place(desk, side, price, size, POST_ONLY)
