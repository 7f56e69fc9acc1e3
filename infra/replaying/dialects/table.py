"""The venues that can be replayed: one line each."""

from __future__ import annotations

from collections.abc import Callable

from infra.replaying.dialects import (
    binance,
    bitget,
    bybit,
    coinbase,
    gate,
    htx,
    kraken,
    kucoin,
    mexc,
    okx,
)
from infra.replaying.words import Dialect

DIALECTS: dict[str, Callable[[str, str], Dialect]] = {
    "binance": binance.dialect,
    "bitget": bitget.dialect,
    "bybit": bybit.dialect,
    "coinbase": coinbase.dialect,
    "gate": gate.dialect,
    "htx": htx.dialect,
    "kraken": kraken.dialect,
    "kucoin": kucoin.dialect,
    "mexc": mexc.dialect,
    "okx": okx.dialect,
}
"""Of a market and a socket's address."""


def whole_name(venue: str, payload: str | bytes) -> str:
    """What a frame of a whole market is subscribed as."""
    return okx.whole_name(str(payload)) if venue == "okx" else ""
