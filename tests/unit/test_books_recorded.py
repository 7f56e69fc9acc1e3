"""The consolidated book over recorded books, held against a naive one, and over kills."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from functools import cache

import pytest

from engine.books import BooksSettings, BooksStage, SymbolState
from engine.stage import Cell
from schemas import names
from schemas.codec import decode, encode
from schemas.signals import ConsolidatedBook, Touch, VenueState
from schemas.system import Snapshot
from tests.unit.consolidating import SYMBOL, Naive, quantity_of, ticks, told

SETTINGS = BooksSettings(symbols=(SYMBOL,), levels=7)


def taken(cell: Cell[SymbolState], place: int) -> ConsolidatedBook:
    (made,) = cell.take(names.TICKS, ticks()[place])
    assert (made.topic, made.key) == (names.BOOKS, SYMBOL)
    assert isinstance(made.record, ConsolidatedBook)
    return made.record


@cache
def played() -> tuple[ConsolidatedBook, ...]:
    cell = Cell.fresh(BooksStage(SETTINGS), SYMBOL)
    return tuple(taken(cell, place) for place in range(len(ticks())))


def test_each_record_is_what_a_naive_recomputation_gives() -> None:
    naive, last = Naive(SETTINGS), None
    for record, book in zip(ticks(), played(), strict=True):
        expected = naive.take(record)
        if book.full:
            assert told(book) == expected
        else:
            assert last == expected, "nothing was told, though it has changed"
        last = expected
        assert (book.venue, book.tick, book.now) == (record.venue, record.seq, naive.now)
        assert book.touch is expected.touch
        for level, venues, rows in (
            (book.bid, book.bid_venues, expected.bids),
            (book.ask, book.ask_venues, expected.asks),
        ):
            if not rows:
                assert (level, venues) == (None, ())
                continue
            assert level is not None
            assert (level[0], Decimal(level[1])) == (rows[0][0], quantity_of(rows))
            assert list(venues) == [row[2] for row in rows if row[0] == rows[0][0]]
        if book.bid and book.ask:
            assert Decimal(book.spread or "?") == Decimal(book.ask[0]) - Decimal(book.bid[0])


def test_each_venue_tells_its_times_and_its_own_best() -> None:
    naive = Naive(SETTINGS)
    for record, book in zip(ticks(), played(), strict=True):
        naive.follow(record)
        for each in book.venues:
            last = naive.last[each.venue]
            assert (each.tick, each.heard) == (last.seq, last.seen_time)
            assert each.fresh == naive.fresh.get(each.venue)
            assert (each.bid, each.ask) == (last.bid, last.ask)


def test_what_the_recordings_show() -> None:
    """All that matters happens in them: locked and crossed markets, a gap, a silence."""
    touches = Counter(book.touch for book in played())
    assert touches[Touch.NORMAL] > 500
    assert touches[Touch.CROSSED] > 500
    assert touches[Touch.LOCKED] > 5
    seen = {(each.venue, each.state) for book in played() for each in book.venues}
    told_of_first = {state for venue, state in seen if venue == "binance"}
    assert told_of_first == {VenueState.NONE, VenueState.OK}
    assert ("twin", VenueState.GAPPED) in seen
    assert ("okx", VenueState.SILENT) in seen
    assert any(len(book.bid_venues) == 2 for book in played())
    full = sum(book.full for book in played())
    assert 0.3 < full / len(played()) < 0.7


def test_a_clock_record_tells_all() -> None:
    assert all(book.full for book in played() if book.clock)


@pytest.mark.parametrize("every", [7, 501])
def test_a_restart_in_mid_stream_changes_no_byte(every: int) -> None:
    cell = Cell.fresh(BooksStage(SETTINGS), SYMBOL)
    for place, expected in enumerate(played()[: every * 60]):
        if place % every == 3:
            snapshot = decode(Snapshot, encode(cell.snapshot()))
            cell = Cell.restore(BooksStage(SETTINGS), snapshot)
        assert encode(taken(cell, place)) == encode(expected)


def test_bytes_survive_decoding() -> None:
    for book in played()[:3000]:
        assert encode(decode(ConsolidatedBook, encode(book))) == encode(book)
