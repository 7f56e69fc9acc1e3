"""Every rule of a book against a venue that numbers by it: unmarked books are the venue's."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any

import pytest

from engine.book import Book
from engine.book_sync import BookSync
from engine.feeds.bridging import Bridging
from engine.feeds.catalogue import FEEDS, rule_of
from engine.feeds.events import Depth
from schemas.ticks import BookState, Level

Numbered = Callable[[int, int], dict[str, int | None]]
"""Ids of an update that says all that changed after one number, up to another."""


def named(before: int, last: int) -> dict[str, int | None]:
    """The one before is named."""
    return {"first_id": None, "last_id": last, "previous_id": before}


def spanned(before: int, last: int) -> dict[str, int | None]:
    """From one number to another."""
    return {"first_id": before + 1, "last_id": last, "previous_id": None}


def all_of(before: int, last: int) -> dict[str, int | None]:
    """Numbers are shared by markets: a span has holes, and the one before is named."""
    return {"first_id": min(before + 2, last), "last_id": last, "previous_id": before}


def counted(before: int, last: int) -> dict[str, int | None]:
    """Numbers go up by one."""
    return {"first_id": None, "last_id": last, "previous_id": None}


def unnumbered(before: int, last: int) -> dict[str, int | None]:
    """A checksum tells, or nothing does."""
    return {"first_id": None, "last_id": None, "previous_id": None}


NUMBERED: dict[str, Numbered] = {
    "futures": all_of,
    "spot": spanned,
    "bitget": named,
    "bybit": named,
    "coinbase": unnumbered,
    "gate": spanned,
    "htx_spot": named,
    "htx_contract": counted,
    "kraken": unnumbered,
    "kraken_futures": counted,
    "kucoin": spanned,
    "mexc spot": spanned,
    "mexc contract": spanned,
    "okx": named,
}
BLIND = ("coinbase",)
"""What is missing cannot be seen: the Exchange numbers nothing (of Advanced Trade the connection's
frames are numbered, and the connection is left)."""
STEPS = 2000


@dataclass
class Venue:
    """Ten prices a side, of which a few change with each update. told: the last number told of.
    shown: snapshots as they were, the latest last.
    """

    rule: Bridging
    random: Random
    book: Book = field(default_factory=Book)
    told: int = 100
    shown: list[Depth] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.numbered = NUMBERED[self.rule.name]
        self.book.replace((("10", "1"),), (("20", "1"),))
        self._show()

    def change(self) -> Depth:
        """The next update."""
        bids, asks = self._levels(1), self._levels(11)
        before, self.told = self.told, self.told + self._step()
        self.book.apply(bids, asks)
        self._show()
        ids = self.numbered(before, self.told)
        checksum = self.rule.checksum(self.book.top) if self.numbered is unnumbered else None
        return Depth(None, False, bids=bids, asks=asks, checksum=checksum, **ids)

    def _step(self) -> int:
        return 1 if self.numbered is counted else self.random.randint(1, 4)

    def _levels(self, lowest: int) -> tuple[Level, ...]:
        prices = self.random.sample(range(lowest, lowest + 10), self.random.randint(0, 3))
        return tuple((str(price), str(self.random.randint(0, 3))) for price in prices)

    def _show(self) -> None:
        bids, asks = (tuple(self.book.top(side, 99)) for side in ("bids", "asks"))
        last = None if self.numbered is unnumbered else self.told
        self.shown.append(Depth(None, True, None, last, None, bids, asks))


@dataclass
class Client:
    """Takes what comes; a book that is not whole is asked for. coming: the answer, and in how many
    steps it is there.
    """

    venue: Venue
    sync: BookSync
    coming: tuple[int, Depth] | None = None

    def step(self, frames: list[Depth]) -> None:
        for frame in frames:
            self.sync.take(frame, 0)
            self.check()
        if self.coming is None and self.sync.state in (BookState.NONE, BookState.GAPPED):
            random = self.venue.random
            if self.sync.rule.in_stream:
                self.coming = (random.randint(0, 3), self.venue.shown[-1])
            else:
                self.coming = (random.randint(0, 3), random.choice(self.venue.shown[-3:]))
        elif self.coming is not None and self.coming[0]:
            self.coming = (self.coming[0] - 1, self.coming[1])
        elif self.coming is not None:
            self._answer()

    def _answer(self) -> None:
        assert self.coming is not None
        book, self.coming = self.coming[1], None
        self.sync.take(self.venue.shown[-1] if self.sync.rule.in_stream else book, 0)
        self.check()

    def check(self) -> None:
        """Unmarked, it is what the venue's was at the number that it has, or with the last frame
        that came.
        """
        if self.sync.state in (BookState.NONE, BookState.GAPPED):
            return
        mine = self.sync.book.top("bids", 99), self.sync.book.top("asks", 99)
        known = [each for each in self.venue.shown if each.last_id == self.sync.last]
        assert mine in [(list(each.bids), list(each.asks)) for each in known[-4:]]


def befallen(random: Random, update: Depth, late: list[Depth], blind: bool) -> list[Depth]:
    """The frames that come instead of an update: it may be lost, come twice, or after the next."""
    fate = random.random()
    if fate < 0.02 and not blind:
        return []
    if fate < 0.04 and not blind and not late:
        late.append(update)
        return []
    found = [update, update] if fate > 0.98 else [update]
    found += late
    late.clear()
    return found


def test_every_rule_is_tried() -> None:
    rules = {rule.name for feed in FEEDS.values() for rule in feed.rules.values()}
    assert set(NUMBERED) == rules


@pytest.mark.parametrize("name", NUMBERED)
def test_an_unmarked_book_is_the_venues(name: str) -> None:
    random = Random(name)
    venue = Venue(rule_of(name), random)
    client, late = Client(venue, BookSync(rule_of(name), 1 << 62)), list[Depth]()
    whole: dict[Any, int] = {}
    for _ in range(STEPS):
        client.step(befallen(random, venue.change(), late, name in BLIND))
        if random.random() < 0.01:
            client.sync.cut()
            assert client.sync.state is not BookState.OK
            client.coming = None
        marked = client.sync.state in (BookState.NONE, BookState.GAPPED)
        whole[marked] = whole.get(marked, 0) + 1
    assert whole[False] > STEPS / 2, whole
    assert whole[True] > 10
