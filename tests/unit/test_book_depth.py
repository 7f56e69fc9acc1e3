"""The followed book and its bands, against a walk over all levels, and over gaps."""

from __future__ import annotations

import random
from decimal import Decimal

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.book_depth import FollowedBook
from engine.numbers import PRICE_DECIMALS, QUANTITY_DECIMALS
from schemas.ticks import BookUpdates, Level, Ticks
from tests.recorded import long

BPS = (5, 10, 25)
Update = tuple[bool, bool, int, tuple[Level, ...], tuple[Level, ...]]
"""Snapshot, applied, bridged, bids, asks."""


def record(seq: int, *updates: Update) -> Ticks:
    """A ticks record with these book updates."""
    n = len(updates)
    if not n:
        return Ticks(venue="v", symbol="S", seq=seq)
    snapshot, applied, bridged, bids, asks = zip(*updates, strict=True)
    none = (None,) * n
    books = BookUpdates(
        index=tuple(range(n)), event_time=none, seen_time=(0,) * n, first_id=none, last_id=none,
        previous_id=none, snapshot=snapshot, applied=applied, bridged=bridged, bids=bids, asks=asks,
    )  # fmt: skip
    return Ticks(venue="v", symbol="S", seq=seq, books=books)


def walked(book: FollowedBook) -> list[tuple[int, int]] | None:
    """Depth by Decimal over every level of the book."""
    sides = [
        [(Decimal(p), Decimal(q)) for p, q in getattr(book.book, side).rows.values()]
        for side in ("bids", "asks")
    ]
    bids, asks = sides
    if not bids or not asks or max(bids)[0] >= min(asks)[0]:
        return None
    mid = (max(bids)[0] + min(asks)[0]) / 2
    scale = Decimal(10) ** (PRICE_DECIMALS + QUANTITY_DECIMALS)
    return [
        (
            int(sum(p * q for p, q in bids if (mid - p) * 10_000 <= bps * mid) * scale),
            int(sum(p * q for p, q in asks if (p - mid) * 10_000 <= bps * mid) * scale),
        )
        for bps in BPS
    ]


def changes(chance: random.Random, center: int, side: int) -> tuple[Level, ...]:
    """Some levels near a center (in tenths), a third of them removed; some prices twice."""
    return tuple(
        (
            f"{(center + side * chance.randint(-2, 60)) / 10:.1f}",
            chance.choice(["0", f"{chance.randint(1, 9999) / 1000:.3f}", "1.000"]),
        )
        for _ in range(chance.randint(0, 12))
    )


@settings(max_examples=long(60, 20), deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 60), st.integers(0, 60))
def test_bands_are_those_of_a_walk_over_all_levels_also_over_a_restart(
    seed: int, length: int, restart: int
) -> None:
    chance, book, center = random.Random(seed), FollowedBook(BPS), 10_000
    for seq in range(length):
        center += chance.choice([0, 0, 1, -1, 7, -30])
        updates: list[Update] = [
            (
                chance.random() < 0.05,
                chance.random() < 0.9,
                0,
                changes(chance, center, -1),
                changes(chance, center, 1),
            )
            for _ in range(chance.choice([0, 1, 1, 2]))
        ]
        book.follow(record(seq, *updates))
        if seq == restart:
            book = FollowedBook.load(BPS, orjson.loads(orjson.dumps(book.dump())))
        if chance.random() < 0.8:
            assert book.depths() == walked(book)
    assert book.depths() == walked(book)


def test_depth_by_hand() -> None:
    book = FollowedBook(BPS)
    bids = (("99.95", "1"), ("99.90", "2"), ("99.89", "4"), ("99.75", "8"), ("99.74", "16"))
    asks = (("100.05", "1"), ("100.10", "2"), ("100.25", "4"), ("100.26", "8"))
    book.follow(record(0, (True, True, 0, bids, asks)))
    assert book.depths() == [
        (9995 * 10**36, 10005 * 10**36),
        ((9995 + 2 * 9990) * 10**36, (10005 + 2 * 10010) * 10**36),
        (
            (9995 + 2 * 9990 + 4 * 9989 + 8 * 9975) * 10**36,
            (10005 + 2 * 10010 + 4 * 10025) * 10**36,
        ),
    ]


SNAPSHOT: Update = (True, True, 0, (("99", "1"),), (("101", "1"),))
DIFF: Update = (False, True, 0, (("99.5", "1"),), ())
EARLY: Update = (False, False, 0, (("99.5", "1"),), ())


def test_a_record_that_is_missing_costs_the_book_until_the_next_snapshot() -> None:
    book = FollowedBook(BPS)
    book.follow(record(0, SNAPSHOT))
    assert book.depths() is not None
    book.follow(record(2, DIFF))
    assert book.depths() is None
    book.follow(record(3))
    assert book.depths() is None
    book.follow(record(4, SNAPSHOT))
    assert book.depths() == walked(book)
    assert book.built


def test_a_reader_that_begins_in_the_middle_has_no_book() -> None:
    book = FollowedBook(BPS)
    book.follow(record(7, DIFF))
    assert (book.built, book.depths()) == (False, None)


@pytest.mark.parametrize(("missing", "built"), [(False, True), (True, False)])
def test_a_snapshot_that_reaches_back_needs_what_it_reaches_back_to(
    missing: bool, built: bool
) -> None:
    """The last of the held diffs belong on the snapshot; one that was missed leaves a hole."""
    book = FollowedBook(BPS)
    book.follow(record(0))
    if not missing:
        book.follow(record(1, EARLY))
    book.follow(record(2, EARLY))
    book.follow(record(3, (True, True, 2, (("99", "1"),), (("101", "1"),))))
    assert book.built is built


def test_a_side_that_is_empty_or_crossed_has_no_depth() -> None:
    book = FollowedBook(BPS)
    book.follow(record(0, SNAPSHOT))
    assert book.depths() is not None
    book.follow(record(1, (False, True, 0, (("102", "1"),), ())))
    assert book.depths() is None
    book.follow(record(2, (False, True, 0, (("102", "0"),), ())))
    assert book.depths() == walked(book)
    book.follow(record(3, (False, True, 0, (), (("101", "0"),))))
    assert book.depths() is None


@pytest.mark.parametrize("moved", ["999.8", "1000.0"])
def test_a_level_on_an_edge_is_counted_once_when_the_mid_moves_and_comes_back(moved: str) -> None:
    """The mid is 1000, so the bounds of 5, 10 and 25 bps lie on levels of both sides."""
    book = FollowedBook(BPS)
    bids = tuple((price, "1") for price in ("999.9", "999.5", "999", "997.5"))
    asks = tuple((price, "1") for price in ("1000.1", "1000.5", "1001", "1002.5"))
    book.follow(record(0, (True, True, 0, bids, asks)))
    start = book.depths()
    assert start == walked(book)
    there: tuple[Level, ...] = (("999.9", "0"), (moved, "1"))
    book.follow(record(1, (False, True, 0, there, ())))
    assert book.depths() == walked(book) != start
    back: tuple[Level, ...] = (("999.9", "1"), (moved, "0"))
    book.follow(record(2, (False, True, 0, back, ())))
    assert book.depths() == walked(book) == start
