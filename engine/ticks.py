"""The ticks stage: one raw record in, all that its frames said out, as columns, with closed bars.

A frame that cannot be read costs that frame only: it goes to dead.letters, and the record says so.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from engine.bars import Bars, TradeBars
from engine.book_sync import BookSync
from engine.feeds import table
from engine.feeds.bridging import SPOT
from engine.feeds.catalogue import FEEDS
from engine.feeds.cuts import BOOK, TRADES, cut_of
from engine.feeds.events import Depth, Event, Funding, OpenInterest, Quote, Trade
from engine.framing import content
from engine.spans import SECOND
from engine.stage import Context, Draft
from engine.tick_columns import TickColumns
from engine.tick_trades import TickTrades, TradesTold
from engine.venue_time import VenueTime
from schemas import names
from schemas.errors import Poison
from schemas.raw import UNREADABLE, Cut, RawFrame, Source
from schemas.record import Message, Record, symbol_of, venue_of
from schemas.system import DeadLetter
from schemas.ticks import Bar, BookState, NoticeType, Ticks

Parse = Callable[[str | bytes], tuple[Event, ...]]
"""From a frame to its events; raises Poison."""


class TicksSettings(Message):
    """Spans in ns.

    intervals: lengths of bars; trade_counts: bars of so many trades; grace: how long after its end
    a bar waits for trades; stale: silence after which a book is stale; ahead: how far an event time
    may lie ahead of the desk's time before it is not believed (one wild time closes every bar up to
    it; no venue takes orders from a desk whose clock is more than a minute off).
    """

    intervals: tuple[int, ...] = (SECOND, 60 * SECOND, 300 * SECOND, 3600 * SECOND)
    trade_counts: tuple[int, ...] = (100,)
    grace: int = 2 * SECOND
    stale: int = 5 * SECOND
    ahead: int = 60 * SECOND


LONGEST = 500
"""Characters of a reason; a frame may be of megabytes, and errors repeat what they found."""


@dataclass
class TicksState:
    """One key's book with its numbering, its open bars in the order of the settings, which of its
    trades have been counted, and what time it is.
    """

    sync: BookSync
    bars: list[Bars]
    trade_bars: list[TradeBars]
    told: TradesTold = field(default_factory=TradesTold)
    time: VenueTime = field(default_factory=VenueTime)


class TicksStage:
    """market.raw to market.ticks, market.bars and dead.letters; one cell a key."""

    name = "ticks"
    main = names.RAW
    ignored: frozenset[str] = frozenset()
    sides: dict[str, type[Record]] = {}

    def __init__(self, settings: TicksSettings | None = None) -> None:
        self.settings = settings or TicksSettings()

    def cells_of(self, topic: str, key: str) -> Sequence[str]:
        """Each key is a cell of its own."""
        return (key,)

    def initial(self, cell: str) -> TicksState:
        """No book, no trade yet. A venue that is not known has books like Binance's spot."""
        feed = FEEDS.get(venue_of(cell))
        rule = SPOT if feed is None else feed.rule(symbol_of(cell))
        settings = self.settings
        return TicksState(
            BookSync(rule, settings.stale),
            [Bars(interval, settings.grace) for interval in settings.intervals],
            [TradeBars(count) for count in settings.trade_counts],
        )

    def step(self, state: TicksState, record: RawFrame, context: Context) -> Sequence[Draft]:
        """The Ticks draft first, then each closed bar, then each dead frame."""
        return _Step(self.settings, state, record, context, self.parser(context.key)).drafts()

    def parser(self, key: str) -> Parse | None:
        """What reads the frames of a key; None where nobody can."""
        feed = FEEDS.get(venue_of(key))
        return None if feed is None else feed.parse

    def dump(self, state: TicksState) -> Any:
        """The state as JSON values."""
        return {
            "sync": state.sync.dump(),
            "bars": [bars.dump() for bars in state.bars],
            "trade_bars": [bars.dump() for bars in state.trade_bars],
            **state.told.dump(),
            "time": state.time.dump(),
        }

    def load(self, data: Any) -> TicksState:
        """The state that `dump` gave."""
        return TicksState(
            BookSync.load(data["sync"], self.settings.stale),
            [Bars.load(row) for row in data["bars"]],
            [TradeBars.load(row) for row in data["trade_bars"]],
            TradesTold.load(data),
            VenueTime.load(data.get("time", {})),
        )


class _Step:
    """The work of one record: its columns, closed bars and dead frames as they gather."""

    def __init__(
        self,
        settings: TicksSettings,
        state: TicksState,
        record: RawFrame,
        context: Context,
        parse: Parse | None,
    ) -> None:
        self.settings, self.state, self.record, self.context = settings, state, record, context
        self.columns = TickColumns()
        self.trades = TickTrades(state.told, state.bars, state.trade_bars, self.columns)
        self.letters: list[DeadLetter] = []
        self.parse = table.parse if record.source is Source.FILE else parse
        self.shared = symbol_of(context.key) == "*"
        self.text = record.encoding == "text"
        self.unreadable = record.channel.startswith(UNREADABLE)

    def drafts(self) -> list[Draft]:
        """Take every frame, then let the clock pass."""
        hear = self.state.time.hear
        frames = zip(self.record.frames, self.record.received, strict=True)
        for index, (frame, received) in enumerate(frames):
            self._frame(index, frame, hear(received))
        self._pass_time()
        key = self.context.key
        venue, symbol = venue_of(key), symbol_of(key)
        if not self.trades.closed and not self.letters:
            return [Draft(names.TICKS, key, self._ticks(venue, symbol))]
        bars = [
            Draft(names.BARS, key, Bar(venue=venue, symbol=symbol, **dict(bar)))
            for bar in self.trades.closed
        ]
        letters = [Draft(names.LETTERS, key, letter) for letter in self.letters]
        return [Draft(names.TICKS, key, self._ticks(venue, symbol)), *bars, *letters]

    def _frame(self, index: int, frame: str, seen_time: int) -> None:
        try:
            if self.record.source is Source.CUT:
                return self._cut(index, cut_of(frame), seen_time)
            events = self._read(frame, seen_time)
        except Poison as poison:
            self._bury(index, frame, seen_time, str(poison)[:LONGEST])
            return
        if self.record.source is Source.REST:
            events = self._fetched(index, events, seen_time)
        for event in events:
            self._event(index, event, seen_time)

    def _fetched(self, index: int, events: tuple[Event, ...], seen_time: int) -> tuple[Event, ...]:
        """Take the trades of an answer of REST, as one; gives what else it has."""
        trades = [event for event in events if isinstance(event, Trade)]
        if not trades:
            return events
        for trade in self.trades.fetched(index, trades, seen_time):
            self.state.time.told(trade.event_time)
        return tuple([event for event in events if not isinstance(event, Trade)])

    def _event(self, index: int, event: Event, seen_time: int) -> None:
        self.state.time.told(event.event_time)
        if isinstance(event, Quote):
            self.columns.quote(index, event, seen_time)
        elif isinstance(event, Trade):
            self.trades.take(index, event, seen_time)
        elif isinstance(event, Depth):
            self._depth(index, event, seen_time)
        elif isinstance(event, Funding):
            self.columns.funding(index, event, seen_time)
        elif isinstance(event, OpenInterest):
            self.columns.interest(index, event, seen_time)
        else:
            self.columns.liquidation(index, event, seen_time)

    def _cut(self, index: int, cut: Cut, seen_time: int) -> None:
        """Say that what follows does not follow; a book is not trusted before its next snapshot."""
        if cut.lost:
            text = f"{', '.join(cut.kinds)} are missing: {cut.reason}"[:LONGEST]
            self.columns.notice(index, NoticeType.GAP, None, seen_time, text)
            return
        if BOOK in cut.kinds:
            self.state.sync.cut()
        if TRADES in cut.kinds:
            self.state.told.cut(seen_time)
        text = f"the connection for {', '.join(cut.kinds)} was cut: {cut.reason}"[:LONGEST]
        self.columns.notice(index, NoticeType.GAP, None, seen_time, text)

    def _read(self, frame: str, seen_time: int) -> tuple[Event, ...]:
        """The frame's events; raises Poison if one of them cannot be believed."""
        if self.unreadable:
            raise Poison(self.record.channel)
        if self.parse is None:
            raise Poison(f"no feed reads {venue_of(self.context.key)}")
        events = self.parse(frame if self.text else content(frame))
        for event in events:
            if (event.event_time or 0) > seen_time + self.settings.ahead:
                raise Poison(
                    f"event time {event.event_time} is far ahead of the desk's time {seen_time}"
                )
        if events and self.shared:
            raise Poison("a frame of several symbols, or of none that is named, cannot be applied")
        return events

    def _bury(self, index: int, frame: str, seen_time: int, reason: str) -> None:
        """Give the frame to dead.letters and say so."""
        self.columns.notice(index, NoticeType.DEAD, None, seen_time, reason)
        self.letters.append(
            DeadLetter(
                stage=TicksStage.name,
                topic=names.RAW,
                source_key=self.context.key,
                source_seq=self.record.seq,
                reason=reason,
                value=frame,
                encoding=self.record.encoding,
            )
        )

    def _depth(self, index: int, depth: Depth, seen_time: int) -> None:
        before = self.state.sync.state
        taken = self.state.sync.take(depth, seen_time)
        if taken.gap is not None:
            self.columns.notice(index, NoticeType.GAP, depth.event_time, seen_time, taken.gap)
        self.columns.depth(index, depth, seen_time, taken)
        after = self.state.sync.state
        if after is not before:
            self._turned(index, before, after, depth.event_time, seen_time)

    def _turned(
        self, index: int, before: BookState, after: BookState, time: int | None, seen_time: int
    ) -> None:
        """Notice that the book became crossed, or sound again."""
        if after is BookState.CROSSED:
            text = "best bid is at or above best ask"
            self.columns.notice(index, NoticeType.CROSSED, time, seen_time, text)
        elif after is BookState.OK and before is not BookState.NONE:
            text = f"the book is no longer {before.value}"
            self.columns.notice(index, NoticeType.RESYNC, time, seen_time, text)

    def _pass_time(self) -> None:
        """Close the bars that are due and see whether the book has gone stale."""
        now, sync = self.context.now, self.state.sync
        reckoned = self.state.time.move(now)
        if reckoned is not None:
            for bars in self.state.bars:
                if closed := bars.advance(reckoned):
                    self.trades.close(-1, bars, closed, now)
        before = sync.state
        sync.age(now)
        if sync.state is BookState.STALE and before is not BookState.STALE:
            text = f"no book update for {(now - sync.fresh) / SECOND:.3f} s"
            self.columns.notice(-1, NoticeType.STALE, None, now, text)

    def _ticks(self, venue: str, symbol: str) -> Ticks:
        """The record; ours, so not validated again."""
        book = self.state.sync.book
        return Ticks.whole(
            BLANK
            | {
                "event_time": self.columns.event_time,
                "venue": venue,
                "symbol": symbol,
                **self.columns.groups(),
                "bars": tuple(self.trades.closed),
                "book": self.state.sync.state,
                "bid": book.best_bid,
                "ask": book.best_ask,
                **self.columns.others(),
            }
        )


BLANK: dict[str, Any] = dict(Ticks.model_construct(venue="", symbol=""))
"""The fields of a record in their order."""
