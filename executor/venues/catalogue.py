"""The exchanges that are known by name: one row an exchange and market. Data, no logic.

What order types a venue has is asked of ccxt's `features`; here is what ccxt does not tell.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from executor.venues.names import Form

Market = Literal["spot", "perpetual", "future"]
SECOND = 1_000_000_000
WINDOW = 1000
"""Milliseconds in which a venue that has a receive window takes our requests."""


@dataclass(frozen=True, slots=True)
class Look:
    """A question for an order by client order id: ccxt's fetch_order, or one of its lists.

    by: the parameter that has the id, "" where a list cannot be asked by it. more: others.
    """

    method: str
    by: str = ""
    more: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Row:
    """One market of an exchange.

    client: ccxt's class; options: of ccxt's. form: how a name is spelled. named: the parameter of
    an order that has it, named_waiting: of one with a trigger too. looks: where an order is asked
    for by name, one after the other. waiting: parameters of the lists of orders that wait for a
    trigger, where they are apart. fill_names: where a raw order or execution tells the name.
    window: ccxt's option of the receive window in ms, or the header or parameter that has the end
    of an order's time, "" where the venue has no such thing as short as our lease needs it.
    visible: ns after which an order is surely shown. testnet: how ccxt reaches the venue's.
    pages: which end of the asked time a full page of executions has; page: how many it has.
    most: cancels that one request takes, 0 for none. amend: a resting order can be changed in one
    request, amends_triggers: one that waits too; renames: it has a new number and name then.
    margin: whether its mode is a setting, or said with each order (with the leverage too).
    rights: what the venue tells of a key. positions: how ccxt.pro keeps them: in one cache, in one
    an account type, or otherwise. first: ccxt's methods that it would call before the first order.
    watched: parameters of each watch_orders that it takes to hear of all orders.
    gains: ccxt.pro leaves a streamed fee as the venue tells it, what the account gets.
    whole: quantities are whole contracts, which ccxt wants as integers.
    """

    exchange: str
    market: Market
    client: str
    options: Mapping[str, Any] = field(default_factory=dict)
    form: Form = "plain"
    named: str = "clientOrderId"
    named_waiting: str = ""
    looks: tuple[Look, ...] = ()
    waiting: tuple[Mapping[str, Any], ...] = ()
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
    watched: tuple[Mapping[str, Any], ...] = ({},)
    gains: bool = False
    whole: bool = False


SWAP, SPOT = {"defaultType": "swap"}, {"defaultType": "spot"}
LISTS = (
    Look("fetch_open_orders"),
    Look("fetch_closed_orders"),
    Look("fetch_canceled_orders"),
)
QUIET = {"warnOnFetchOpenOrdersWithoutSymbol": False}

ROWS = (
    Row(
        "binance", "perpetual", "binanceusdm",
        options=QUIET,
        looks=(
            Look("fetch_order", "origClientOrderId"),
            Look("fetch_order", "clientAlgoId", {"trigger": True}),
        ),
        waiting=({"trigger": True},),
        fill_names=("c",), window="recvWindow", testnet="demo",
        page=1000, most=10, amend=True, rights="binance", positions="shelves",
    ),
    Row(
        "binance", "spot", "binance",
        options={**QUIET, **SPOT, "fetchMarkets": {"types": ["spot"]}},
        looks=(Look("fetch_order", "origClientOrderId"),),
        fill_names=("c",), window="recvWindow", testnet="sandbox",
        page=1000, amend=True, renames=True, rights="binance",
    ),
    Row(
        "okx", "perpetual", "okx",
        options={
            **SWAP, "fetchMarkets": {"types": ["swap"]}, "createOrder": "privatePostTradeOrder",
        },
        named_waiting="algoClOrdId",
        looks=(
            Look("fetch_order", "clOrdId"),
            Look("fetch_order", "clOrdId", {"trigger": True}),
        ),
        waiting=(
            {"trigger": True, "ordType": "conditional"}, {"trigger": True, "ordType": "trigger"},
        ),
        watched=({}, {"trigger": True}),
        fill_names=("clOrdId", "algoClOrdId"), window="expTime", testnet="sandbox",
        pages="last", most=20, amend=True, margin="order", rights="okx", positions="one",
        gains=True,
    ),
    Row(
        "bybit", "perpetual", "bybit",
        options={**SWAP, "defaultSubType": "linear", "fetchMarkets": {"types": ["linear"]}},
        looks=(
            Look("fetch_open_orders", "orderLinkId"),
            Look("fetch_canceled_and_closed_orders", "orderLinkId"),
        ),
        fill_names=("orderLinkId",), window="recvWindow", testnet="sandbox",
        pages="last", amend=True, amends_triggers=True, rights="bybit", positions="one",
        first=("is_unified_enabled",),
    ),
    Row("coinbase", "spot", "coinbase", options=SPOT, named="client_order_id", looks=LISTS),
    Row("coinbase", "perpetual", "coinbase", options=SWAP, named="client_order_id", looks=LISTS),
    Row(
        "kraken", "spot", "kraken", form="uuid",
        looks=(
            Look("fetch_open_orders", "clientOrderId"),
            Look("fetch_closed_orders", "clientOrderId"),
        ),
    ),
    Row(
        "kraken", "perpetual", "krakenfutures", looks=LISTS, window="processBefore",
        testnet="sandbox",
    ),
    Row(
        "htx", "spot", "htx", options=SPOT,
        looks=(Look("fetch_order", "clientOrderId"),), first=("load_accounts",),
    ),
    Row(
        "htx", "perpetual", "htx", options=SWAP, form="number", named="client_order_id",
        looks=(Look("fetch_order", "client_order_id"),), margin="order",
    ),
    Row(
        "kucoin", "spot", "kucoin", options=SPOT,
        looks=(Look("fetch_order", "clientOid"),), first=("is_uta_enabled",),
    ),
    Row(
        "kucoin", "perpetual", "kucoinfutures", options=SWAP,
        looks=(Look("fetch_order", "clientOid"),), first=("is_uta_enabled",), margin="order",
        whole=True,
    ),
    Row(
        "gate", "spot", "gate", options=SPOT, form="text",
        looks=(Look("fetch_order", "text"),), window="X-Gate-Exptime", testnet="sandbox",
        first=("load_unified_status",),
    ),
    Row(
        "gate", "perpetual", "gate", options=SWAP, form="text",
        looks=(Look("fetch_order", "text"),), window="X-Gate-Exptime", testnet="sandbox",
        first=("load_unified_status",), positions="shelves",
    ),
    Row(
        "bitget", "spot", "bitget", options=SPOT,
        looks=(Look("fetch_order", "clientOid"),), testnet="demo",
    ),
    Row(
        "bitget", "perpetual", "bitget", options=SWAP,
        looks=(Look("fetch_order", "clientOid"),), testnet="demo", margin="order",
        positions="shelves",
    ),
    Row(
        "mexc", "spot", "mexc", options=SPOT,
        looks=(Look("fetch_order", "clientOrderId"),), window="recvWindow",
    ),
    Row(
        "mexc", "perpetual", "mexc", options=SWAP, looks=LISTS, fill_names=("externalOid",),
    ),
)  # fmt: skip
DATED = {"binance": {}, "okx": {"fetchMarkets": {"types": ["future"]}}, "bybit": {}, "kraken": {},
         "htx": {}, "gate": {}, "kucoin": {}}  # fmt: skip
"""Options of dated futures, where they are traded by the same client as perpetuals."""
KINDS = {"spot": "spot", "perpetual": "swap", "future": "future"}


def row(exchange: str, market: Market) -> Row:
    """The row, or a cautious one for an exchange that has none."""
    if market == "future" and exchange in DATED:
        options = {"defaultType": "future", **DATED[exchange]}
        swaps = row(exchange, "perpetual")
        return replace(swaps, market=market, options={**swaps.options, **options})
    for each in ROWS:
        if (each.exchange, each.market) == (exchange, market):
            return each
    return Row(exchange, market, exchange, options={"defaultType": KINDS[market]})
