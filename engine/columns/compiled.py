"""Kernels compiled once a user: from a cache that is named after the source they are made of.

Importing this is cheap; numba is imported by the first kernel, or part of one, that is asked for.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable
from functools import cache
from hashlib import blake2b
from typing import Any, TypeVar, cast

F = TypeVar("F", bound=Callable[..., Any])


def part(function: F) -> F:
    """A function that kernels of its module call. Importing such a module imports numba."""
    from numba.extending import register_jitable

    return cast(F, register_jitable(function))


@cache
def compiled(function: Callable[..., Any], signature: str) -> Callable[..., Any]:
    """The function as machine code; where no cache can be written it is compiled every time.

    signature: as numba writes it, "int64(int64[::1])". The function may use of its module
    only numbers, and functions that are marked as `part`.
    """
    from numba import config, njit
    from numba.misc.appdirs import user_cache_dir

    source = inspect.getsource(sys.modules[function.__module__])
    name = blake2b(source.encode(), digest_size=8).hexdigest()
    folder, config.CACHE_DIR = config.CACHE_DIR, f"{user_cache_dir('tapeline')}/columns-{name}"
    try:
        made: Callable[..., Any] = njit(signature, cache=True)(function)
    except RuntimeError as error:
        if "no locator" not in str(error):
            raise
        made = njit(signature)(function)
    finally:
        config.CACHE_DIR = folder
    return made
