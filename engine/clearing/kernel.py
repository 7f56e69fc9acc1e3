"""The compiled function, once a process, from the user's cache where it lies there."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import cache
from hashlib import blake2b
from typing import Any

import numpy as np
from numba import cfunc, config, types
from numba.misc.appdirs import user_cache_dir
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
    folder, config.CACHE_DIR = config.CACHE_DIR, folder_of_cache()
    try:
        return _cached(asked.asked)
    finally:
        config.CACHE_DIR = folder


def _cached(function: Callable[..., int]) -> Any:
    """The function compiled; where no folder can be written to it is compiled every time."""
    try:
        return cfunc(SIGNATURE, cache=True)(function)
    except RuntimeError as error:
        if "no locator" not in str(error):
            raise
        return cfunc(SIGNATURE)(function)


@cache
def folder_of_cache() -> str:
    """Where the compiled code of these sources, and of those they stand on, lies."""
    sources = "".join(map(inspect.getsource, (*SOURCES, *OURS)))
    name = blake2b(sources.encode(), digest_size=8).hexdigest()
    return f"{user_cache_dir('tapeline')}/clearing-{name}"
