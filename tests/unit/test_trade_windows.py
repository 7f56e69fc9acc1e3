"""Sliding windows of trades against a naive recomputation, and the clock that moves them."""

from __future__ import annotations

import orjson
from hypothesis import given
from hypothesis import strategies as st

from engine.trade_windows import EventClock, Sums, TradeWindows

SPANS = (10, 50, 300)
Trade = tuple[int, int, int, int]
Step = tuple[int, list[Trade]]
"""How far time moves, and trades by (age, bought, sold, 1)."""

STEPS = st.lists(
    st.tuples(
        st.integers(0, 120),
        st.lists(
            st.tuples(
                st.one_of(st.integers(0, 3), st.integers(0, 400)),
                st.integers(0, 10**22),
                st.integers(0, 10**22),
                st.just(1),
            ),
            max_size=4,
        ),
    ),
    max_size=60,
)


def naive(trades: list[Trade], time: int) -> list[Sums]:
    """Each window summed anew from all trades ever."""
    inside = [[trade for trade in trades if time - span < trade[0] <= time] for span in SPANS]
    return [
        (sum(each[1] for each in rows), sum(each[2] for each in rows), len(rows)) for rows in inside
    ]


@given(STEPS, st.integers(0, 60))
def test_windows_are_the_naive_sums_at_every_step_also_over_a_restart(
    steps: list[Step], restart: int
) -> None:
    windows, trades, time = TradeWindows(SPANS), list[Trade](), 1000
    for place, (moved, new) in enumerate(steps):
        time += moved
        windows.move(time)
        for age, bought, sold, count in new:
            trade = (time - age, bought, sold, count)
            trades.append(trade)
            windows.add(time, trade)
        if place == restart:
            columns = orjson.loads(orjson.dumps(windows.dump()))
            windows = TradeWindows.load(SPANS, time, columns)
        assert windows.sums() == naive(trades, time)


def test_a_restart_keeps_every_entry_where_it_was() -> None:
    windows = TradeWindows(SPANS)
    for age in (290, 60, 60, 49, 12, 9, 0):
        windows.add(1000, (1000 - age, age, 1, 1))
    again = TradeWindows.load(SPANS, 1000, windows.dump())
    assert again.dump() == windows.dump()
    assert [list(each.entries) for each in again.segments] == [
        list(each.entries) for each in windows.segments
    ]


def test_a_trade_leaves_a_window_when_it_is_as_old_as_the_window_is_long() -> None:
    windows = TradeWindows(SPANS)
    windows.add(100, (100, 7, 0, 1))
    windows.move(109)
    assert windows.sums() == [(7, 0, 1)] * 3
    windows.move(110)
    assert windows.sums() == [(0, 0, 0), (7, 0, 1), (7, 0, 1)]
    windows.move(400)
    assert windows.sums() == [(0, 0, 0)] * 3


def test_a_trade_older_than_every_window_is_not_counted() -> None:
    windows = TradeWindows(SPANS)
    windows.add(1000, (700, 1, 0, 1))
    assert windows.sums() == [(0, 0, 0)] * 3
    windows.add(1000, (701, 1, 0, 1))
    assert windows.sums() == [(0, 0, 0), (0, 0, 0), (1, 0, 1)]


def test_the_clock_follows_events_and_runs_on_with_the_desk_in_their_absence() -> None:
    clock = EventClock()
    assert clock.move(None, 5) == 0
    assert clock.move(1000, 10) == 1000
    assert clock.move(None, 30) == 1020
    assert clock.move(1015, 31) == 1020, "it never runs backwards"
    assert clock.move(None, 35) == 1020
    assert clock.move(None, 41) == 1025, "measured from the last event"
