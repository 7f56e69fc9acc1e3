"""Ticks that wait for an order: by sequence, doubles dropped, let go when all have followed."""

from __future__ import annotations

from executor.held import HeldTicks
from schemas.codec import encode
from schemas.errors import Poison
from schemas.ticks import Ticks

PLACE = ("market.ticks", 3)


def ticks(seq: int) -> Ticks:
    return Ticks(id="i", cause="c", seq=seq, key="v:S", venue="v", symbol="S")


def never(poison: Poison, value: bytes) -> None:
    raise AssertionError(f"{poison}: {value!r}")


def held(*seqs: int) -> HeldTicks:
    found = HeldTicks()
    for offset, seq in enumerate(seqs):
        found.add(PLACE, offset, seq, encode(ticks(seq)))
    return found


def test_doubles_are_dropped() -> None:
    assert [one.seq for one in held(0, 1, 0, 1, 2).queue] == [0, 1, 2]


def test_between_gives_what_an_account_has_not_followed() -> None:
    assert [one.seq for one in held(0, 1, 2, 3, 4).between(1, 3, never)] == [2, 3]


def test_release_keeps_what_the_slowest_account_needs() -> None:
    found = held(0, 1, 2, 3)
    found.release(1)
    assert [one.seq for one in found.queue] == [2, 3]
    first = found.first_after(2)
    assert first is not None
    assert (first.seq, first.offset) == (3, 3)
    assert found.first_after(3) is None
    assert found.latest == 3


def test_a_record_is_decoded_once_for_all_accounts() -> None:
    found = held(*range(5))
    assert [type(one.content) for one in found.queue] == [bytes] * 5
    first = list(found.between(-1, 2, never))
    assert first == [ticks(n) for n in range(3)]
    again = list(found.between(-1, 2, never))
    assert all(one is other for one, other in zip(first, again, strict=True))
    assert [type(one.content) for one in found.queue] == [Ticks] * 3 + [bytes] * 2


def test_what_cannot_be_read_is_told_once_and_the_rest_goes_on() -> None:
    found, told = held(0), []
    found.add(PLACE, 1, 1, b'{"seq":1,"nothing":')
    found.add(PLACE, 2, 2, encode(ticks(2)))
    for _ in range(2):
        read = found.between(-1, 2, lambda poison, value: told.append((str(poison), value)))
        assert [one.seq for one in read] == [0, 2]
    assert [value for _, value in told] == [b'{"seq":1,"nothing":']
