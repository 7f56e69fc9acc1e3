"""Functions compiled by numba, from the user's cache where they lie there.

Importing this costs numba's import. The cache lies in the user's cache directory, in folders named
after the digest of the sources that they are compiled of: an installation that cannot be written to
does not matter, and other sources never meet the code of these.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from hashlib import blake2b
from types import ModuleType
from typing import Any

from numba import config, njit
from numba.misc.appdirs import user_cache_dir


@contextmanager
def hidden(name: str) -> Iterator[None]:
    """Let a module be none that can be imported, if it is not there yet and no other thread might
    want it meanwhile.
    """
    hides = name not in sys.modules and len(sys._current_frames()) == 1
    if hides:
        sys.modules[name] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        if hides:
            del sys.modules[name]


with hidden("scipy.linalg.cython_blas"), hidden("cffi"):
    # they look for what takes 0.16 s to load, and no kernel has: linear algebra, functions of C
    import numba.core.typing.cffi_utils
    import numba.np.arraymath  # noqa: F401


def cached(function: Callable[..., Any], signature: Any, folder: str, compiler: Any = njit) -> Any:
    """The function compiled; where the folder cannot be written to it is compiled every time.

    compiler: numba's njit or cfunc.
    """
    before, config.CACHE_DIR = config.CACHE_DIR, folder
    try:
        return compiler(signature, cache=True)(function)
    except RuntimeError as error:
        if "no locator" not in str(error):
            raise
        return compiler(signature)(function)
    finally:
        config.CACHE_DIR = before


def folder_of(what: str, modules: Sequence[ModuleType]) -> str:
    """Where code compiled of these modules' sources lies, and of no others."""
    sources = "".join(map(inspect.getsource, modules))
    name = blake2b(sources.encode(), digest_size=8).hexdigest()
    return f"{user_cache_dir('tapeline')}/{what}-{name}"
