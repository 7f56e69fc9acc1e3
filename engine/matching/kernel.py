"""The entry points compiled, once a process, from the user's cache where they lie there.

Importing this costs numba's import. The cache is that of engine.compiling.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cache
from types import ModuleType
from typing import Any, NamedTuple

from numba import types

from engine.compiling import cached, folder_of
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
    watching,
    words,
)

Progress = Callable[[str, int, int], None]
"""Called with what is going on, how much is done, of how much."""

SOURCES: tuple[ModuleType, ...] = (
    changing, codes, entering, ladder, layout, market, memory, placing, process, registry, saving,
    stops, telling, trading, watching, words,
)  # fmt: skip

ROW = types.Array(types.int64, 1, "C")
INTEGER = types.int64


Function = Callable[..., int]


class Kernel(NamedTuple):
    """The compiled functions of engine.matching.process, which tells what they do."""

    process: Function
    submit: Function


class Archive(NamedTuple):
    """Those of engine.matching.saving."""

    save: Function
    restore: Function
    restore_stops: Function


ENTRIES: dict[str, tuple[Function, tuple[Any, ...]]] = {
    "process": (process.process, (ROW, ROW, INTEGER, ROW)),
    "submit": (process.submit, (ROW, ROW)),
    "save": (saving.save, (ROW, INTEGER, INTEGER, ROW)),
    "restore": (saving.restore, (ROW, INTEGER, INTEGER, ROW)),
    "restore_stops": (saving.restore_stops, (ROW, INTEGER, ROW)),
}


def kernel(progress: Progress | None = None) -> Kernel:
    """The functions that match: at once where they are in the cache, else progress is told."""
    return Kernel(*_compiled(Kernel._fields, progress))


def archive() -> Archive:
    """The functions that save and restore; they are quick to compile."""
    return Archive(*_compiled(Archive._fields, None))


_made: dict[str, Function] = {}


def _compiled(names: Sequence[str], progress: Progress | None) -> Iterator[Function]:
    for number, name in enumerate(names):
        if name not in _made:
            what = f"matching engine: {name}, compiled if it is not cached"
            (progress or no_progress)(what, number, len(names))
            function, signature = ENTRIES[name]
            _made[name] = cached(function, INTEGER(*signature), folder_of_cache())
        yield _made[name]


def no_progress(what: str, done: int, of: int) -> None:
    """Tell nobody."""


@cache
def folder_of_cache() -> str:
    """Where the compiled code of these sources lies."""
    return folder_of("matching", SOURCES)
