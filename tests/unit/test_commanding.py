"""Numbers of commands: several gateways at once, and each command is under one of its own."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.commanding import TRIES, give
from schemas.commands import ControlCommand, Halt
from schemas.errors import TapelineError, Unknown

HALT = Halt(why="news")


class Paper:
    """control.commands as a list. before: what others do just before our record is durable."""

    def __init__(self, *before: Callable[[Paper, ControlCommand], None]) -> None:
        self.rows: list[ControlCommand] = []
        self._before = list(before)

    def numbers(self, key: str) -> list[tuple[int, str]]:
        return [(row.seq, row.id) for row in self.rows if row.key == key]

    def append(self, record: ControlCommand) -> None:
        if self._before:
            self._before.pop(0)(self, record)
        self.rows.append(record)

    def heard(self, key: str) -> list[str]:
        """The ids that a reader takes who drops what it has seen and passes over no hole."""
        last, ids = -1, []
        for row in self.rows:
            if row.key == key and row.seq > last:
                assert row.seq == last + 1
                last = row.seq
                ids.append(row.id)
        return ids


def other(road: Paper, ours: ControlCommand) -> None:
    """Another gateway is first with our number."""
    road.rows.append(ours.model_copy(update={"id": f"other {ours.seq}"}))


def nobody(road: Paper, ours: ControlCommand) -> None:
    """Nobody interferes."""


def stranger(road: Paper, ours: ControlCommand) -> None:
    """Another gateway has that number of another account."""
    road.rows.append(ours.model_copy(update={"id": "x", "key": "b:*", "account": "b"}))


def stale(road: Paper, ours: ControlCommand) -> None:
    """A slow gateway's record comes, with a number that was taken long ago."""
    road.rows.append(ours.model_copy(update={"id": "stale", "seq": 0}))


def test_numbers_count_up_for_each_account() -> None:
    road = Paper()
    said = [give(road, account, HALT, "ann", lambda: 7) for account in ("a", "a", "*", "a")]
    assert [(each.key, each.seq) for each in said] == [
        ("a:*", 0), ("a:*", 1), ("*:*", 0), ("a:*", 2),
    ]  # fmt: skip
    assert len({each.id for each in said}) == 4
    assert (said[0].account, said[0].by, said[0].seen_time, said[0].command) == (
        "a", "ann", 7, HALT,
    )  # fmt: skip


def test_whoever_is_second_with_a_number_takes_the_next() -> None:
    road = Paper(other, other)
    ours = give(road, "a", HALT, "ann")
    assert ours.seq == 2
    assert road.heard("a:*") == ["other 0", "other 1", ours.id]


def test_a_number_of_another_account_is_not_in_the_way() -> None:
    assert give(Paper(stranger), "a", HALT, "ann").seq == 0


def test_an_old_number_that_comes_late_does_not_count() -> None:
    road = Paper(nobody, nobody, stale)
    ours = [give(road, "a", HALT, "ann") for _ in range(4)]
    assert road.heard("a:*") == [each.id for each in ours]


def test_it_ends_where_others_are_always_faster() -> None:
    with pytest.raises(TapelineError, match="others were faster"):
        give(Paper(*[other] * TRIES), "a", HALT, "ann")


def test_what_nobody_knows_is_not_tried_again() -> None:
    def lost(road: Paper, ours: ControlCommand) -> None:
        raise Unknown("no answer")

    road = Paper(lost)
    with pytest.raises(Unknown):
        give(road, "a", HALT, "ann")
    assert road.rows == []


@given(st.lists(st.sampled_from([nobody, other, stranger, stale]), max_size=20), st.integers(1, 8))
def test_every_command_is_heard_once(
    happens: list[Callable[[Paper, ControlCommand], None]], count: int
) -> None:
    road = Paper(*happens)
    ours = [give(road, "a", HALT, "ann").id for _ in range(count)]
    heard = road.heard("a:*")
    assert len(set(heard)) == len(heard)
    assert [id for id in heard if id in set(ours)] == ours
