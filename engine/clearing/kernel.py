"""The compiled function, once a process, from the user's cache where it lies there."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from numba import cfunc, types
from numpy.typing import NDArray

from engine.clearing import (
    asked,
    codes,
    contract,
    deleveraging,
    holding,
    layout,
    liquidating,
    marking,
    money,
    paying,
    settling,
    tables,
    worth,
)
from engine.compiling import cached, folder_of
from engine.matching.kernel import SOURCES, Progress, no_progress
from engine.matching.layout import RECKON

SIGNATURE = types.int64(*[types.int64] * 7)
OURS = (
    asked, codes, contract, deleveraging, holding, layout, liquidating, marking, money, paying,
    settling, tables, worth,
)  # fmt: skip


def hook(progress: Progress | None = None) -> int:
    """The address of engine.clearing.asked.asked, compiled; it stays while the process does."""
    what = "clearing: compiled if it is not cached"
    (progress or no_progress)(what, 0, 1)
    return int(_compiled().address)


def reckon(state: NDArray[np.int64]) -> None:
    """Let every wallet of a state count its rows anew."""
    _compiled().ctypes(state.ctypes.data, RECKON, 0, 0, 0, 0, 0)


@cache
def _compiled() -> Any:
    return cached(asked.asked, SIGNATURE, folder_of_cache(), cfunc)


@cache
def folder_of_cache() -> str:
    """Where the compiled code of these sources, and of those they stand on, lies."""
    return folder_of("clearing", (*SOURCES, *OURS))
