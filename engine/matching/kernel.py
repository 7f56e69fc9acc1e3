"""The entry points compiled, once a process, from the user's cache where they lie there.

Importing this costs numba's import. The cache lies in the user's cache directory, in a folder
named after the digest of this package's sources: an installation that cannot be written to does
not matter, and other sources never meet the code of these.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import cache
from hashlib import blake2b
from types import ModuleType
from typing import Any, NamedTuple

from numba import config, njit, types
from numba.misc.appdirs import user_cache_dir

from engine.matching import (
    changing,
    codes,
    entering,
    ladder,
    layout,
    market,
    memory,
    placing,
    process,
    registry,
    saving,
    stops,
    telling,
    trading,
    words,
)

Progress = Callable[[str, int, int], None]
"""Called with what is going on, how much is done, of how much."""

SOURCES: tuple[ModuleType, ...] = (
    changing, codes, entering, ladder, layout, market, memory, placing, process, registry, saving,
    stops, telling, trading, words,
)  # fmt: skip

ROW = types.Array(types.int64, 1, "C")
INTEGER = types.int64


class Kernel(NamedTuple):
    """The compiled functions; engine.matching.process and saving tell what they do."""

    process: Callable[..., int]
    submit: Callable[..., int]
    save: Callable[..., int]
    restore: Callable[..., int]
    restore_stops: Callable[..., int]


ENTRIES: dict[str, tuple[Callable[..., int], tuple[Any, ...]]] = {
    "process": (process.process, (ROW, ROW, INTEGER, ROW)),
    "submit": (process.submit, (ROW, ROW)),
    "save": (saving.save, (ROW, INTEGER, INTEGER, ROW)),
    "restore": (saving.restore, (ROW, INTEGER, INTEGER, ROW)),
    "restore_stops": (saving.restore_stops, (ROW, INTEGER, ROW)),
}


def kernel(progress: Progress | None = None) -> Kernel:
    """The compiled functions; progress is told where they are not compiled yet."""
    return _kernel(progress or _silent)


def _silent(what: str, done: int, of: int) -> None:
    """Tell nobody."""


_made: list[Kernel] = []


def _kernel(progress: Progress) -> Kernel:
    if not _made:
        folder, config.CACHE_DIR = config.CACHE_DIR, folder_of_cache()
        try:
            _made.append(_compile(progress))
        finally:
            config.CACHE_DIR = folder
    return _made[0]


def _compile(progress: Progress) -> Kernel:
    functions = {}
    for number, (name, (function, signature)) in enumerate(ENTRIES.items()):
        progress(f"compiling the matching engine: {name}", number, len(ENTRIES))
        functions[name] = njit(INTEGER(*signature), cache=True)(function)
    progress("the matching engine is compiled", len(ENTRIES), len(ENTRIES))
    return Kernel(**functions)


@cache
def folder_of_cache() -> str:
    """Where the compiled code of these sources lies."""
    sources = "".join(map(inspect.getsource, SOURCES))
    name = blake2b(sources.encode(), digest_size=8).hexdigest()
    return f"{user_cache_dir('tapeline')}/matching-{name}"
