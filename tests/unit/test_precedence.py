"""That every input of a decision precedes it is proven from the log, and leaks are found."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.newest import newest
from engine.replay.desk import Row
from engine.replay.precedence import SIDES, Peek, Precedence
from schemas import names
from schemas.decisions import Decision, Newest
from schemas.orders import Read
from schemas.record import Record
from schemas.signals import ConsolidatedBook, Signal
from schemas.ticks import BarFields, Ticks
from tests.recorded import long
from tests.unit.small_desk import BTC, SECOND, Story

HOUR = 3600 * SECOND
BOOK = ConsolidatedBook(id="book", symbol="BTC/USDT", key="BTC/USDT", seq=3, seen_time=1)


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    return Story().play(12 * SECOND).rows


def peeks(rows: Iterable[Row]) -> list[Peek]:
    watch = Precedence()
    return [peek for topic, record in rows for peek in watch.take(topic, record)]


def changed(rows: list[Row], at: int, **fields: Any) -> list[Row]:
    topic, record = rows[at]
    return [*rows[:at], (topic, record.model_copy(update=fields)), *rows[at + 1 :]]


def place(rows: list[Row], model: type[Record], wanted: Callable[[Any], bool]) -> int:
    """Where the first record of that kind stands."""
    return next(n for n, (_, row) in enumerate(rows) if isinstance(row, model) and wanted(row))


def test_every_input_of_every_decision_of_a_run_precedes_it(rows: list[Row]) -> None:
    watch = Precedence()
    assert [peek for topic, record in rows for peek in watch.take(topic, record)] == []
    assert watch.decisions == sum(topic == names.DECISIONS for topic, _ in rows) > 500


def test_a_decision_names_its_newest_input(rows: list[Row]) -> None:
    signals = {row.id: row for _, row in rows if isinstance(row, Signal)}
    found = [row for _, row in rows if isinstance(row, Decision)]
    for decision in found:
        assert decision.newest is not None
        signal = signals[decision.cause]
        assert decision.newest.seq == signal.seq
        assert decision.newest.seen_time == signal.seen_time <= decision.seen_time
        assert (decision.newest.event_time or 0) >= (signal.bar_time or 0)
    assert any(row.newest is not None and row.newest.event_time for row in found)


def test_of_side_rows_the_one_that_was_received_last_is_the_newest() -> None:
    signal = Signal(venue="binance", symbol="BTC/USDT", key=BTC, seq=7, seen_time=100, bar_time=90)
    old, new = (
        BOOK.model_copy(update={"now": at, "event_time": at, "key": f"at {at}"}) for at in (99, 101)
    )
    found = newest(names.SIGNALS, signal, {names.BOOKS: {old.key: old}})
    assert found == Newest(topic=names.SIGNALS, key=BTC, seq=7, seen_time=100, event_time=99)
    found = newest(names.SIGNALS, signal, {names.BOOKS: {old.key: old, new.key: new}})
    assert found == Newest(topic=names.BOOKS, key="at 101", seq=3, seen_time=101, event_time=101)


@settings(max_examples=long(60, 20))
@given(st.data())
def test_whatever_input_is_received_after_what_rests_on_it_is_found(
    rows: list[Row], data: st.DataObject
) -> None:
    chain = [n for n, (topic, _) in enumerate(rows)
             if topic in (names.RAW, names.TICKS, names.SIGNALS)]  # fmt: skip
    at = data.draw(st.sampled_from(chain[:-3]))
    record = rows[at][1]
    later = record.seen_time + data.draw(st.integers(1, HOUR))
    assert peeks(changed(rows, at, seen_time=later)), rows[at]


def test_a_side_row_from_the_future_is_found(rows: list[Row]) -> None:
    at = place(rows, Decision, lambda row: row.seq == 100)
    decision = rows[at][1]
    book = BOOK.model_copy(update={"now": decision.seen_time + 1})
    told = {"topic": names.BOOKS, "key": book.key, "seq": book.seq, "seen_time": book.moment}
    leaking = changed([(names.BOOKS, book), *rows], at + 1, newest=Newest(**told))
    (peek,) = peeks(leaking)
    assert (peek.topic, peek.seq) == (names.DECISIONS, 100)
    assert "its newest input was received at" in str(peek)
    timely = changed(leaking, 0, now=decision.seen_time)
    told["seen_time"] = decision.seen_time
    assert peeks(changed(timely, at + 1, newest=Newest(**told))) == []
    (peek,) = peeks(changed(rows, at, newest=Newest(**told)))
    assert "was not there" in peek.why


def test_a_book_whose_inputs_are_from_the_future_is_found(rows: list[Row]) -> None:
    """Its own key's time may be behind that of another venue in it."""
    at = place(rows, Decision, lambda row: row.seq == 100)
    time = rows[at][1].seen_time
    book = BOOK.model_copy(update={"seen_time": time, "now": time + 5})
    told = Newest(topic=names.BOOKS, key=book.key, seq=book.seq, seen_time=time)
    (peek,) = peeks(changed([(names.BOOKS, book), *rows], at + 1, newest=told))
    assert "was not there" in peek.why


@pytest.mark.parametrize("late", [0, 1])
def test_each_side_row_that_was_read_must_have_been_there(rows: list[Row], late: int) -> None:
    at = place(rows, Decision, lambda row: row.seq == 100)
    decision = rows[at][1]
    book = BOOK.model_copy(update={"now": decision.seen_time + late})
    main = Read(topic=names.SIGNALS, key=BTC, seq=50)
    reads = (main, Read(topic=names.BOOKS, key=book.key, seq=book.seq))
    found = peeks([(names.BOOKS, book), *changed(rows, at, reads=reads)])
    assert [peek.why.split(", ")[1] for peek in found] == [
        f"which was received at {book.now}"
    ] * late
    (peek,) = peeks(changed(rows, at, reads=reads))
    assert "which was not there" in peek.why


def bar(open_time: int, span: int) -> BarFields:
    money = dict.fromkeys(("open", "high", "low", "close", "volume", "buy_volume", "vwap"), "1")
    return BarFields(
        interval="1h", open_time=open_time, close_time=open_time + span, trades=1, **money
    )


def test_a_bar_that_is_used_before_its_end_is_found(rows: list[Row]) -> None:
    """One record too early, while its second still runs."""
    at = place(rows, Ticks, lambda row: row.bars and row.seq > 100)
    closed = rows[at][1].bars[0]  # type: ignore[attr-defined]
    early = max(n for n, (topic, _) in enumerate(rows[:at]) if topic == names.TICKS)
    (peek,) = peeks(changed(rows, early, bars=(closed,)))
    assert peek.topic == names.TICKS
    assert f"a 1s bar ends at {closed.close_time}, which is not over" in peek.why


def test_a_candle_that_is_used_at_its_open_is_found(rows: list[Row]) -> None:
    """Files give candles the time of their open; what they tell is known at their end."""
    at = place(rows, Ticks, lambda row: row.seq == 50)
    now = rows[at][1].seen_time
    (peek,) = peeks(changed(rows, at, bars=(bar(now, HOUR),)))
    assert "a 1h bar ends at" in peek.why
    assert peeks(changed(rows, at, bars=(bar(now - HOUR, HOUR),))) == []


def test_a_signal_of_the_next_bar_is_found(rows: list[Row]) -> None:
    bars = sorted({row.bar_time for _, row in rows if isinstance(row, Signal) and row.bar_time})
    at = place(rows, Signal, lambda row: row.bar_time == bars[2])
    found = peeks(changed(rows, at, bar_time=bars[3]))
    assert "it rests on a bar that ends at" in found[0].why


def test_a_decision_before_its_signal_is_found(rows: list[Row]) -> None:
    at = place(rows, Decision, lambda row: row.seq == 100)
    signal = place(rows, Signal, lambda row: row.id == rows[at][1].cause)
    moved = [*rows[:signal], rows[at], *rows[signal:at], *rows[at + 1 :]]
    assert any("is not among the records before it" in peek.why for peek in peeks(moved))


def test_a_decision_that_names_nothing_proves_nothing(rows: list[Row]) -> None:
    at = place(rows, Decision, lambda row: row.seq == 100)
    (peek,) = peeks(changed(rows, at, newest=None))
    assert peek.why == "it names no newest input"
    assert names.BOOKS in SIDES
