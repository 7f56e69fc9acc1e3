"""Trades of a venue without consecutive numbers: whatever is cut and fetched, each counts once."""

from __future__ import annotations

import json
from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from engine.feeds.events import Trade
from engine.tick_trades import TradesTold
from engine.trade_times import TradeTimes
from schemas.ticks import Side

SIDES: tuple[Side, Side] = ("buy", "sell")


def market(steps: Sequence[int], ids: bool) -> list[Trade]:
    """Trades whose times grow by the steps; few prices, so that many are alike."""
    found, time = [], 1000
    for n, step in enumerate(steps):
        time += step
        name = f"t{n}" if ids else ""
        found.append(Trade(time, "1.0", str(1 + n % 2), SIDES[n % 2], name))
    return found


def restored(times: TradeTimes) -> TradeTimes:
    return TradeTimes.load(json.loads(json.dumps(times.dump())))


@given(
    st.lists(st.integers(0, 2), min_size=45, max_size=60),
    st.booleans(),
    st.tuples(*[st.integers(2, 9)] * 4),
    st.integers(0, 3),
    st.booleans(),
    st.booleans(),
)
def test_each_trade_counts_once(
    steps: list[int], ids: bool, parts: tuple[int, int, int, int], late: int, rest: bool, half: bool
) -> None:
    """Live, cut, live, cut, live; what REST tells comes before or behind the first live trade, as a
    whole or in two pages; the state is kept as JSON in between. Without ids nothing can tell trades
    that are alike and of one instant, where a cut or the end of a page goes through it.
    """
    a, b, c, d = (sum(parts[: n + 1]) for n in range(4))
    steps[b] = steps[d] = 1
    if not ids:
        for end in (a, b, b + late, b + late + 2, c, d, d + late):
            steps[end] = 1
    half = half and ids
    trades = market(steps, ids)
    times, counted = TradeTimes(), list[Trade]()

    def live(some: Sequence[Trade]) -> None:
        nonlocal times
        counted.extend(trade for trade in some if not times.take(trade))
        times = restored(times) if rest else times

    def fetch(end: int) -> None:
        nonlocal times
        start = end // 2 if half else 0
        counted.extend(times.fetched(trades[start:end]))
        times = restored(times) if rest else times
        if half:
            counted.extend(times.fetched(trades[: start + 1]))

    live(trades[:a])
    times.cut(0)
    live(trades[b : b + late])
    fetch(b + late + 2)
    live(trades[b + late : c])
    times.cut(0)
    live(trades[d : d + late])
    fetch(d + late)
    live(trades[d + late :])
    assert sorted(counted) == sorted(trades)


def test_history_on_a_new_connection_is_told_once_and_fills_the_hole() -> None:
    trades = market([1] * 12, ids=True)
    times = TradeTimes()
    assert not any(times.take(trade) for trade in trades[:5])
    times.cut(0)
    again = [times.take(trade) for trade in trades[2:9]]
    assert again == [True, True, True, False, False, False, False]
    assert times.holes == []
    assert times.fetched(trades) == []


def test_history_before_the_first_connection_is_of_no_interest() -> None:
    trades = market([1] * 12, ids=True)
    told = TradesTold()
    told.cut(1006)
    assert told.times.fetched(trades[:3]) == []
    told.cut(1010)
    assert told.times.fetched(trades) == trades[5:]


def test_numbers_that_grow_stand_for_coarse_times() -> None:
    trades = [Trade(1000 + n // 4, "1", "1", "buy", str(10 * n), order=10 * n) for n in range(12)]
    coarse = [trade._replace(event_time=0) for trade in trades]
    times = TradeTimes()
    assert not any(times.take(trade) for trade in trades[:5])
    times.cut(0)
    assert not any(times.take(trade) for trade in trades[8:])
    assert times.fetched(coarse) == coarse[5:8]
    assert times.fetched(coarse) == []
