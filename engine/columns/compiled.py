"""Kernels compiled once a user: from a cache that is named after the source they are made of.

Importing this is cheap; numba is imported by the first kernel, or part of one, that is asked for.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import cache
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
    from engine.compiling import cached, folder_of

    module = sys.modules[function.__module__]
    made: Callable[..., Any] = cached(function, signature, folder_of("columns", [module]))
    return made
