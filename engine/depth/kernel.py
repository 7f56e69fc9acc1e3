"""The loop of a strategy, compiled; what does not depend on it is found in the user's cache.

Importing this costs numba's import. The cache is that of engine.compiling.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, cast

from numba import njit

from engine.compiling import cached, folder_of
from engine.depth import arriving, book, driving, filling, layout, passing, queues, view
from engine.depth.driving import ACTING, PAUSED
from engine.depth.layout import NEXT
from engine.matching import ladder, memory
from engine.matching.kernel import INTEGER
from engine.matching.memory import load

SOURCES = (arriving, book, driving, filling, layout, passing, queues, view, ladder, memory)

Act = Callable[[int, Any], None]
"""What a strategy does: (desk, settings), see engine.depth.view."""
Drive = Callable[[int, Any, int], int]
"""(desk, settings, until) -> FINISHED, PAUSED (its next act is behind `until`) or FULL."""


@cache
def turner() -> Callable[[int], int]:
    """engine.depth.driving.turn: about ten seconds where it is not in the cache."""
    made: Callable[[int], int] = cached(driving.turn, INTEGER(INTEGER), folder_of("depth", SOURCES))
    return made


@cache
def driver(act: Act) -> Drive:
    """The loop of a strategy; it is compiled when it is called first."""
    acts, turn = njit(act), turner()

    def drive(desk: int, settings: Any, until: int) -> int:
        while load(desk, NEXT) <= until:
            ended = turn(desk)
            if ended != ACTING:
                return ended
            acts(desk, settings)
        return PAUSED

    return cast(Drive, njit(drive))
