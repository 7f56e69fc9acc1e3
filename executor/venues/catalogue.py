"""The exchanges that are known by name: one row an exchange and market. Data, no logic.

What order types a venue has is asked of ccxt's `features`; here is what ccxt does not tell.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from executor.venues.names import Form

SECOND = 1_000_000_000
WINDOW = 1000
"""Milliseconds in which a venue that has a receive window takes our requests."""


@dataclass(frozen=True, slots=True)
class Row:
    """One market of an exchange.

    client: ccxt's class; options: of ccxt's. form: how a name is spelled. asked: parameter of
    fetch_order that carries it (without an order number), "" where only lists find it.
    fill_names: where a raw execution tells it. window: ccxt's option of the receive window in ms,
    "" for none. testnet: how ccxt reaches the venue's, None where it has none.
    pages: which end of the asked time a full page of executions has. most: how many cancels
    one request takes, 0 for none. amend: a resting order can be changed in one request; renames:
    it has a new number and name then. rights: what the venue tells of a key.
    positions: how ccxt.pro keeps them: in one cache, in one an account type, or otherwise.
    """

    exchange: str
    market: Literal["spot", "perpetual", "future"]
    client: str
    options: Mapping[str, Any] = field(default_factory=dict)
    form: Form = "plain"
    asked: str = ""
    fill_names: tuple[str, ...] = ()
    window: str = ""
    visible: int = 5 * SECOND
    testnet: Literal["sandbox", "demo"] | None = None
    pages: Literal["first", "last"] = "first"
    page: int = 100
    most: int = 0
    amend: bool = False
    renames: bool = False
    rights: Literal["binance", "okx", "bybit"] | None = None
    positions: Literal["", "one", "shelves"] = ""


ROWS = (
    Row(
        "binance", "perpetual", "binanceusdm",
        options={"warnOnFetchOpenOrdersWithoutSymbol": False},
        asked="origClientOrderId", fill_names=("c",), window="recvWindow", testnet="demo",
        page=1000, most=10, amend=True, rights="binance",
        positions="shelves",
    ),
)  # fmt: skip


def row(exchange: str, market: Literal["spot", "perpetual", "future"]) -> Row:
    """The row, or a cautious one for an exchange that has none."""
    for each in ROWS:
        if (each.exchange, each.market) == (exchange, market):
            return each
    kind = {"spot": "spot", "perpetual": "swap", "future": "future"}[market]
    return Row(exchange, market, exchange, options={"defaultType": kind})
