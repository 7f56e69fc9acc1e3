"""Whether market.ticks says of each book what is true of it, by the recording that was played.

The recording has a market's updates in their order, so what a book holds is known by the last of
them that it took in (`reach`), and what is missing is known too. A book is sound from a snapshot on
until an update is passed over, or its connection is cut.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Literal, NamedTuple

from engine.book import Book
from engine.book_following import PlainBook
from engine.feeds.events import Depth, Trade
from engine.feeds.speech import Kind, Topic
from infra.replaying.books import ALL, Books
from infra.replaying.reel import Reel, parsed
from schemas.raw import Source
from schemas.ticks import BookState, NoticeType, Ticks
from tests.chaos.feeds.collected import Collected
from tests.chaos.feeds.delivered import Place

STANDING = (BookState.OK, BookState.CROSSED, BookState.STALE)
"""States of a book without a gap."""
SUMMED = 10
"""Levels of a side that every venue's checksum is made of."""
Side = Literal["bids", "asks"]
SIDES: tuple[Side, Side] = ("bids", "asks")


class Order(NamedTuple):
    """Where frames of one kind stand in a recording, ascending."""

    positions: Sequence[int]

    def after(self, position: int) -> int | None:
        """The next one."""
        place = bisect_right(self.positions, position)
        return self.positions[place] if place < len(self.positions) else None


class Recorded:
    """What a recording has of one symbol. told: its updates are numbered, so that a gap shows at
    once; where only checksums tell, it shows when the best levels are other than they should be.
    """

    def __init__(self, reel: Reel, name: str) -> None:
        self.reel, self.name = reel, name
        self.books = Order(reel.topics.get(Topic(Kind.BOOK, name), []))
        self.trades = Order(reel.topics.get(Topic(Kind.TRADES, name), []))
        self.traded = frozenset(self.trades.positions)
        self._ids = [self._id(each) for each in self.books.positions]
        self.told = all(one < other for one, other in pairwise(self._ids)) and any(self._ids)
        self._truth, self._at = Books(reel), 0

    def _events(self, position: int) -> Sequence[object]:
        return parsed(self.reel.feed, self.reel.shots[position].payload)

    def _id(self, position: int) -> int:
        ids = [each.last_id for each in self._events(position) if isinstance(each, Depth)]
        return ids[-1] or 0 if ids else 0

    @property
    def numbered(self) -> bool:
        """Trades have consecutive numbers, so that a missing one shows."""
        found = self._events(self.trades.positions[0]) if self.trades.positions else ()
        return any(isinstance(each, Trade) and each.numbers is not None for each in found)

    def covered(self, last_id: int) -> int:
        """The last update that a snapshot of that id has in it, -1 for none."""
        place = bisect_right(self._ids, last_id)
        return self.books.positions[place - 1] if place else -1

    def truth(self, reach: int) -> Book | None:
        """The book after that update; None while the recording does not know it yet."""
        if reach < self._at:
            self._truth = Books(self.reel)
        self._at = reach
        sync = self._truth.built(self.name, reach + 1)
        return sync.book if sync.state in STANDING else None


@dataclass
class Found:
    """What was found on a key. fit: sequences of ticks records after which a decision may be made:
    the book is sound, fresh and the recording's. whole: it was sound after its last update.
    """

    faults: list[str] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    fit: set[int] = field(default_factory=set)
    sound: bool = False
    whole: bool = False


class Walk:
    """A key's ticks records, one after another. stale: ns."""

    def __init__(
        self, key: str, recorded: Recorded, places: Mapping[tuple[str, int, int], Place],
        stale: int,
    ) -> None:  # fmt: skip
        self.key, self.recorded, self.places, self.stale = key, recorded, places, stale
        self.found = Found()
        self.book = PlainBook()
        self.reach: int | None = -1
        self.seen, self.fresh, self.trade = -1, 0, -1
        self.anew = False

    def take(self, raw: Collected, ticks: Ticks) -> None:
        """Take a record, and the one of market.raw that it is of."""
        self.anew = False
        gaps = {each.index for each in ticks.notices if each.type is NoticeType.GAP}
        for each in ticks.notices:
            self.found.counts[each.type.value] += 1
        if raw.source is Source.CUT and raw.cut is not None:
            self._cut(raw, gaps)
        self._trades(raw, ticks, gaps)
        self._updates(raw, ticks, gaps)
        self.book.follow(ticks)
        self._judge(ticks)
        if ticks.books.index:
            self.found.whole = self.found.sound

    def fault(self, kind: str, seq: int, told: str) -> None:
        """Note a fault."""
        self.found.faults.append(f"{kind}: {self.key} record {seq}: {told}")

    def _cut(self, raw: Collected, gaps: set[int]) -> None:
        self.seen = -1
        if Kind.BOOK.value in (raw.cut.kinds if raw.cut else ()):
            self.found.sound = False
        if len(gaps) != len(raw.digests):
            self.fault("unmarked", raw.seq, "a cut without a gap")
        self.found.counts["cuts"] += 1

    def _trades(self, raw: Collected, ticks: Ticks, gaps: set[int]) -> None:
        """A trade after missing ones says so, unless REST brought those before it; what came
        twice, or late, or was in an answer that overtook it, is none.
        """
        if raw.source is Source.REST and ticks.trades.price:
            self.trade = -1
        if raw.source is not Source.WS or not self.recorded.numbered:
            return
        counted = set(ticks.trades.index)
        for index in range(len(raw.digests)):
            place = self.places.get((self.key, raw.seq, index))
            position = -1 if place is None else place.row.position
            if index not in counted or position not in self.recorded.traded:
                continue
            if place and place.row.origin == "garbage":
                continue
            if position > self.trade:
                if self.trade >= 0 and self.recorded.trades.after(self.trade) != position:
                    self.found.counts["trades missed"] += 1
                    if index not in gaps:
                        self.fault("unmarked", raw.seq, f"trades are missing before {index}")
                self.trade = position

    def _updates(self, raw: Collected, ticks: Ticks, gaps: set[int]) -> None:
        rows = ticks.books
        bridged = rows.bridged or (0,) * len(rows)
        for index, at, snapshot, applied, last, back in zip(
            rows.index, rows.seen_time, rows.snapshot, rows.applied, rows.last_id, bridged,
            strict=True,
        ):  # fmt: skip
            place = self.places.get((self.key, raw.seq, index))
            position = -1 if place is None else place.row.position
            if applied:
                self.fresh = at
            if snapshot and applied:
                self._snapshot(raw, position, last, back)
            elif not snapshot:
                self._diff(raw, position, applied, index in gaps)

    def _snapshot(self, raw: Collected, position: int, last: int | None, back: int) -> None:
        self.reach = position if position >= 0 else self._covered(last)
        if back and self.reach is not None:
            self.reach = max(self.reach, self.seen)
        self.anew, self.found.sound = True, True
        self.found.counts["snapshots"] += 1

    def _covered(self, last: int | None) -> int | None:
        """What a snapshot that the venue made has in it; None where no number says it."""
        told = last is not None and self.recorded.told
        return self.recorded.covered(last) if told and last is not None else None

    def _diff(self, raw: Collected, position: int, applied: bool, marked: bool) -> None:
        if self.reach is None and self.found.sound:
            self.reach = position - 1
        reach = -1 if self.reach is None else self.reach
        follows = self.recorded.books.after(reach) == position or not self.recorded.told
        if applied and not self.found.sound:
            self.fault("unmarked", raw.seq, f"update {position} was applied without a book")
        elif applied and position > reach and not follows:
            self.fault("unmarked", raw.seq, f"update {position} was applied after {reach}")
        elif not applied and self.found.sound and position > reach:
            self.found.sound = False
            self.found.counts["updates missed"] += 1
            if not marked:
                self.fault("unmarked", raw.seq, f"update {position} after {reach}")
        if applied:
            self.reach = max(reach, position)
            if marked:  # the checksum is another
                self.found.sound = False
        self.seen = max(self.seen, position)

    def _judge(self, ticks: Ticks) -> None:
        """What the record says of the book, against what is true."""
        if ticks.book in STANDING and not self.found.sound:
            self.fault("unmarked", ticks.seq, f"the book is {ticks.book.value} with a gap in it")
            return
        old = ticks.seen_time - self.fresh >= self.stale
        if ticks.book is BookState.OK and old:
            self.fault("stale", ticks.seq, "a stale book is ok")
        if ticks.book not in STANDING:
            return
        truth = None if self.reach is None else self.recorded.truth(self.reach)
        if truth is None:
            self.found.counts["unknown"] += 1
            return
        self.found.counts["resyncs"] += self.anew
        deep = ALL if self.recorded.told else SUMMED
        if self.anew and any(
            self.book.book.top(side, deep) != truth.top(side, deep) for side in SIDES
        ):
            self.fault("wrong", ticks.seq, f"the book after its snapshot, at {self.reach}")
        elif (ticks.bid, ticks.ask) != (truth.best_bid, truth.best_ask):
            self.fault("wrong", ticks.seq, f"best {ticks.bid} {ticks.ask} at {self.reach}")
        elif ticks.book is BookState.OK and not old:
            self.found.counts["right"] += 1
            self.found.fit.add(ticks.seq)
