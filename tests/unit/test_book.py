"""The book, the numbering rules, and the book kept in step with a feed."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.book import HELD, Book
from engine.book_sync import BookSync, Taken
from engine.feeds.catalogue import rule_of
from engine.feeds.events import Depth
from engine.spans import SECOND
from engine.tick_columns import TickColumns
from schemas.ticks import BookState, BookUpdates, Level

BIDS: tuple[Level, ...] = (("100.0", "1"), ("99.5", "2"))
ASKS: tuple[Level, ...] = (("100.5", "3"), ("101", "4"))


def diff(first: int, last: int, previous: int | None = None, **sides: Any) -> Depth:
    bids, asks = sides.get("bids", ()), sides.get("asks", ())
    return Depth(None, False, first, last, previous, bids, asks)


def snapshot(last: int, bids: tuple[Level, ...] = BIDS, asks: tuple[Level, ...] = ASKS) -> Depth:
    return Depth(None, True, None, last, None, bids, asks)


def sync(rule: str = "futures") -> BookSync:
    return BookSync(rule_of(rule), 5 * SECOND)


def state(kept: BookSync) -> BookState:
    """The state, asked anew each time."""
    return kept.state


def synced(rule: str = "futures") -> BookSync:
    """A book at id 100 whose next diff has pu 100 (futures) or U 101 (spot)."""
    kept = sync(rule)
    kept.take(snapshot(95), 0)
    kept.take(diff(91, 100, 90), 0)
    assert state(kept) is BookState.OK
    return kept


def test_best_top_and_walk() -> None:
    book = Book()
    book.replace(BIDS, ASKS)
    assert (book.best_bid, book.best_ask) == (("100.0", "1"), ("100.5", "3"))
    assert book.top("bids", 5) == list(BIDS)
    assert book.top("asks", 1) == [("100.5", "3")]
    assert list(book.walk("bids")) == [(1000 * 10**19, 10**18), (995 * 10**19, 2 * 10**18)]
    assert [price for price, _ in book.walk("asks")] == [1005 * 10**19, 1010 * 10**19]


def test_zero_removes_a_level_and_an_unknown_one_in_peace() -> None:
    book = Book()
    book.replace(BIDS, ASKS)
    book.apply((("100.00", "0.000"), ("7", "0")), (("100.5", "9"),))
    assert (book.best_bid, book.best_ask) == (("99.5", "2"), ("100.5", "9"))


def test_an_empty_book_has_no_best_and_is_not_crossed() -> None:
    book = Book()
    assert (book.best_bid, book.best_ask, book.crossed) == (None, None, False)


CHANGES = st.lists(
    st.tuples(
        st.lists(st.tuples(st.integers(1, 40), st.integers(0, 3)), max_size=4),
        st.lists(st.tuples(st.integers(1, 40), st.integers(0, 3)), max_size=4),
    ),
    max_size=30,
)


@given(CHANGES)
def test_the_book_is_what_a_plain_dictionary_says(
    changes: list[tuple[list[tuple[int, int]], list[tuple[int, int]]]],
) -> None:
    book = Book()
    plain: tuple[dict[Decimal, Decimal], dict[Decimal, Decimal]] = ({}, {})
    for sides in changes:
        texts = [tuple((f"{p / 4:.2f}", f"{q}.0") for p, q in side) for side in sides]
        book.apply(texts[0], texts[1])
        for side, levels in zip(plain, texts, strict=True):
            for price, quantity in levels:
                side[Decimal(price)] = Decimal(quantity)
                if not Decimal(quantity):
                    del side[Decimal(price)]
        assert Book.load(book.dump()).dump() == book.dump()
    for name, side in zip(("bids", "asks"), plain, strict=True):
        expected = sorted(side.items(), reverse=name == "bids")
        walked = list(book.walk("bids" if name == "bids" else "asks"))
        assert [(Decimal(p).scaleb(-20), Decimal(q).scaleb(-18)) for p, q in walked] == expected


def test_futures_rule() -> None:
    rule = rule_of("futures")
    assert rule.old(diff(1, 99, 0), 100)
    assert not rule.old(diff(1, 100, 0), 100)
    assert rule.bridges(diff(100, 110, 90), 100)
    assert rule.bridges(diff(105, 110, 100), 100), "ids between pu and U are other symbols'"
    assert not rule.bridges(diff(105, 110, 101), 100)
    assert rule.follows(diff(105, 110, 100), 100)
    assert not rule.follows(diff(101, 110, 99), 100)


def test_spot_rule() -> None:
    rule = rule_of("spot")
    assert rule.old(diff(1, 100), 100)
    assert not rule.old(diff(1, 101), 100)
    assert rule.bridges(diff(101, 101), 100)
    assert not rule.bridges(diff(102, 110), 100)
    assert rule.follows(diff(101, 110), 100)
    assert not rule.follows(diff(102, 110), 100)


@pytest.mark.parametrize("rule", ["futures", "spot"])
def test_a_diff_without_ids_bridges_nothing(rule: str) -> None:
    nameless = Depth(None, False, None, None, None, (), ())
    assert not rule_of(rule).bridges(nameless, 1)
    assert rule_of(rule).old(nameless, 1)


def test_diffs_before_the_snapshot_are_held_and_those_that_bridge_applied() -> None:
    kept = sync()
    older = diff(1, 10, 0, bids=(("50", "1"),))
    bridging = diff(11, 20, 10, bids=(("100.1", "7"),))
    following = diff(21, 30, 20, asks=(("100.5", "0"),))
    assert [kept.take(each, 0).applied for each in (older, bridging, following)] == [False] * 3
    assert state(kept) is BookState.NONE
    assert kept.take(snapshot(15), 0) == Taken(True, bridged=2)
    assert (kept.book.best_bid, kept.book.best_ask) == (("100.1", "7"), ("101", "4"))
    assert ("50", "1") not in kept.book.top("bids", 9)
    assert kept.take(diff(31, 40, 30), 0) == Taken(True)


def test_after_a_snapshot_old_diffs_are_dropped_and_the_first_must_bridge() -> None:
    kept = sync()
    kept.take(snapshot(15), 0)
    assert kept.take(diff(1, 10, 0), 0) == Taken(False)
    assert kept.take(diff(11, 20, 10), 0) == Taken(True)
    other = sync()
    other.take(snapshot(15), 0)
    assert other.take(diff(17, 20, 16), 0).gap is not None
    assert state(other) is BookState.GAPPED


@pytest.mark.parametrize("rule", ["futures", "spot"])
def test_a_gap_stops_the_book_until_a_snapshot_bridges(rule: str) -> None:
    kept = synced(rule)
    assert kept.take(diff(111, 120, 110, bids=(("100.2", "5"),)), 0).gap is not None
    assert state(kept) is BookState.GAPPED
    assert kept.take(diff(121, 130, 120), 0) == Taken(False)
    assert kept.book.best_bid == ("100.0", "1"), "nothing is applied onto a gap"
    assert kept.take(snapshot(105), 0).gap is not None, "it does not reach what was held"
    assert kept.take(snapshot(115), 0) == Taken(True, bridged=2)
    assert state(kept) is BookState.OK
    assert kept.book.best_bid == ("100.2", "5")
    assert kept.take(diff(131, 140, 130), 0) == Taken(True)


def test_a_gap_within_what_is_held_needs_a_snapshot_behind_it() -> None:
    kept = sync()
    kept.take(diff(1, 10, 0), 0)
    assert kept.take(diff(21, 30, 20), 0).gap is not None, "gaps are told without a book too"
    assert state(kept) is BookState.NONE
    assert not kept.take(snapshot(5), 0).applied
    assert kept.take(snapshot(25), 0) == Taken(True, bridged=1)


def test_repeated_diffs_are_not_applied_and_no_gap() -> None:
    kept = synced()
    assert kept.take(diff(91, 100, 90), 0) == Taken(False)
    assert kept.take(diff(101, 110, 100), 0) == Taken(True)


def test_an_older_snapshot_does_not_turn_a_sound_book_back() -> None:
    kept = synced()
    assert kept.take(snapshot(99, bids=()), 0) == Taken(False)
    assert kept.take(snapshot(105, bids=(("1", "1"),)), 0) == Taken(True)
    assert kept.book.best_bid == ("1", "1")
    assert kept.take(diff(101, 110, 100), 0) == Taken(True)


def test_a_crossed_book_is_mended_by_an_update_that_uncrosses_it() -> None:
    kept = synced()
    kept.take(diff(101, 110, 100, bids=(("100.5", "1"),)), 0)
    assert state(kept) is BookState.CROSSED
    kept.take(diff(111, 120, 110, asks=(("100.5", "0"),)), 0)
    assert state(kept) is BookState.OK


def test_a_silent_book_is_stale_until_the_next_update() -> None:
    kept = synced()
    kept.age(5 * SECOND - 1)
    assert state(kept) is BookState.OK
    kept.age(5 * SECOND)
    assert state(kept) is BookState.STALE
    kept.take(diff(91, 100, 90), 6 * SECOND)
    assert state(kept) is BookState.STALE, "a repetition is no news"
    kept.take(diff(101, 110, 100), 6 * SECOND)
    assert state(kept) is BookState.OK


def test_no_more_than_so_many_diffs_are_held() -> None:
    kept = sync()
    for n in range(HELD + 5):
        kept.take(diff(n + 1, n + 1, n), 0)
    assert len(kept.held) == len(kept.book.held) == HELD
    assert not kept.take(snapshot(2), 0).applied


@st.composite
def feeds(draw: st.DrawFn) -> list[Depth]:
    """Diffs of futures with repetitions, gaps and snapshots anywhere among them."""
    updates: list[Depth] = []
    last = 0
    for _ in range(draw(st.integers(1, 30))):
        kind = draw(st.sampled_from(["diff", "diff", "diff", "again", "gap", "snapshot"]))
        price = draw(st.integers(90, 110))
        level = ((str(price), str(draw(st.integers(0, 2)))),)
        if kind == "snapshot":
            updates.append(snapshot(max(0, last - draw(st.integers(-5, 15)))))
        elif kind == "again" and updates:
            updates.append(draw(st.sampled_from(updates)))
        else:
            previous = last + (5 if kind == "gap" else 0)
            last = previous + draw(st.integers(1, 5))
            sides = {"bids": level} if price < 100 else {"asks": level}
            updates.append(diff(previous + 1, last, previous, **sides))
    return updates


def columns(update: Depth, taken: Taken) -> BookUpdates:
    gathered = TickColumns()
    gathered.depth(0, update, 0, taken)
    found = gathered.groups()["books"]
    assert isinstance(found, BookUpdates)
    return BookUpdates.model_validate_json(found.model_dump_json())


@given(feeds())
def test_a_reader_of_the_records_has_the_very_same_book(updates: list[Depth]) -> None:
    kept, reader = sync(), Book()
    for update in updates:
        reader.follow(columns(update, kept.take(update, 0)))
        assert reader.dump() == kept.book.dump()


@given(feeds(), st.integers(0, 30))
def test_dump_and_load_are_exact(updates: list[Depth], cut: int) -> None:
    kept = other = sync()
    for place, update in enumerate(updates):
        if place == cut:
            other = BookSync.load(kept.dump(), kept.stale_after)
        taken = kept.take(update, place)
        if other is not kept:
            assert other.take(update, place) == taken
        assert other.dump() == kept.dump()


@given(feeds())
def test_the_book_is_what_all_diffs_since_the_snapshot_make_it(updates: list[Depth]) -> None:
    """However the diffs came, an OK book is the snapshot with all later levels on top of it.

    A diff that ends at the snapshot's own id is in a real snapshot; here it may be or not.
    """
    kept, base, seen = sync(), snapshot(0), list[Depth]()
    for update in updates:
        taken = kept.take(update, 0)
        if update.snapshot and taken.applied:
            base = update
        elif not update.snapshot and update not in seen:
            seen.append(update)
        if kept.exists and not kept.gapped:
            found = (kept.book.bids.rows, kept.book.asks.rows)
            assert found in [rebuilt(base, seen, own) for own in (0, 1)]


def rebuilt(base: Depth, diffs: list[Depth], own: int) -> tuple[object, object]:
    """The levels of a snapshot with the diffs that end at least `own` ids after it on top."""
    book = Book()
    book.replace(base.bids, base.asks)
    for diff in diffs:
        if (diff.last_id or 0) >= (base.last_id or 0) + own:
            book.apply(diff.bids, diff.asks)
    return book.bids.rows, book.asks.rows
