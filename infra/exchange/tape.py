"""Public trades of a market, and the candles they make."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from infra.exchange.facts import Trade

SECOND = 1_000_000_000
MINUTE = 60 * SECOND
INTERVALS = {
    "1s": SECOND,
    "1m": MINUTE,
    "3m": 3 * MINUTE,
    "5m": 5 * MINUTE,
    "15m": 15 * MINUTE,
    "30m": 30 * MINUTE,
    "1h": 60 * MINUTE,
    "2h": 120 * MINUTE,
    "4h": 240 * MINUTE,
    "6h": 360 * MINUTE,
    "8h": 480 * MINUTE,
    "12h": 720 * MINUTE,
    "1d": 1440 * MINUTE,
}
KEPT_TRADES = 5_000
KEPT_CANDLES = 3_000
BASES = ("1s", "1m", "1h")
"""Intervals that are kept; others are made of the largest that divides them."""


@dataclass(slots=True)
class Candle:
    """Trades of one interval: prices in ticks, volumes in lots and in ticks times lots."""

    start: int
    open: int
    high: int
    low: int
    close: int
    lots: int = 0
    tick_lots: int = 0
    count: int = 0
    taker_lots: int = 0
    taker_tick_lots: int = 0
    first: int = 0
    last: int = 0

    def trade(self, trade: Trade) -> None:
        """Take a trade in."""
        worth = trade.price * trade.lots
        self.high, self.low = max(self.high, trade.price), min(self.low, trade.price)
        self.close, self.last = trade.price, trade.number
        self.lots, self.tick_lots = self.lots + trade.lots, self.tick_lots + worth
        self.count += 1
        if trade.taker_buys:
            self.taker_lots += trade.lots
            self.taker_tick_lots += worth

    def join(self, later: Candle) -> None:
        """Take in a candle that follows."""
        self.high, self.low = max(self.high, later.high), min(self.low, later.low)
        self.close, self.last, self.count = later.close, later.last, self.count + later.count
        self.lots, self.tick_lots = self.lots + later.lots, self.tick_lots + later.tick_lots
        self.taker_lots += later.taker_lots
        self.taker_tick_lots += later.taker_tick_lots


def opened(start: int, trade: Trade) -> Candle:
    """A candle that begins with a trade, which it has not taken in."""
    price = trade.price
    return Candle(start, price, price, price, price, first=trade.number)


@dataclass(slots=True)
class Tape:
    """The last trades, and candles of each base interval by start."""

    trades: deque[Trade] = field(default_factory=lambda: deque(maxlen=KEPT_TRADES))
    candles: dict[str, OrderedDict[int, Candle]] = field(
        default_factory=lambda: {name: OrderedDict() for name in BASES}
    )

    def trade(self, trade: Trade) -> None:
        """A trade happened."""
        self.trades.append(trade)
        for name, kept in self.candles.items():
            start = trade.at - trade.at % INTERVALS[name]
            if start not in kept:
                kept[start] = opened(start, trade)
                if len(kept) > KEPT_CANDLES:
                    kept.popitem(last=False)
            kept[start].trade(trade)

    def klines(self, interval: str) -> Iterator[Candle]:
        """Candles of an interval, oldest first; KeyError of one that there is not."""
        length = INTERVALS[interval]
        base = next(name for name in reversed(BASES) if length % INTERVALS[name] == 0)
        kept, last = self.candles[base], None
        for candle in kept.values():
            start = candle.start - candle.start % length
            if last is None or last.start != start:
                if last is not None:
                    yield last
                last = replace(candle, start=start)
            else:
                last.join(candle)
        if last is not None:
            yield last

    def since(self, start: int) -> Candle | None:
        """One candle of the minutes that began at a time or later, as far as they are kept."""
        found: Candle | None = None
        for candle in self.candles["1m"].values():
            if candle.start < start:
                continue
            if found is None:
                found = replace(candle)
            else:
                found.join(candle)
        return found

    def latest(self, interval: str) -> Candle | None:
        """The newest candle of an interval; KeyError of one that there is not."""
        length = INTERVALS[interval]
        base = next(name for name in reversed(BASES) if length % INTERVALS[name] == 0)
        parts: list[Candle] = []
        for candle in reversed(self.candles[base].values()):
            start = candle.start - candle.start % length
            if parts and start != parts[0].start - parts[0].start % length:
                break
            parts.append(candle)
        if not parts:
            return None
        found = replace(parts[-1], start=parts[0].start - parts[0].start % length)
        for part in reversed(parts[:-1]):
            found.join(part)
        return found
