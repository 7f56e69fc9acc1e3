"""What is known of one market, fed with records as they come: the source of its briefings."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from engine.advice.briefing import BarRow, Briefing, Fact, Position, figures, short
from engine.advice.texts import Text, shown
from schemas.portfolio import Portfolio
from schemas.record import Record, symbol_of, venue_of
from schemas.signals import Signal
from schemas.ticks import Bar, Fundings, Level, OpenInterests, Ticks

KEPT = 500
"""Bars of each interval that are kept."""
HELD = ("quantity", "entry", "unrealised", "stop", "target")
WORTH = ("equity", "exposure", "day_start", "peak")
"""What is told of a position, and of the account."""


@dataclass
class Market:
    """Key `venue:symbol`. now: the newest seen_time of its records, ns."""

    key: str
    now: int = 0
    signal: Signal | None = None
    bars: dict[str, deque[Bar]] = field(default_factory=dict)
    facts: dict[str, Fact] = field(default_factory=dict)
    held: dict[str, Portfolio] = field(default_factory=dict)

    def take(self, record: Record) -> None:
        """Let a record of this market, or of an account's position in it, in."""
        if isinstance(record, Signal):
            if self.signal is None or record.seq > self.signal.seq:
                self.signal = record
        elif isinstance(record, Bar):
            self._bar(record)
        elif isinstance(record, Ticks):
            self._funding(record.fundings)
            if record.interests is not None:
                self._interest(record.interests)
        elif isinstance(record, Portfolio):
            self.held[record.key] = record
            return
        self.now = max(self.now, record.seen_time)

    def _bar(self, bar: Bar) -> None:
        rows = self.bars.setdefault(bar.interval, deque(maxlen=KEPT))
        if not rows or bar.close_time > rows[-1].close_time:
            rows.append(bar)

    def _funding(self, rows: Fundings) -> None:
        for place, event_time in enumerate(rows.event_time):
            time = rows.seen_time[place] if event_time is None else event_time
            due = rows.due[place]
            self._fact("mark", time, rows.mark[place])
            self._fact("index_price", time, rows.index_price[place])
            self._fact("funding_rate", time, rows.rate[place])
            self._fact("funding_due", time, None if due is None else str(due))

    def _interest(self, rows: OpenInterests) -> None:
        for place, event_time in enumerate(rows.event_time):
            time = rows.seen_time[place] if event_time is None else event_time
            self._fact("open_interest", time, rows.quantity[place])
            self._fact("open_interest_value", time, rows.value[place])

    def _fact(self, name: str, time: int, value: str | None) -> None:
        """Rows may come late and twice: that of the latest time counts."""
        if value is not None and (name not in self.facts or time >= self.facts[name].time):
            self.facts[name] = Fact(time=time, value=value)

    def closed(self, interval: str) -> int | None:
        """When the newest bar of an interval closed, ns."""
        rows = self.bars.get(interval)
        return rows[-1].close_time if rows else None

    def briefing(
        self,
        interval: str,
        window: int,
        account: str = "",
        texts: Sequence[Text] = (),
        since: int = 0,
        most: int = 0,
    ) -> Briefing | None:
        """What is known now; None before the first signal.

        window: bars that are shown. account: whose position and limits are, "" for nobody's.
        texts: all there are; those of `since` (ns) to now are shown, at most so many.
        """
        signal = self.signal
        if signal is None:
            return None
        atr = signal.indicators.get("atr")
        return Briefing(
            venue=venue_of(self.key),
            symbol=symbol_of(self.key),
            now=self.now,
            signal=signal.id,
            time=signal.seen_time,
            book=signal.book,
            **_touch("bid", signal.bid),
            **_touch("ask", signal.ask),
            last=signal.last,
            atr=None if atr is None else short(atr),
            interval=interval,
            bars=self._rows(interval, window),
            indicators_time=signal.bar_time,
            indicators=figures(signal.indicators),
            micro=figures(signal.micro),
            features=figures(signal.features),
            scores=tuple(f"{each.side}: {each.reason}" for each in signal.scores),
            facts=dict(sorted(self.facts.items())),
            position=self._position(account) if account else None,
            texts=tuple(shown(texts, symbol_of(self.key), self.now, since, most)),
        )

    def _rows(self, interval: str, window: int) -> tuple[BarRow, ...]:
        rows = tuple(self.bars.get(interval, ()))[-window:]
        return tuple(
            BarRow(
                time=bar.close_time, open=bar.open, high=bar.high, low=bar.low, close=bar.close,
                volume=bar.volume, vwap=bar.vwap,
            )
            for bar in rows
        )  # fmt: skip

    def _position(self, account: str) -> Position | None:
        """Of an account's position here, and of the account, what is known by now."""
        mine = self.held.get(f"{account}:{symbol_of(self.key)}")
        whole = self.held.get(f"{account}:*")
        known = [each for each in (mine, whole) if each is not None and each.seen_time <= self.now]
        if not known:
            return None
        told: dict[str, str | None] = {}
        for each in known:
            told |= {name: getattr(each, name) for name in (WORTH if each is whole else HELD)}
        time = max(each.seen_time for each in known)
        return Position.model_validate({"account": account, "time": time, **told})


def _touch(side: str, level: Level | None) -> dict[str, str]:
    """The best price of a side with its quantity."""
    return {} if level is None else {side: level[0], f"{side}_quantity": level[1]}
