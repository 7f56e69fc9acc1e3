"""Trades by the venue's numbers: each counts once, whatever order it comes in."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from engine.feeds.events import Trade
from engine.trade_numbers import ANEW, HOLES, TradeNumbers


def trade(number: int, time: int = 0) -> Trade:
    return Trade(time, "1", "1", "buy", str(number), (number, number))


def aggregated(number: int, first: int, last: int) -> Trade:
    return Trade(0, "1", "1", "buy", str(number), (first, last), number)


def taken(*trades: Trade) -> list[str]:
    """What was found of each: counted, repeated, or the gap before it."""
    numbers, found = TradeNumbers(), []
    for each in trades:
        told = numbers.take(each)
        found.append("repeated" if told.repeated else told.gap or "counted")
    return found


def test_a_number_seen_before_is_a_repetition() -> None:
    assert taken(*map(trade, (5, 6, 7, 6, 7, 8))) == [
        *3 * ["counted"],
        *2 * ["repeated"],
        "counted",
    ]


def test_a_hole_is_named_and_what_fills_it_counts_once() -> None:
    assert taken(*map(trade, (5, 9, 7, 7, 6, 8, 9, 10))) == [
        "counted", "trades 6..8 are missing", "counted", "repeated", "counted", "counted",
        "repeated", "counted",
    ]  # fmt: skip


def test_what_came_before_the_first_trade_counts_and_is_no_gap() -> None:
    assert taken(*map(trade, (5, 3, 4, 3))) == [*3 * ["counted"], "repeated"]


def test_holes_between_aggregated_trades_show_in_their_own_numbers() -> None:
    """On futures, liquidations have numbers of executions and are not aggregated."""
    assert taken(
        aggregated(1, 10, 12), aggregated(2, 15, 15), aggregated(4, 18, 20), aggregated(2, 15, 15)
    ) == ["counted", "counted", "aggregated trades 3..3 are missing", "repeated"]


def test_both_kinds_of_stream_count_each_execution_once() -> None:
    assert taken(trade(10), trade(11), aggregated(1, 10, 11), aggregated(2, 12, 13), trade(12)) == [
        "counted", "counted", "repeated", "counted", "repeated",
    ]  # fmt: skip


def test_numbers_that_begin_anew_at_a_later_time_are_no_repetition() -> None:
    later = ANEW + 1
    assert taken(trade(0), trade(1), trade(2), trade(1, later), trade(2, later)) == [
        *3 * ["counted"], "the venue numbers its trades anew: 1 after 2", "counted",
    ]  # fmt: skip


def test_a_trade_without_numbers_is_counted() -> None:
    nameless = Trade(0, "1", "1", "buy", "x")
    assert taken(nameless, nameless) == ["counted", "counted"]


def test_holes_are_bounded() -> None:
    numbers = TradeNumbers()
    for n in range(0, 4 * HOLES, 2):
        numbers.take(trade(n))
    assert len(numbers.holes) == HOLES
    assert numbers.take(trade(1)).repeated
    assert not numbers.take(trade(4 * HOLES - 3)).repeated


NUMBERS = st.lists(st.integers(0, 30))


@given(NUMBERS, st.integers(0, 30))
def test_each_number_counts_exactly_once_also_over_a_restart(drawn: list[int], cut: int) -> None:
    numbers, seen = TradeNumbers(), set[int]()
    for place, n in enumerate(drawn):
        if place == cut:
            numbers = TradeNumbers.load(numbers.dump())
        assert numbers.take(trade(n)).repeated is (n in seen)
        seen.add(n)
        assert not any(start <= each <= end for start, end in numbers.holes for each in seen)
