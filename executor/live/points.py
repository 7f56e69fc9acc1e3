"""Points between two steps, at which a test may end the process as kill -9 would.

    point("journalled")

does nothing in a desk. `tapeline chaos executor` sets `reached` in the processes that it forks.
"""

from __future__ import annotations

from collections.abc import Callable

POINTS = (
    "taken",
    "intended",
    "produced",
    "journalled",
    "published",
    "fenced",
    "written",
    "answered",
    "heard",
    "listed",
    "rebuilt",
    "reconciled",
    "looked",
    "protected",
    "archived",
)
"""Every point, in the order of an order's life and of a start."""


def _pass(name: str) -> None:
    """A desk goes on."""


reached: Callable[[str], None] = _pass


def point(name: str) -> None:
    """The step before it is done, the next one is not begun."""
    reached(name)
