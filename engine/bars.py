"""Bars of trades: of a span of event time, [k * interval, (k + 1) * interval), or of n trades.

A bar closes when a trade's event time passes its end, or the venue's time as the desk reckons it is
`grace` past it (engine.venue_time). A trade belongs to the bar of its event time, in whatever order
trades come; one of a closed bar is late: it is not counted. From the first trade on, an interval
without trades gives a flat bar at the previous close (no volume, vwap = close). The clock passes
once a second, so flat bars come one by one; if more than MOST would come at once (time jumped: the
feed was away for long), they are left out altogether and the series goes on at the new time.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from engine.feeds.events import Trade
from engine.numbers import (
    LADDER_DECIMALS,
    PRICE_DECIMALS,
    QUANTITY_DECIMALS,
    price_units,
    quantity_units,
    ratio_text,
    text_of,
)
from engine.spans import DAY, SECOND
from schemas.ticks import BarFields

MOST = 120
"""Bars that may close at once."""

_UNITS = ((DAY, "d"), (3_600 * SECOND, "h"), (60 * SECOND, "m"), (SECOND, "s"))


def interval_name(interval: int) -> str:
    """An interval in ns as people write it: 1s, 5m, 1h, 1d."""
    for unit, letter in _UNITS:
        if interval % unit == 0:
            return f"{interval // unit}{letter}"
    return f"{interval}ns"


@dataclass
class Sums:
    """What trades add up to. Prices are texts as received, sums exact integers.

    With trades == 0 the four prices are the last close.
    volume and buy_volume in 10^-18 base; notional in 10^-38 quote.
    """

    open: str = ""
    high: str = ""
    low: str = ""
    close: str = ""
    volume: int = 0
    buy_volume: int = 0
    notional: int = 0
    trades: int = 0

    def add(self, trade: Trade) -> None:
        """Count one trade."""
        text = trade.price
        price, quantity = price_units(text), quantity_units(trade.quantity)
        if not self.trades:
            self.open = self.high = self.low = text
        elif text == self.close:
            pass  # within high and low, as the trade before
        elif price > price_units(self.high):
            self.high = text
        elif price < price_units(self.low):
            self.low = text
        self.close = text
        self.volume += quantity
        self.notional += price * quantity
        self.trades += 1
        if trade.side == "buy":
            self.buy_volume += quantity

    def bar(self, interval: str, open_time: int, close_time: int) -> BarFields:
        """The sums as a closed bar; what follows starts flat at its close."""
        vwap = ratio_text(self.notional, self.volume, PRICE_DECIMALS) if self.volume else self.close
        fields = BarFields.model_construct(
            interval=interval,
            open_time=open_time,
            close_time=close_time,
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

    def dump(self) -> dict[str, Any]:
        """All of it as JSON values; sums as text, for they may be wider than 64 bits."""
        wide = {name: str(getattr(self, name)) for name in WIDE}
        return asdict(self) | wide | {"decimals": PRICE_DECIMALS}

    @classmethod
    def load(cls, data: dict[str, Any]) -> Sums:
        """What `dump` gave; of sums that held prices in 10^-8, too."""
        values = data | {name: int(data[name]) for name in WIDE}
        values["notional"] *= 10 ** (PRICE_DECIMALS - values.pop("decimals", LADDER_DECIMALS))
        return cls(**values)


WIDE = ("volume", "buy_volume", "notional")


@dataclass
class Bars:
    """The open bar of one interval (ns); open_time is None before the first trade."""

    interval: int
    grace: int
    open_time: int | None = None
    sums: Sums = field(default_factory=Sums)

    def is_late(self, trade: Trade) -> bool:
        """The trade's bar is closed already."""
        return self.open_time is not None and trade.event_time < self.open_time

    def holds(self, time: int) -> bool:
        """The open bar spans that event time."""
        return self.open_time is not None and 0 <= time - self.open_time < self.interval

    def take(self, trade: Trade) -> list[BarFields]:
        """Count a trade that is not late; give the bars that it closes."""
        closed = self._close_until(trade.event_time - trade.event_time % self.interval)
        self.sums.add(trade)
        return closed

    def advance(self, now: int) -> list[BarFields]:
        """The bars whose end lies `grace` or more before now."""
        if self.open_time is None:
            return []
        due = now - self.grace
        if due - self.open_time < self.interval:
            return []
        return self._close_until(due - due % self.interval)

    def left_out(self, closed: list[BarFields]) -> str | None:
        """The span that has no bars because too many would have been flat, in words."""
        if not closed or closed[-1].close_time == self.open_time:
            return None
        name = interval_name(self.interval)
        return f"no {name} bars from {closed[-1].close_time} to {self.open_time}"

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
        return self.sums.bar(interval_name(self.interval), open_time, open_time + self.interval)

    def dump(self) -> dict[str, Any]:
        """All of it as JSON values."""
        return {**asdict(self), "sums": self.sums.dump()}

    @classmethod
    def load(cls, data: dict[str, Any]) -> Bars:
        """What `dump` gave."""
        return cls(**(data | {"sums": Sums.load(data["sums"])}))


@dataclass
class TradeBars:
    """The open bar of `count` trades in the order of the feed, late ones too.

    Its times are the latest event times at its first and last trade, so that they never go back.
    """

    count: int
    open_time: int = 0
    reached: int = 0
    sums: Sums = field(default_factory=Sums)

    def take(self, trade: Trade) -> list[BarFields]:
        """Count a trade; give the bar if it is full now."""
        self.reached = max(self.reached, trade.event_time)
        if not self.sums.trades:
            self.open_time = self.reached
        self.sums.add(trade)
        if self.sums.trades < self.count:
            return []
        return [self.sums.bar(f"{self.count}t", self.open_time, self.reached)]

    def dump(self) -> dict[str, Any]:
        """All of it as JSON values."""
        return {**asdict(self), "sums": self.sums.dump()}

    @classmethod
    def load(cls, data: dict[str, Any]) -> TradeBars:
        """What `dump` gave."""
        return cls(**(data | {"sums": Sums.load(data["sums"])}))
