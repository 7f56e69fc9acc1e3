"""Ticks that wait for an order: by sequence, doubles dropped, let go when all have followed."""

from __future__ import annotations

from typing import Any, cast

import pytest
from faust.types import TP

from executor.paper import held as held_module
from executor.paper.held import HeldTicks
from schemas import names
from schemas.codec import encode
from schemas.errors import Poison
from schemas.ticks import Quotes, Ticks
from tests.unit.fake_broker import Message, read

PLACE = ("market.ticks", 3)


def ticks(seq: int) -> Ticks:
    return Ticks(id="i", cause="c", seq=seq, key="v:S", venue="v", symbol="S")


def never(poison: Poison, value: bytes) -> None:
    raise AssertionError(f"{poison}: {value!r}")


def whole() -> frozenset[str]:
    return frozenset()


def held(*seqs: int) -> HeldTicks:
    found = HeldTicks()
    for offset, seq in enumerate(seqs):
        found.add(PLACE, offset, seq, encode(ticks(seq)))
    return found


def test_doubles_are_dropped() -> None:
    assert [one.seq for one in held(0, 1, 0, 1, 2).queue] == [0, 1, 2]


def test_between_gives_what_an_account_has_not_followed() -> None:
    assert [one.seq for one in held(0, 1, 2, 3, 4).between(1, 3, whole, never)] == [2, 3]


def test_release_keeps_what_the_slowest_account_needs() -> None:
    found = held(0, 1, 2, 3)
    found.release(1)
    assert [one.seq for one in found.queue] == [2, 3]
    assert found.first_after(2) == (PLACE, 3)
    assert found.first_after(3) is None
    assert found.latest == 3


def test_a_record_is_decoded_once_for_all_accounts() -> None:
    found = held(*range(5))
    assert [one.ticks for one in found.queue] == [None] * 5
    first = list(found.between(-1, 2, whole, never))
    assert first == [ticks(n) for n in range(3)]
    again = list(found.between(-1, 2, whole, never))
    assert all(one is other for one, other in zip(first, again, strict=True))
    assert [one.ticks for one in found.queue] == [*first, None, None]


def test_what_one_account_left_out_is_read_for_the_next_that_looks_at_it() -> None:
    quotes = Quotes(
        index=(0,), event_time=(1,), seen_time=(1,), bid=("1",), bid_quantity=("2",), ask=("3",),
        ask_quantity=("4",), update_id=(5,),
    )  # fmt: skip
    record = ticks(0).model_copy(update={"quotes": quotes})
    found = HeldTicks()
    found.add(PLACE, 0, 0, encode(record))
    assert list(found.between(-1, 0, lambda: frozenset({"quotes"}), never)) == [ticks(0)]
    assert list(found.between(-1, 0, lambda: frozenset({"bars"}), never)) == [record]
    assert list(found.between(-1, 0, whole, never)) == [record]
    kept = found.queue[0].ticks
    assert next(found.between(-1, 0, lambda: frozenset({"quotes"}), never)) is kept


def test_what_cannot_be_read_is_told_once_and_the_rest_goes_on() -> None:
    found, told = held(0), []
    found.add(PLACE, 1, 1, b'{"seq":1,"nothing":')
    found.add(PLACE, 2, 2, encode(ticks(2)))
    for _ in range(2):
        read = found.between(-1, 2, whole, lambda poison, value: told.append((str(poison), value)))
        assert [one.seq for one in read] == [0, 2]
    assert [value for _, value in told] == [b'{"seq":1,"nothing":']


def test_what_is_beyond_the_budget_stays_on_the_topic_and_comes_again_in_order(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    size = len(encode(ticks(10)))
    monkeypatch.setattr(held_module, "BUDGET", 8 * size)
    found = held(*range(10, 60))
    assert found.latest == 59
    assert (len(found.queue), found.size) == (8, 8 * size)
    assert found.left == (PLACE, 8)
    assert found.first_after(30) == (PLACE, 8)
    assert not found.lacks(17)
    seen = [one.seq for one in found.between(-1, 59, whole, never)]
    while found.lacks(59):
        assert found.left is not None
        found.release(seen[-1])
        first, end = found.left[1], min(found.left[1] + 20, 50)
        other = Message(TP(*PLACE), first, b"v:T", encode(ticks(999)))
        again = [read(names.TICKS, offset, ticks(offset + 10)) for offset in range(first, end)]
        found.add_again(b"v:S", cast(Any, [other, *again]), end)
        assert found.size <= 8 * size
        seen += [one.seq for one in found.between(seen[-1], 59, whole, never)]
    assert seen == list(range(10, 60))
    assert found.left is None
    found.add(PLACE, 50, 60, encode(ticks(60)))
    assert found.queue[-1].seq == 60


def test_one_account_goes_on_though_another_needs_all_that_waits(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(held_module, "BUDGET", 8 * len(encode(ticks(10))))
    found, turns = held(*range(10, 30)), 0
    while found.lacks(29):
        assert found.left is not None
        first, turns = found.left[1], turns + 1
        again = [read(names.TICKS, offset, ticks(offset + 10)) for offset in range(first, 20)]
        found.add_again(b"v:S", cast(Any, again), 20)
    assert turns > 1
    assert [one.seq for one in found.queue] == list(range(10, 30))
