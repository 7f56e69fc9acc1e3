"""Bars of trades by event time: [k * interval, (k + 1) * interval).

A bar closes when a trade's event time passes its end, or the desk's clock is `grace` past it. A
trade of a closed bar is late: it is not counted. From the first trade on, an interval without
trades gives a flat bar at the previous close (no volume, vwap = close). The clock passes once a
second, so flat bars come one by one; if more than MOST would come at once (time jumped: the feed
was away for long), they are left out altogether and the series goes on at the new time.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from engine.feeds.events import Trade
from engine.numbers import (
    PRICE_DECIMALS,
    QUANTITY_DECIMALS,
    price_units,
    quantity_units,
    ratio_text,
    text_of,
)
from schemas.ticks import BarFields

SECOND = 1_000_000_000
MOST = 120
"""Bars that may close at once."""

_UNITS = ((86_400 * SECOND, "d"), (3_600 * SECOND, "h"), (60 * SECOND, "m"), (SECOND, "s"))


def interval_name(interval: int) -> str:
    """An interval in ns as people write it: 1s, 5m, 1h, 1d."""
    for unit, letter in _UNITS:
        if interval % unit == 0:
            return f"{interval // unit}{letter}"
    return f"{interval}ns"


@dataclass
class Bars:
    """The open bar of one interval. Prices are texts as received, sums exact integers.

    open_time is None before the first trade; with trades == 0 the four prices are the last close.
    volume and buy_volume in 10^-18 base; notional in 10^-26 quote.
    """

    interval: int
    grace: int
    open_time: int | None = None
    open: str = ""
    high: str = ""
    low: str = ""
    close: str = ""
    volume: int = 0
    buy_volume: int = 0
    notional: int = 0
    trades: int = 0

    def is_late(self, trade: Trade) -> bool:
        """The trade's bar is closed already."""
        return self.open_time is not None and trade.event_time < self.open_time

    def take(self, trade: Trade) -> list[BarFields]:
        """Count a trade that is not late; give the bars that it closes."""
        closed = self._close_until(trade.event_time - trade.event_time % self.interval)
        self._add(trade)
        return closed

    def advance(self, now: int) -> list[BarFields]:
        """The bars whose end lies `grace` or more before now."""
        if self.open_time is None:
            return []
        due = now - self.grace
        return self._close_until(due - due % self.interval)

    def _close_until(self, start: int) -> list[BarFields]:
        """Close the open bar and the empty ones up to `start`, where the next one opens."""
        closed: list[BarFields] = []
        if self.open_time is None:
            self.open_time = start
        elif start - self.open_time > MOST * self.interval:
            closed.append(self._closed(self.open_time))
            self.open_time = start
        while self.open_time < start:
            closed.append(self._closed(self.open_time))
            self.open_time += self.interval
        return closed

    def _closed(self, open_time: int) -> BarFields:
        """The open bar as a message; the next one starts flat at its close."""
        vwap = ratio_text(self.notional, self.volume, PRICE_DECIMALS) if self.volume else self.close
        fields = BarFields(
            interval=interval_name(self.interval),
            open_time=open_time,
            close_time=open_time + self.interval,
            open=self.open,
            high=self.high,
            low=self.low,
            close=self.close,
            volume=text_of(self.volume, QUANTITY_DECIMALS),
            buy_volume=text_of(self.buy_volume, QUANTITY_DECIMALS),
            trades=self.trades,
            vwap=vwap,
        )
        self.open = self.high = self.low = self.close
        self.volume = self.buy_volume = self.notional = self.trades = 0
        return fields

    def _add(self, trade: Trade) -> None:
        price, quantity = price_units(trade.price), quantity_units(trade.quantity)
        if not self.trades:
            self.open = self.high = self.low = trade.price
        elif price > price_units(self.high):
            self.high = trade.price
        elif price < price_units(self.low):
            self.low = trade.price
        self.close = trade.price
        self.volume += quantity
        self.notional += price * quantity
        self.trades += 1
        if trade.side == "buy":
            self.buy_volume += quantity

    def dump(self) -> dict[str, Any]:
        """All of it as JSON values; sums as text, for they may be wider than 64 bits."""
        sums = {name: str(getattr(self, name)) for name in ("volume", "buy_volume", "notional")}
        return asdict(self) | sums

    @classmethod
    def load(cls, data: dict[str, Any]) -> Bars:
        """What `dump` gave."""
        sums = {name: int(data[name]) for name in ("volume", "buy_volume", "notional")}
        return cls(**(data | sums))
