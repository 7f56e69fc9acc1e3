"""Trades by the venue's numbers: each counts once, whatever order it comes in."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from engine.feeds.events import Trade
from engine.trade_numbers import ANEW, HOLES, RECENT, TradeNumbers


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


def named(name: str, time: int = 0) -> Trade:
    return Trade(time, "1", "1", "buy", name)


def test_an_id_that_is_no_number_counts_once_too() -> None:
    """Bitget's snapshot with a subscription anew: newest first, those known and those missed."""
    assert taken(*(named(name, 5) for name in "abcdcxba")) == [
        *4 * ["counted"], "repeated", "counted", "repeated", "repeated",
    ]  # fmt: skip


def test_an_id_of_another_time_is_another_trade() -> None:
    assert taken(named("a", 1), named("a", 2), named("a", 2)) == [*2 * ["counted"], "repeated"]


def test_a_trade_without_numbers_and_id_is_counted() -> None:
    assert taken(named(""), named("")) == ["counted", "counted"]


def test_ids_are_bounded_and_the_latest_are_known() -> None:
    numbers = TradeNumbers()
    for number in range(3 * RECENT):
        assert not numbers.take(named(str(number))).repeated
    assert len(numbers.recent) == RECENT
    again = [numbers.take(named(str(number))).repeated for number in range(2 * RECENT, 3 * RECENT)]
    assert all(again)
    assert TradeNumbers.load(numbers.dump()) == numbers


def test_a_state_from_before_ids_were_kept_is_taken() -> None:
    data = TradeNumbers(7, None, 3, [(0, 2)]).dump()
    del data["recent"]
    assert TradeNumbers.load(data) == TradeNumbers(7, None, 3, [(0, 2)])


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
