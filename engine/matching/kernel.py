"""The entry points compiled, once a process, from the user's cache where they lie there.

Importing this costs numba's import. The cache lies in the user's cache directory, in a folder
named after the digest of this package's sources: an installation that cannot be written to does
not matter, and other sources never meet the code of these.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Sequence
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


def cached(function: Function, signature: Any, folder: str) -> Function:
    """The function compiled; where the folder cannot be written to it is compiled every time."""
    before, config.CACHE_DIR = config.CACHE_DIR, folder
    try:
        made: Function = njit(signature, cache=True)(function)
    except RuntimeError as error:
        if "no locator" not in str(error):
            raise
        made = njit(signature)(function)
    finally:
        config.CACHE_DIR = before
    return made


@cache
def folder_of_cache() -> str:
    """Where the compiled code of these sources lies."""
    return folder_of("matching", SOURCES)


def folder_of(what: str, modules: Sequence[ModuleType]) -> str:
    """Where code compiled of these modules' sources lies, and of no others."""
    sources = "".join(map(inspect.getsource, modules))
    name = blake2b(sources.encode(), digest_size=8).hexdigest()
    return f"{user_cache_dir('tapeline')}/{what}-{name}"
