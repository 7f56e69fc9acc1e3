"""Rows of a side input count from their own time on: never before it, and none is lost."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from engine import ahead
from engine.ahead import Ahead
from engine.decisions import DecisionsStage
from engine.stage import Cell
from engine.strategies import Context, Judge, Judgment, OutlookSettings, Stance
from engine.strategies.strategy import Strategy
from schemas import names
from schemas.decisions import Decision
from schemas.signals import ConsolidatedBook, VenueBook, VenueState
from tests.unit.judging import decide, reborn, signal
from tests.unit.trading import BTC, SECOND

SYMBOL = "BTC/USDT:USDT"


class Watcher(Judge[OutlookSettings, Stance]):
    """Shows the tests what it is shown."""

    shown: tuple[Context, ...] = ()

    def books(self, market: str) -> tuple[str, ...]:
        return (SYMBOL,)

    def opinion(self, state: Stance, context: Context) -> Judgment | None:
        self.shown = (*self.shown, context)
        return None


def fresh(market: str = BTC) -> Cell[Any]:
    watcher = Watcher(OutlookSettings())
    return Cell.fresh(DecisionsStage((Strategy("w", (watcher,), markets=(market,)),)), BTC)


def book(seq: int, now: int, full: bool = True) -> ConsolidatedBook:
    row = VenueBook(venue="binance", state=VenueState.OK, tick=seq)
    return ConsolidatedBook(
        seq=seq, key=SYMBOL, symbol=SYMBOL, now=now, seen_time=now, bid=(str(seq), "1"),
        full=full, venues=(row,) if full else (),
    )  # fmt: skip


def read(decision: Decision) -> int | None:
    """The newest row that a decision tells it had newly read."""
    return next((each.seq for each in decision.reads if each.topic == names.BOOKS), None)


def test_a_row_counts_from_the_signal_of_its_own_time_on() -> None:
    cell = fresh()
    for seq, now in enumerate((SECOND, 2 * SECOND, 2 * SECOND + 1, 9 * SECOND)):
        cell.take(names.BOOKS, book(seq, now))
    assert [read(decide(cell, signal(n))) for n in range(4)] == [None, 0, 1, 2]


def test_what_waits_for_its_time_outlives_a_restart() -> None:
    cell = fresh()
    for seq in range(5):
        cell.take(names.BOOKS, book(seq, seq * SECOND))
    assert read(decide(cell, signal(1))) == 1
    again = reborn(cell)
    again.take(names.BOOKS, book(2, 2 * SECOND))  # read twice
    assert [read(decide(one, signal(2))) for one in (cell, again)] == [2, 2]


def test_markets_that_read_no_books_are_given_none_and_tell_nothing() -> None:
    cell = fresh("okx:BTC/USDT:USDT")
    assert cell.stage.cells_of(names.BOOKS, SYMBOL) == ("okx:BTC/USDT:USDT",)
    assert decide(cell, signal(0)).reads == ()


def test_a_strategy_is_shown_what_it_asked_for_with_the_rows_told_last() -> None:
    cell = fresh()
    cell.take(names.BOOKS, book(0, 0))
    cell.take(names.BOOKS, book(1, 1, full=False))
    decide(cell, signal(1))
    assert isinstance(cell.stage, DecisionsStage)
    watcher = cell.stage.strategies[0].advisors[0]
    assert isinstance(watcher, Watcher)
    (context,) = watcher.shown
    assert (context.market, context.now) == (BTC, SECOND)
    shown = context.books[SYMBOL]
    assert (shown.seq, shown.full, shown.venues[0].tick) == (1, True, 0)


def test_rows_behind_a_hole_are_not_made_whole() -> None:
    assert book(2, 0, full=False).upon(book(0, 0)).full is False
    assert book(1, 0, full=False).upon(book(0, 0)).full is True
    assert book(1, 0, full=False).upon(None).full is False


@given(st.lists(st.integers(0, 3), max_size=60), st.lists(st.integers(0, 100), max_size=20))
def test_the_newest_row_of_no_later_time_is_due(steps: list[int], asked: list[int]) -> None:
    waiting, times, now = Ahead(), [], 0
    for seq, step in enumerate(steps):
        times.append(now := now + step)
        waiting.put(names.BOOKS, book(seq, now))
    found = -1
    for at in sorted(asked):
        for _, row in waiting.due(at):
            found = row.seq
        assert found == max((seq for seq, time in enumerate(times) if time <= at), default=-1)


def test_a_long_way_ahead_costs_resolution_and_never_looks_ahead(monkeypatch: Any) -> None:
    monkeypatch.setattr(ahead, "MOST", 10)
    waiting = Ahead()
    for seq in range(1000):
        waiting.put(names.BOOKS, book(seq, seq))
        last = waiting.last(names.BOOKS, SYMBOL)
        assert last is not None
        assert last.seq == seq
    assert len(waiting.dump()[names.BOOKS][SYMBOL]) <= 10
    for at in range(0, 1200, 100):
        assert all(row.moment <= at for _, row in waiting.due(at))
    assert not waiting
