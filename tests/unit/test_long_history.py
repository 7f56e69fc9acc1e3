"""An order that is filled in many parts: what its journal costs, and that it is still a fence."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from functools import cache

import pytest

from engine.history import KEPT
from engine.stage import Cell
from executor.paper.journal import Journal
from schemas.codec import encode
from schemas.errors import Fatal
from schemas.orders import OrderType, TimeInForce
from schemas.statuses import JournalEntry, OrderState
from schemas.ticks import Ticks
from tests.unit.executing import (
    MS,
    STAGE,
    Input,
    by_place,
    command,
    decided,
    feed,
    journal,
    play,
    play_with_crashes,
    statuses,
)
from tests.unit.market_tape import record, trade, whole

PARTS = 1000


def parts(number: int = PARTS) -> Iterator[Input]:
    """A resting order and as many trades at its price, each of which fills one."""
    order = command(
        quantity=str(number), type=OrderType.LIMIT, time_in_force=TimeInForce.GTC, price="100"
    )
    book = whole((("99", "1"),), (("101", "1"),))
    yield record(0, 10, book)
    yield decided(0, 10, 0, order)
    for n in range(1, number + 2):
        yield record(n, n * 20 * MS, *((trade("100", "1"),) if n > 1 else ()))
        yield decided(n, n * 20 * MS, n)


@cache
def entries() -> tuple[JournalEntry, ...]:
    return tuple(journal(play(parts())))


def test_the_journal_grows_with_the_parts_and_not_with_their_square() -> None:
    told = [one for one in statuses(play(parts())) if one.type == "fill"]
    assert len(told) == PARTS
    assert told[-1].state is OrderState.FILLED
    assert Decimal(told[-1].filled or 0) == PARTS
    held = [len(one.statuses) for one in entries()]
    assert max(held) <= 2 * KEPT + 1
    assert sum(held) <= 2 * KEPT * len(held)
    last = entries()[-1]
    assert last.folded + len(last.statuses) == PARTS + 2, "sent, open and each fill"
    sizes = [len(encode(one)) for one in entries()]
    assert max(sizes) < 200_000


def test_a_state_does_not_grow_with_what_was_filled() -> None:
    cell = Cell.fresh(STAGE, "paper")
    sizes: list[int] = []
    for one in list(parts())[:-2]:
        feed(cell, one)
        sizes.append(len(encode(cell.snapshot())) if len(sizes) % 100 == 0 else 0)
    assert sizes[-1] < 250_000
    assert max(sizes) < 250_000


@pytest.mark.parametrize("crashes", [[(700, 90)], [(450, 3), (1500, 800)]])
def test_restarts_in_a_long_history_change_no_byte_and_are_no_second_effect(
    crashes: list[tuple[int, int]],
) -> None:
    inputs = list(parts(600))
    again = play_with_crashes(inputs, [(at % len(inputs), back) for at, back in crashes])
    assert by_place(again) == by_place(play(inputs))
    kept = Journal()
    for one in journal(again):
        kept.admit(one)
    assert len(kept) == 1


def test_all_of_it_is_admitted_and_done_again_it_is_no_news() -> None:
    kept = Journal()
    assert all(kept.admit(one) for one in entries())
    assert not any(kept.admit(one) for one in entries())
    late = Journal()
    assert late.admit(entries()[-1])
    assert not any(late.admit(one) for one in entries())


@pytest.mark.parametrize("at", [2, 150, 700, PARTS])
def test_another_fill_anywhere_is_found_in_the_end(at: int) -> None:
    """At once where the two can be compared, else at the entry whose digest has it in it."""
    other = [_with_another_price(part, at) for part in parts()]
    forged = journal(play(other))
    differing = [n for n, pair in enumerate(zip(forged, entries(), strict=True))
                 if pair[0].statuses[-1:] != pair[1].statuses[-1:]]  # fmt: skip
    assert len(differing) == 1
    kept = Journal()
    assert kept.admit(entries()[-1])
    with pytest.raises(Fatal, match="another history"):
        all_admitted(kept, forged)


def all_admitted(kept: Journal, found: list[JournalEntry]) -> None:
    for one in found:
        kept.admit(one)


def _with_another_price(one: Input, at: int) -> Input:
    """The book of one record moved: its trade fills what it filled, by another mark."""
    if one.seq not in (at, at + 1) or not isinstance(one, Ticks):
        return one
    bid = "98" if one.seq == at else "99"
    book = whole(((bid, "1"),), (("101", "1"),))
    return record(one.seq, one.seen_time, book, trade("100", "1"))
