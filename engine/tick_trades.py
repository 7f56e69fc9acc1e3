"""A record's trades: which count, the rows and notices that they give, and the bars they close."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from engine.bars import Bars, TradeBars, interval_name
from engine.feeds.events import Trade
from engine.tick_columns import TickColumns
from engine.trade_numbers import TradeNumbers
from engine.trade_times import TradeTimes
from schemas.ticks import BarFields, NoticeType


@dataclass
class TradesTold:
    """Which of a market's trades have been counted: by their numbers, where the venue numbers them
    one by one, else by their times.

    since: desk's time (ns) of the first connection, 0 where trades were told before it; what came
    before it, or before the first trade, is history and not of interest. again: it was cut.
    """

    numbers: TradeNumbers = field(default_factory=TradeNumbers)
    times: TradeTimes = field(default_factory=TradeTimes)
    since: int = 0
    again: bool = False

    def cut(self, now: int) -> None:
        """The connection is gone, or the first begins; numbers show by themselves what is missing
        between two.
        """
        if not self.since and self.numbers.last is None and not self.times.latest:
            self.since = now
            return
        self.again = True
        self.times.cut(self.since)

    def of_interest(self, trades: Sequence[Trade]) -> list[Trade]:
        """Of an answer of REST what is no history."""
        if trades[0].numbers is None:
            return [*trades]
        if self.numbers.last is None:
            return [each for each in trades if self.again and each.event_time >= self.since]
        first = self.numbers.first or 0
        return [each for each in trades if each.numbers is None or each.numbers[1] >= first]

    def dump(self) -> dict[str, Any]:
        """All of it as JSON values."""
        told = {"numbers": self.numbers.dump(), "times": self.times.dump()}
        return {**told, "since": self.since, "again": self.again}

    @classmethod
    def load(cls, data: dict[str, Any]) -> TradesTold:
        """What `dump` gave, or a part of it."""
        numbers, times = data.get("numbers", {}), data.get("times", {})
        since, again = data.get("since", 0), data.get("again", False)
        return cls(TradeNumbers.load(numbers), TradeTimes.load(times), since, again)


@dataclass
class TickTrades:
    """The work of one record. closed: bars in the order in which they closed."""

    told: TradesTold
    bars: Sequence[Bars]
    trade_bars: Sequence[TradeBars]
    columns: TickColumns
    closed: list[BarFields] = field(default_factory=list)

    def take(self, index: int, trade: Trade, seen_time: int) -> None:
        """Publish and count a trade of the socket, unless it was counted before."""
        if self._repeated(index, trade, seen_time):
            text = f"trade {trade.trade_id} was counted before"
            self.columns.notice(index, NoticeType.DUPLICATE, trade.event_time, seen_time, text)
            return
        self._count(index, trade, seen_time)

    def fetched(self, index: int, trades: Sequence[Trade], seen_time: int) -> Sequence[Trade]:
        """Publish and count those of an answer of REST, oldest first, that were not counted before,
        with one word for all others; gives those that were published.
        """
        some = self.told.of_interest(trades)
        if trades[0].numbers is None:
            new = self.told.times.fetched(some)
        else:
            new = [trade for trade in some if not self._repeated(index, trade, seen_time)]
        for trade in new:
            self._count(index, trade, seen_time)
        if known := len(trades) - len(new):
            text = f"{known} of {len(trades)} trades were counted before, or are history"
            time = trades[-1].event_time
            self.columns.notice(index, NoticeType.DUPLICATE, time, seen_time, text)
        return new

    def close(self, index: int, bars: Bars, closed: list[BarFields], seen_time: int) -> None:
        """Keep closed bars; name the time that has none because too many would have been flat."""
        self.closed += closed
        if (text := bars.left_out(closed)) is not None:
            self.columns.notice(index, NoticeType.GAP, closed[-1].close_time, seen_time, text)

    def _repeated(self, index: int, trade: Trade, seen_time: int) -> bool:
        """Note the trade, and that others are missing before it; whether it was counted before."""
        repeated, gap = self.told.numbers.take(trade)
        if trade.numbers is None:
            return self.told.times.take(trade, repeated)
        if gap is not None:
            self.columns.notice(index, NoticeType.GAP, trade.event_time, seen_time, gap)
        return repeated

    def _count(self, index: int, trade: Trade, seen_time: int) -> None:
        """Publish a trade, and put it into its bars."""
        self.columns.trade(index, trade, seen_time)
        for bars in self.bars:
            if bars.holds(trade.event_time):
                bars.sums.add(trade)
            elif bars.is_late(trade):
                name = interval_name(bars.interval)
                text = f"trade {trade.trade_id} came after its {name} bar had closed"
                self.columns.notice(index, NoticeType.LATE, trade.event_time, seen_time, text)
            else:
                self.close(index, bars, bars.take(trade), seen_time)
        for counted in self.trade_bars:
            self.closed += counted.take(trade)
