"""Requests in windows of two seconds, by endpoint and user, or by endpoint and address.

https://www.okx.com/docs-v5/en/#overview-rate-limits
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from infra.exchange.clock import Clock
from infra.exchange.dialects.okx.errors import Code, Refusal
from infra.exchange.windows import Window

TWO_SECONDS = 2_000
MOST_ORDERS = 1_000
"""New orders and changes of an account in a window, over all endpoints."""


def _window() -> Window:
    return Window(TWO_SECONDS)


@dataclass(slots=True)
class Limits:
    """What was used. others: the limit of an endpoint where it is not its own."""

    clock: Clock
    others: dict[str, int] = field(default_factory=dict)
    orders: int = MOST_ORDERS
    _used: defaultdict[tuple[str, str], Window] = field(
        default_factory=lambda: defaultdict(_window)
    )
    _ordered: defaultdict[int, Window] = field(default_factory=lambda: defaultdict(_window))

    def use(self, endpoint: str, who: str, most: int, count: int = 1) -> None:
        """Count a request, or `count` orders of one; 50011 over the limit, and nothing counted."""
        window, now = self._used[endpoint, who], self.clock.milliseconds()
        if window.at(now) + count > self.others.get(endpoint, most):
            raise Refusal(Code.TOO_FREQUENT)
        window.count += count

    def order(self, account: int, count: int) -> None:
        """Count orders of an account; 50061 over the limit, and nothing counted."""
        window = self._ordered[account]
        if window.at(self.clock.milliseconds()) + count > self.orders:
            raise Refusal(Code.ORDER_RATE)
        window.count += count
