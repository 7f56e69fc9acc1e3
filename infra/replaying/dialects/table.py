"""The venues that can be replayed: one line each."""

from __future__ import annotations

from collections.abc import Callable

from infra.replaying.dialects import binance, htx, kraken, okx
from infra.replaying.words import Dialect

DIALECTS: dict[str, Callable[[str, str], Dialect]] = {
    "binance": binance.dialect,
    "htx": htx.dialect,
    "kraken": kraken.dialect,
    "okx": okx.dialect,
}
"""Of a market and a socket's address."""


def whole_name(venue: str, payload: str | bytes) -> str:
    """What a frame of a whole market is subscribed as."""
    return okx.whole_name(str(payload)) if venue == "okx" else ""
