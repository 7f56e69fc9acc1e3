"""ccxt.pro's caches, with an ear in them: what is put in is told at once.

What watch_* returns is of no use to count by: an update that comes while nobody waits for one is
returned with the next, and two updates of one order are one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ccxt.async_support.base.ws.cache import (
    ArrayCache,
    ArrayCacheBySymbolById,
    ArrayCacheBySymbolBySide,
)

MOST = 1000
Tell = Callable[[dict[str, Any]], None]


class ById(ArrayCacheBySymbolById):  # type: ignore[misc]
    """Orders or executions of ccxt."""

    def __init__(self, tell: Tell) -> None:
        super().__init__(MOST)
        self.tell = tell

    def append(self, item: dict[str, Any]) -> None:
        """As ccxt's; tells the item first, for ccxt puts it into the one that it has."""
        self.tell(item)
        super().append(item)


class Plain(ArrayCache):  # type: ignore[misc]
    """Executions, where ccxt keeps both sides of a trade with oneself."""

    def __init__(self, tell: Tell) -> None:
        super().__init__(MOST)
        self.tell = tell

    def append(self, item: dict[str, Any]) -> None:
        """As ccxt's; tells the item."""
        self.tell(item)
        super().append(item)


class BySide(ArrayCacheBySymbolBySide):  # type: ignore[misc]
    """Positions of ccxt."""

    def __init__(self, tell: Tell) -> None:
        super().__init__()
        self.tell = tell

    def append(self, item: dict[str, Any]) -> None:
        """As ccxt's; tells the item. ccxt fails at one without a side, as a flat one of OKX is."""
        self.tell(item)
        if item.get("side"):
            super().append(item)


class Shelves(dict[str, Any]):
    """Positions by account type: ccxt puts an empty cache there, and gets one with an ear."""

    def __init__(self, tell: Tell) -> None:
        super().__init__()
        self.tell = tell

    def __setitem__(self, name: str, cache: Any) -> None:
        super().__setitem__(name, BySide(self.tell))
