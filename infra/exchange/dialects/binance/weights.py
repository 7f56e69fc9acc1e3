"""Request weights by address and order counts by account, in fixed windows, as Binance's.

Over a limit is 429 with Retry-After; who goes on all the same is banned: 418.
https://developers.binance.com/docs/derivatives/usds-margined-futures/general-info#limits
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from infra.exchange.clock import Clock
from infra.exchange.dialects.binance.errors import Code, Refusal
from infra.exchange.windows import Window

TEN_SECONDS, MINUTE, DAY = 10_000, 60_000, 86_400_000


@dataclass(frozen=True, slots=True)
class Limits:
    """Per window; orders a minute, a day: 0 is no limit. patience: refused requests after which an
    address is banned; ban: its ms."""

    weight: int = 2_400
    orders_ten_seconds: int = 300
    orders_minute: int = 1_200
    orders_day: int = 0
    patience: int = 20
    ban: int = 120_000

    def told(self) -> list[dict[str, Any]]:
        """As exchangeInfo has them."""
        rows = (
            ("REQUEST_WEIGHT", "MINUTE", 1, self.weight),
            ("ORDERS", "MINUTE", 1, self.orders_minute),
            ("ORDERS", "SECOND", 10, self.orders_ten_seconds),
            ("ORDERS", "DAY", 1, self.orders_day),
        )
        names = ("rateLimitType", "interval", "intervalNum", "limit")
        return [dict(zip(names, row, strict=True)) for row in rows if row[3]]

    def orders(self) -> tuple[int, int, int]:
        """Most orders in ten seconds, a minute, a day."""
        return self.orders_ten_seconds, self.orders_minute, self.orders_day


SPOT_LIMITS = Limits(6_000, 100, 0, 200_000)
"""https://developers.binance.com/docs/binance-spot-api-docs/rest-api/limits"""


def _windows() -> tuple[Window, Window, Window]:
    return Window(TEN_SECONDS), Window(MINUTE), Window(DAY)


@dataclass(slots=True)
class Weights:
    """What was used of the limits."""

    clock: Clock
    limits: Limits = field(default_factory=Limits)
    _used: defaultdict[str, Window] = field(
        default_factory=lambda: defaultdict(lambda: Window(MINUTE))
    )
    _orders: defaultdict[int, tuple[Window, Window, Window]] = field(
        default_factory=lambda: defaultdict(_windows)
    )
    _refused: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))
    _banned: dict[str, int] = field(default_factory=dict)

    def use(self, address: str, weight: int) -> None:
        """Count a request; 429, or 418 while banned. Nothing of a refused one is counted."""
        now = self.clock.milliseconds()
        if self._banned.get(address, 0) > now:
            raise self._ban(address, now)
        window = self._used[address]
        if window.at(now) + weight <= self.limits.weight:
            window.count += weight
            self._refused.pop(address, None)
            return
        self._refused[address] += 1
        if self._refused[address] > self.limits.patience:
            self._banned[address] = now + self.limits.ban
            self._refused.pop(address)
            raise self._ban(address, now)
        raise Refusal(
            Code.TOO_MANY_REQUESTS,
            f"Too many requests; current limit of IP({address}) is {self.limits.weight} requests "
            "per minute. Please use the websocket for live updates to avoid bans.",
            429,
            {"Retry-After": str(window.left(now))},
        )

    def _ban(self, address: str, now: int) -> Refusal:
        until = self._banned[address]
        return Refusal(
            Code.TOO_MANY_REQUESTS,
            f"Way too many requests; IP({address}) banned until {until}. Please use the websocket "
            "for live updates to avoid bans.",
            418,
            {"Retry-After": str(-(-(until - now) // 1000))},
        )

    def order(self, account: int, count: int = 1) -> None:
        """Count new orders of an account; -1015 over a limit."""
        now = self.clock.milliseconds()
        for window, limit in zip(self._orders[account], self.limits.orders(), strict=True):
            if window.at(now) + count > limit > 0:
                raise Refusal(
                    Code.TOO_MANY_ORDERS,
                    f"Too many new orders; current limit is {limit} orders per "
                    f"{window.length // 1000} SECOND.",
                    429,
                    {"Retry-After": str(window.left(now))},
                )
        for window in self._orders[account]:
            window.count += count

    def orders(self, account: int) -> dict[str, int]:
        """New orders of an account by the interval of their limit."""
        now = self.clock.milliseconds()
        names = ("SECOND", "MINUTE", "DAY")
        return {
            name: window.at(now) for name, window in zip(names, self._orders[account], strict=True)
        }

    def headers(self, address: str, account: int | None) -> dict[str, str]:
        """What an answer tells of what was used."""
        now = self.clock.milliseconds()
        found = {"X-MBX-USED-WEIGHT-1M": str(self._used[address].at(now))}
        if account is not None:
            windows, limits = self._orders[account], self.limits.orders()
            for name, window, limit in zip(("10S", "1M", "1D"), windows, limits, strict=True):
                if limit:
                    found[f"X-MBX-ORDER-COUNT-{name}"] = str(window.at(now))
        return found
