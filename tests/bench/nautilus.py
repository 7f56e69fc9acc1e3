"""nautilus_trader in an environment of its own: it is a peer, not a part of the desk."""

from __future__ import annotations

from pathlib import Path

from tests.bench.peer import interpreter

VERSION = "1.221.0"


def python() -> Path:
    """The interpreter that has it; raises Missing."""
    return interpreter("nautilus_trader", VERSION)
