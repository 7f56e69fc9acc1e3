"""What many streams keep is left out of the collector's looks; what ended ones leave is freed."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator

import pytest

from gateway.live.heap import FEW, MANY, Heap


class Knot:
    """Only the collector frees it."""

    def __init__(self) -> None:
        self.itself = self


@pytest.fixture(autouse=True)
def thawed() -> Iterator[None]:
    young = gc.get_threshold()
    gc.unfreeze()
    yield
    gc.unfreeze()
    gc.set_threshold(*young)


def test_what_is_open_is_left_out_once_enough_have_begun() -> None:
    heap = Heap()
    heap.begun = FEW - 1
    heap.turn(FEW - 1)
    assert gc.get_freeze_count() == 0
    heap.begun += 1
    heap.turn(FEW)
    assert gc.get_freeze_count() > 0
    assert heap.begun == 0


def test_of_many_a_twentieth_must_have_begun() -> None:
    heap = Heap()
    heap.begun = 499
    heap.turn(10_000)
    assert gc.get_freeze_count() == 0
    heap.begun = 500
    heap.turn(10_000)
    assert gc.get_freeze_count() > 0


def test_what_ended_ones_leave_is_freed_though_it_was_left_out() -> None:
    heap, knots = Heap(), [Knot() for _ in range(FEW)]
    left = [weakref.ref(each) for each in knots]
    heap.begun = FEW
    heap.turn(FEW)
    knots.clear()
    gc.collect()
    assert all(each() for each in left)
    heap.ended = MANY
    heap.turn(MANY + 1)
    assert all(each() for each in left)
    heap.turn(0)
    assert not any(each() for each in left)
    assert heap.ended == 0
    assert gc.get_freeze_count() > 0
