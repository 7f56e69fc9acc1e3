"""What a process that holds keys does before it reads them."""

from __future__ import annotations

import ctypes
import logging
import resource
import sys
import threading
import traceback
from types import TracebackType
from typing import TypeVar

from topics.secrecy import Redacting, known

E = TypeVar("E", bound=BaseException)

PR_SET_DUMPABLE = 4
"""linux/prctl.h; 0: no core dump, and no other process of this user may trace or read this one."""
CHATTY = (
    "ccxt.base.exchange", "ccxt.async_support.base.exchange", "urllib3", "aiohttp.client",
    "openai", "anthropic", "httpx", "httpx2", "httpcore", "httpcore2",
)  # fmt: skip
"""Loggers that tell whole requests, headers included, at DEBUG."""


def secluded() -> None:
    """Leave no core dump, close the memory to other processes (Linux), quiet the loggers that tell
    requests, and let no log or uncaught exception tell a known secret. May be called again.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.prctl(PR_SET_DUMPABLE, 0, 0, 0, 0):
            raise OSError(ctypes.get_errno(), "prctl(PR_SET_DUMPABLE)")
    for name in CHATTY:
        logging.getLogger(name).setLevel(logging.INFO)
    for handler in (*logging.getLogger().handlers, logging.lastResort):
        if handler and not any(isinstance(one, Redacting) for one in handler.filters):
            handler.addFilter(Redacting())
    sys.excepthook = _uncaught
    threading.excepthook = _uncaught_in_thread
    sys.unraisablehook = _unraisable


def bare(error: E) -> E:
    """The error without what led to it: ccxt's frames have a request's headers as locals."""
    error.__cause__ = error.__context__ = None
    return error.with_traceback(None)


def _uncaught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    text = "".join(traceback.format_exception(kind, error, trace))
    print(known.redact(text), end="", file=sys.stderr)


def _uncaught_in_thread(args: threading.ExceptHookArgs) -> None:
    if args.exc_value is not None:
        _uncaught(args.exc_type, args.exc_value, args.exc_traceback)


def _unraisable(args: sys.UnraisableHookArgs) -> None:
    if args.exc_value is not None:
        _uncaught(args.exc_type, args.exc_value, args.exc_traceback)
