"""What venues allow: limits by exchange and market, and what each of our calls costs. Data.

Of a limit of `allowed` in `span` seconds a quarter may be used at once and the rest comes back
evenly, so no window of that length, wherever it begins, has more than `allowed`.

Sources, read in November 2026 where they are pages:
binance    GET /api/v3/exchangeInfo and /fapi/v1/exchangeInfo, `rateLimits` (REQUEST_WEIGHT by
           address, ORDERS by account), weights in the docs of each endpoint,
           https://developers.binance.com/docs
okx        https://www.okx.com/docs-v5/en/ ("Rate Limit" of each endpoint, "Sub-account rate limit")
bybit      https://bybit-exchange.github.io/docs/v5/rate-limit (by account and endpoint, 600 in 5 s
           by address)
all else   ccxt 4.5.64: `rateLimit` of the class, ms between two requests
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

BURST = 4
"""One in so many of a limit may be used at once."""

Costs = Mapping[str, Mapping[str, int]]
"""By call of the Venue protocol, by limit: how much of it. "open_orders*": of all symbols."""


class Scope(StrEnum):
    """Who shares a limit: all that call from one address, an account, or one symbol of it."""

    ADDRESS = "address"
    ACCOUNT = "account"
    SYMBOL = "symbol"


@dataclass(frozen=True, slots=True)
class Limit:
    """`allowed` in `span` seconds."""

    name: str
    allowed: int
    span: float
    scope: Scope = Scope.ACCOUNT

    @property
    def burst(self) -> int:
        """How much may be used at once."""
        return max(1, self.allowed // BURST)

    @property
    def rate(self) -> float:
        """How much comes back in a second."""
        return max(self.allowed - self.burst, 0.5) / self.span


@dataclass(frozen=True)
class Limits:
    """A venue's limits; `other`: what a call costs that `costs` does not name."""

    limits: tuple[Limit, ...]
    costs: Costs = field(default_factory=lambda: MappingProxyType({}))
    other: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))

    def cost(self, call: str, symbol: str) -> list[tuple[Limit, int]]:
        """The limits that a call counts against, and for how much."""
        wide = self.costs.get(f"{call}*") if not symbol else None
        found = wide or self.costs.get(call, self.other)
        return [(limit, found[limit.name]) for limit in self.limits if limit.name in found]


def _placing(weight: int, *orders: str) -> Mapping[str, int]:
    return {"weight": weight, **dict.fromkeys(orders, 1)}


BINANCE_SPOT = Limits(
    (
        Limit("weight", 6000, 60, Scope.ADDRESS),
        Limit("orders", 100, 10),
    ),
    {
        "place": _placing(1, "orders"), "amend": _placing(1, "orders"), "cancel": {"weight": 1},
        "find": {"weight": 4}, "open_orders": {"weight": 6}, "open_orders*": {"weight": 80},
        "fills": {"weight": 20}, "balances": {"weight": 20}, "open": {"weight": 45},
    },
    {"weight": 1},
)  # fmt: skip

BINANCE_USDM = Limits(
    (
        Limit("weight", 2400, 60, Scope.ADDRESS),
        Limit("orders", 300, 10),
        Limit("orders_minute", 1200, 60),
    ),
    {
        "place": _placing(1, "orders", "orders_minute"),
        "amend": _placing(1, "orders", "orders_minute"),
        "cancel": {"weight": 1}, "prepare": {"weight": 2}, "open": {"weight": 10},
        "open_orders": {"weight": 1}, "open_orders*": {"weight": 40},
        "fills": {"weight": 5}, "positions": {"weight": 5}, "balances": {"weight": 5},
    },
    {"weight": 1},
)  # fmt: skip

OKX = Limits(
    (
        Limit("place", 60, 2, Scope.SYMBOL),
        Limit("amend", 60, 2, Scope.SYMBOL),
        Limit("cancel", 60, 2, Scope.SYMBOL),
        Limit("orders", 1000, 2),
        Limit("leverage", 40, 2),
        Limit("reads", 60, 2),
        Limit("account", 10, 2),
    ),
    {
        "place": {"place": 1, "orders": 1}, "amend": {"amend": 1, "orders": 1},
        "cancel": {"cancel": 1}, "prepare": {"leverage": 1},
        "positions": {"account": 1}, "balances": {"account": 1},
    },
    {"reads": 1},
)  # fmt: skip


def _bybit(orders: int, cancels: int) -> Limits:
    return Limits(
        (
            Limit("address", 600, 5, Scope.ADDRESS),
            Limit("create", orders, 1),
            Limit("amend", 10, 1),
            Limit("cancel", cancels, 1),
            Limit("leverage", 10, 1),
            Limit("reads", 10, 1),
        ),
        {
            "place": {"create": 1, "address": 1}, "amend": {"amend": 1, "address": 1},
            "cancel": {"cancel": 1, "address": 1}, "prepare": {"leverage": 1, "address": 1},
            "clock": {"address": 1},
        },
        {"reads": 1, "address": 1},
    )  # fmt: skip


EVERY = 10.0
"""Seconds over which a limit between two requests is counted."""
BETWEEN = MappingProxyType(
    {"coinbase": 34.0, "kraken": 1000.0, "krakenfutures": 600.0, "htx": 100.0, "kucoin": 7.5,
     "kucoinfutures": 7.5, "gate": 50.0, "bitget": 50.0, "mexc": 50.0}
)  # fmt: skip
"""ccxt's `rateLimit` by class, ms."""
UNKNOWN = 200.0
"""ms between two requests at a venue that nobody has told us of."""


def between(milliseconds: float) -> Limits:
    """Limits of a venue that wants so many ms between two requests, whatever they are."""
    allowed = max(1, int(EVERY * 1000 / milliseconds))
    return Limits((Limit("requests", allowed, EVERY, Scope.ADDRESS),), other={"requests": 1})


def limits_of(exchange: str, market: str) -> Limits:
    """By ccxt's id and the market: spot, perpetual or future."""
    match exchange, market:
        case "binance", "spot":
            return BINANCE_SPOT
        case "binance" | "binanceusdm", _:
            return BINANCE_USDM
        case "okx", _:
            return OKX
        case "bybit", "spot":
            return _bybit(20, 20)
        case "bybit", _:
            return _bybit(10, 10)
        case "kraken" | "kucoin", "perpetual" | "future":
            return between(BETWEEN[f"{exchange}futures"])
        case _:
            return between(BETWEEN.get(exchange, UNKNOWN))
