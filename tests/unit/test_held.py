"""Ticks that wait for an order: by sequence, doubles dropped, let go when all have followed."""

from __future__ import annotations

from executor.held import READY, HeldTicks
from schemas.codec import encode
from schemas.ticks import Ticks

PLACE = ("market.ticks", 3)


def ticks(seq: int) -> Ticks:
    return Ticks(id="i", cause="c", seq=seq, key="v:S", venue="v", symbol="S")


def held(*seqs: int) -> HeldTicks:
    found = HeldTicks()
    for offset, seq in enumerate(seqs):
        found.add(PLACE, offset, encode(ticks(seq)), ticks(seq))
    return found


def test_doubles_are_dropped() -> None:
    assert [one.seq for one in held(0, 1, 0, 1, 2).queue] == [0, 1, 2]


def test_between_gives_what_an_account_has_not_followed() -> None:
    assert [one.seq for one in held(0, 1, 2, 3, 4).between(1, 3)] == [2, 3]


def test_release_keeps_what_the_slowest_account_needs() -> None:
    found = held(0, 1, 2, 3)
    found.release(1)
    assert [one.seq for one in found.queue] == [2, 3]
    first = found.first_after(2)
    assert first is not None
    assert (first.seq, first.offset) == (3, 3)
    assert found.first_after(3) is None
    assert found.latest == 3


def test_a_long_queue_waits_as_bytes_and_says_the_same() -> None:
    found = held(*range(READY + 5))
    kinds = [type(one.content) for one in found.queue]
    assert kinds == [Ticks] * READY + [bytes] * 5
    assert list(found.between(-1, READY + 5)) == [ticks(n) for n in range(READY + 5)]
