"""A connection that was cut: a gap at once, and no trust in a book before its next snapshot."""

from __future__ import annotations

import pytest

from engine.feeds.cuts import cut_frame
from engine.feeds.speech import Kind
from engine.spans import SECOND
from engine.stage import Cell
from engine.ticks import TicksStage, TicksState
from schemas.codec import decode, encode
from schemas.raw import RawFrame, Source
from schemas.system import DeadLetter, Snapshot
from schemas.ticks import BookState, NoticeType, Ticks
from tests.unit.test_ticks import SNAPSHOT, depth, fresh, raw, take, trade


def mark(seq: int, *kinds: Kind) -> RawFrame:
    text = cut_frame(seq * SECOND, "usdm-1", kinds, "no frame for 10 s").text
    return raw(text, now=seq * SECOND, seq=seq, source=Source.CUT, channel="usdm-1")


def told(ticks: Ticks) -> list[tuple[NoticeType, str]]:
    return [(notice.type, notice.text) for notice in ticks.notices]


def synced() -> Cell[TicksState]:
    cell = fresh()
    ticks, _ = take(cell, raw(depth(10, 15, 9), SNAPSHOT, depth(16, 20, 15)))
    assert ticks.book is BookState.OK
    return cell


def test_a_cut_is_a_gap_at_once_and_the_book_waits_for_a_snapshot() -> None:
    cell = synced()
    ticks, rest = take(cell, mark(1, Kind.BOOK, Kind.TRADES))
    assert not rest
    text = "the connection for book, trades was cut: no frame for 10 s"
    assert told(ticks) == [(NoticeType.GAP, text)]
    assert ticks.book is BookState.GAPPED
    ticks, _ = take(cell, raw(depth(21, 25, 20), now=2 * SECOND, seq=2))
    assert ticks.book is BookState.GAPPED, "it would follow, but nobody knows what was missed"
    assert ticks.books.applied == (False,)


def test_what_was_held_before_a_cut_is_no_part_of_what_follows_it() -> None:
    cell = fresh()
    take(cell, raw(depth(1, 5, 0)))
    take(cell, mark(1, Kind.BOOK))
    later = SNAPSHOT.replace('15,"E"', '35,"E"')
    ticks, _ = take(cell, raw(depth(30, 40, 29), later, now=2 * SECOND, seq=2))
    assert (ticks.book, ticks.books.bridged[-1]) == (BookState.OK, 1)


def test_a_cut_of_other_kinds_leaves_the_book_alone() -> None:
    ticks, _ = take(synced(), mark(1, Kind.TRADES))
    assert ticks.book is BookState.OK
    assert [kind for kind, _ in told(ticks)] == [NoticeType.GAP]


def test_a_cut_costs_no_trade() -> None:
    cell = synced()
    take(cell, raw(trade(7), now=SECOND, seq=1))
    take(cell, mark(2, Kind.TRADES))
    ticks, _ = take(cell, raw(trade(7), trade(8), now=3 * SECOND, seq=3))
    assert ticks.trades.trade_id == ("8",)


@pytest.mark.parametrize("text", ["", "{}", '{"kinds":1,"reason":"x"}', "\ud800"])
def test_a_mark_that_is_none_is_a_dead_letter(text: str) -> None:
    cell = synced()
    ticks, (letter,) = take(cell, raw(text, now=SECOND, seq=1, source=Source.CUT))
    assert isinstance(letter, DeadLetter)
    assert "no mark of a cut" in letter.reason
    assert ticks.book is BookState.OK


def test_a_state_restored_after_a_cut_goes_on_alike() -> None:
    cell = synced()
    take(cell, raw(depth(41, 45, 40), now=SECOND, seq=1))
    take(cell, mark(2, Kind.BOOK))
    again = Cell.restore(TicksStage(), decode(Snapshot, encode(cell.snapshot())))
    later = SNAPSHOT.replace('15,"E"', '35,"E"')
    record = raw(depth(30, 40, 29), later, now=3 * SECOND, seq=3)
    before, after = (encode(take(each, record)[0]) for each in (cell, again))
    assert before == after
    assert decode(Ticks, after).book is BookState.OK
