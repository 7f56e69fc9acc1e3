"""The collector of a worker."""

from __future__ import annotations

import gc

from topics.heap import YOUNG, settle


def test_what_lives_as_long_as_the_worker_is_left_out_and_new_circles_are_not() -> None:
    before, kept = gc.get_threshold(), [[n] for n in range(1000)]
    try:
        settle()
        assert gc.get_threshold()[0] == YOUNG
        assert gc.get_freeze_count() > len(kept)
        circle: list[object] = []
        circle.append(circle)
        del circle
        assert gc.collect() >= 1
    finally:
        gc.unfreeze()
        gc.set_threshold(*before)
