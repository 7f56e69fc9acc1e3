"""The exchanges that are known by name: one row an exchange and market. Data, no logic.

What order types a venue has is asked of ccxt's `features`; here is what ccxt does not tell.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from executor.venues.names import Form

Market = Literal["spot", "perpetual", "future"]
SECOND = 1_000_000_000
WINDOW = 1000
"""Milliseconds in which a venue that has a receive window takes our requests."""


@dataclass(frozen=True, slots=True)
class Look:
    """A question for an order by client order id: fetch_order, or a list of open or done orders.

    by: the parameter that has the id. more: other parameters.
    """

    kind: Literal["order", "open", "closed"]
    by: str
    more: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Row:
    """One market of an exchange.

    client: ccxt's class; options: of ccxt's. form: how a name is spelled. looks: where an order is
    asked for by name, one after the other. fill_names: where a raw execution tells the name.
    window: ccxt's option of the receive window in ms, "expTime" for OKX's header, "" for none.
    visible: ns after which an order is surely shown. testnet: how ccxt reaches the venue's.
    pages: which end of the asked time a full page of executions has; page: how many it has.
    most: cancels that one request takes, 0 for none. amend: a resting order can be changed in one
    request, amends_triggers: one that waits too; renames: it has a new number and name then.
    margin: whether its mode is a setting, or said with each order (with the leverage too).
    rights: what the venue tells of a key. positions: how ccxt.pro keeps them: in one cache, in one
    an account type, or otherwise. first: ccxt's methods that it would call before the first order.
    gains: ccxt.pro leaves a streamed fee as the venue tells it, what the account gets.
    """

    exchange: str
    market: Market
    client: str
    options: Mapping[str, Any] = field(default_factory=dict)
    form: Form = "plain"
    looks: tuple[Look, ...] = ()
    fill_names: tuple[str, ...] = ()
    window: str = ""
    visible: int = 5 * SECOND
    testnet: Literal["sandbox", "demo"] | None = None
    pages: Literal["first", "last"] = "first"
    page: int = 100
    most: int = 0
    amend: bool = False
    amends_triggers: bool = False
    renames: bool = False
    margin: Literal["set", "order"] = "set"
    rights: Literal["binance", "okx", "bybit"] | None = None
    positions: Literal["", "one", "shelves"] = ""
    first: tuple[str, ...] = ()
    gains: bool = False


SWAP, SPOT = {"defaultType": "swap"}, {"defaultType": "spot"}
QUIET = {"warnOnFetchOpenOrdersWithoutSymbol": False}

ROWS = (
    Row(
        "binance", "perpetual", "binanceusdm",
        options=QUIET,
        looks=(Look("order", "origClientOrderId"),),
        fill_names=("c",), window="recvWindow", testnet="demo",
        page=1000, most=10, amend=True, rights="binance", positions="shelves",
    ),
    Row(
        "binance", "spot", "binance",
        options={**QUIET, **SPOT, "fetchMarkets": {"types": ["spot"]}},
        looks=(Look("order", "origClientOrderId"),),
        fill_names=("c",), window="recvWindow", testnet="sandbox",
        page=1000, amend=True, renames=True, rights="binance",
    ),
    Row(
        "okx", "perpetual", "okx",
        options={
            **SWAP, "fetchMarkets": {"types": ["swap"]}, "createOrder": "privatePostTradeOrder",
        },
        looks=(Look("order", "clOrdId"),),
        fill_names=("clOrdId",), window="expTime", testnet="sandbox",
        pages="last", most=20, amend=True, margin="order", rights="okx", positions="one",
        gains=True,
    ),
    Row(
        "bybit", "perpetual", "bybit",
        options={**SWAP, "defaultSubType": "linear", "fetchMarkets": {"types": ["linear"]}},
        looks=(Look("open", "orderLinkId"), Look("closed", "orderLinkId")),
        fill_names=("orderLinkId",), window="recvWindow", testnet="sandbox",
        pages="last", amend=True, amends_triggers=True, rights="bybit", positions="one",
        first=("is_unified_enabled",),
    ),
)  # fmt: skip
KINDS = {"spot": "spot", "perpetual": "swap", "future": "future"}


def row(exchange: str, market: Market) -> Row:
    """The row, or a cautious one for an exchange that has none."""
    for each in ROWS:
        if (each.exchange, each.market) == (exchange, market):
            return each
    return Row(exchange, market, exchange, options={"defaultType": KINDS[market]})
