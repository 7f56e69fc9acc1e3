"""One connection of the collector without a socket: what to send, to fetch and to mark.

The collector tells a Wire what happens and does what that gives. Each frame goes to market.raw
under the key that `keyed` finds, before `heard` looks into it.

    wire.marks(now, "the collector started")        # once, before the first opening
    do(wire.opened(now))
    key, frame = wire.keyed(frame); publish(key, frame); do(wire.heard(now, content))
    do(wire.passed(now))                            # a few times a second
    publish(wire.closed(now, reason)); sleep(wire.delay(random())); open again
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from engine.feeds.bridging import Bridging
from engine.feeds.catalogue import FEEDS
from engine.feeds.counts import Counts
from engine.feeds.cuts import cut_frame, lost_frame
from engine.feeds.events import Depth, Event, Trade
from engine.feeds.following import Following
from engine.feeds.missed import Missed
from engine.feeds.planning import FeedSettings, Plan, stood_in
from engine.feeds.polling import Polling
from engine.feeds.routing import Router
from engine.feeds.session import (
    QUIET,
    Closed,
    Opened,
    Passed,
    Reaction,
    Received,
    Session,
    Spoilt,
    Stirred,
)
from engine.feeds.speech import Kind, Topic
from engine.spans import SECOND
from schemas.errors import Poison
from schemas.raw import ReceivedFrame
from schemas.record import symbol_of

LIVED = 2 * SECOND
"""A connection that lived so long begins its back-off anew."""
FIRST_DELAY, LONGEST_DELAY = 0.5, 30.0
"""Seconds before the first and the later attempts to open a connection again."""

Keyed = tuple[str, ReceivedFrame]


class Errand(NamedTuple):
    """A request of REST whose answer goes to market.raw under this key."""

    topic: Topic
    key: str
    url: str


class Doing(NamedTuple):
    """What the collector is to do now. refused: topics that the venue will not bring, and why.
    marks: to be published.
    """

    send: tuple[str | bytes, ...] = ()
    fetch: tuple[Errand, ...] = ()
    probe: bool = False
    refused: tuple[Topic, ...] = ()
    reason: str = ""
    dead: str = ""
    marks: tuple[Keyed, ...] = ()


NOTHING = Doing()


@dataclass
class Wire:
    """A connection's state. data: when market data came last; fails: openings in a row that came to
    nothing, or to little.
    """

    plan: Plan
    settings: FeedSettings
    counts: Counts = field(default_factory=Counts)
    since: int = 0
    data: int = 0
    fails: int = 0

    def __post_init__(self) -> None:
        plan = self.plan
        self.name, self.address = plan.name, plan.address
        self.requests = self.settings.requests
        self.feed = FEEDS[plan.venue]
        self.speech = self.feed.speech_of(plan.market)
        self.router = Router(self.feed, plan.market, self._symbols())
        self.session = Session(self.speech, plan.topics)
        self.books: dict[str, Following] = {}
        self.missed = Missed(self.speech, plan.market)
        self.polling = Polling(plan.polled)
        self._names = {self._key(topic): topic.name for topic in plan.topics}
        traded = [topic for topic in plan.topics if topic.kind is Kind.TRADES]
        self._traded = {self._key(topic): topic for topic in traded if self._url(topic) is not None}

    def _symbols(self) -> dict[str, str]:
        return {name: symbol_of(key) for name, key in self.plan.keys.items()}

    def _key(self, topic: Topic) -> str:
        """Of a topic of a whole market: the key of many symbols."""
        return self.plan.keys.get(topic.name, f"{self.plan.venue}:*")

    def _rule(self, topic: Topic) -> Bridging:
        return self.feed.rule(symbol_of(self._key(topic)))

    def _url(self, topic: Topic) -> str | None:
        """Of the request for a book's snapshot or the latest trades; None where there is none."""
        ask = self.speech.snapshot if topic.kind is Kind.BOOK else self.speech.trades
        url = ask(self.plan.market, topic.name)
        return None if url is None else stood_in(url, self.settings.addresses)

    @property
    def keys(self) -> tuple[str, ...]:
        """All keys that its frames may go to."""
        return (*dict.fromkeys(map(self._key, self.plan.topics)), self.router.shared)

    def marks(self, now: int, reason: str) -> list[Keyed]:
        """That what came before does not go on, for each key that it brings."""
        kinds: dict[str, set[Kind]] = {}
        for topic in self.plan.topics:
            kinds.setdefault(self._key(topic), set()).add(topic.kind)
        return [(key, cut_frame(now, self.name, each, reason)) for key, each in kinds.items()]

    def keyed(self, frame: ReceivedFrame) -> Keyed:
        """The frame with its key; nothing of it is read but the name."""
        return self.router.route(frame)

    def opened(self, now: int) -> Doing:
        """The connection is there: subscribe."""
        self.counts.opened += 1
        self.since = self.data = now
        self.books = {
            self._key(topic): Following(self._rule(topic), self._url(topic) is None)
            for topic in self.plan.topics
            if topic.kind is Kind.BOOK and topic.kind not in self.speech.whole
        }
        return self._done(now, self.session.take(Opened(now)))

    def heard(self, now: int, key: str, content: str | bytes) -> Doing:
        """A frame came and is published under that key."""
        self.counts.frames += 1
        self.counts.bytes += len(content)
        reaction = self.session.take(Received(now, content))
        if key != self.router.shared:
            self.data = now
        if (topic := self._traded.get(key)) is not None:
            self.missed.keep(topic, content)
        book = self.books.get(key)
        if book is not None and self.feed.may_tell_book(content):
            self._follow(book, now, content)
            return self._done(now, reaction, (key,))
        return NOTHING if reaction is QUIET else self._done(now, reaction)

    def stirred(self, now: int) -> Doing:
        """A ping or pong of the protocol came."""
        return self._done(now, self.session.take(Stirred(now)))

    def passed(self, now: int) -> Doing:
        """Time passed."""
        doing = self._done(now, self.session.take(Passed(now)), self.books)
        if (topic := self.polling.due(now)) is not None:
            url = self.speech.polled[self.plan.market][topic.kind].format(topic.name)
            doing = doing._replace(fetch=(*doing.fetch, self._errand(topic, url)))
        silence = int(self.settings.silence * SECOND)
        if silence and now - self.data >= silence and not doing.dead:
            return doing._replace(dead=f"no market data for {(now - self.data) / SECOND:.1f} s")
        return doing

    def closed(self, now: int, reason: str) -> list[Keyed]:
        """The connection is gone, or was not to be had; the marks to publish."""
        was_open = self.session.open
        self.session.take(Closed(now))
        self.books = {}
        self.missed.cut(self._read)
        self.polling.cut()
        self.fails = 0 if was_open and now - self.since >= LIVED else self.fails + 1
        if not was_open:
            return []
        self.counts.cut += 1
        return self.marks(now, reason)

    def delay(self, share: float) -> float:
        """Seconds to wait before the next opening; share: a random number from 0 to 1."""
        longest = min(FIRST_DELAY * 2.0 ** min(self.fails, 10), LONGEST_DELAY)
        return longest * (0.5 + share / 2)

    def answered(self, now: int, errand: Errand, content: str) -> Doing:
        """The answer to an errand came and is published."""
        self.counts.fetched += 1
        if errand.topic in self.polling.topics:
            self.polling.over(now)
            return NOTHING
        if errand.topic.kind is Kind.TRADES:
            trades = [event for event in self._read(content) if isinstance(event, Trade)]
            lost = self.missed.answered(errand.topic, now, trades)
            return NOTHING if lost is None else Doing(marks=(self._lost(now, errand.topic, lost),))
        if (book := self.books.get(errand.key)) is not None:
            book.answered()
            self._follow(book, now, content)
        return NOTHING

    def failed(self, now: int, errand: Errand) -> None:
        """An errand brought nothing; what is still needed is asked for again in its time."""
        self.counts.failed += 1
        if errand.topic in self.polling.topics:
            self.polling.over(now)
        if errand.topic.kind is Kind.BOOK and (book := self.books.get(errand.key)) is not None:
            book.answered()
        self.missed.failed(errand.topic, now)

    def _follow(self, book: Following, now: int, content: str | bytes) -> None:
        for event in self._read(content):
            if isinstance(event, Depth):
                book.take(event, now)

    def _read(self, content: str | bytes) -> tuple[Event, ...]:
        """What a frame says; nothing if it cannot be read: the ticks stage buries it."""
        try:
            return self.feed.parse(content)
        except Poison:
            return ()

    def _lost(self, now: int, topic: Topic, reason: str) -> Keyed:
        return self._key(topic), lost_frame(now, self.name, reason)

    def _done(self, now: int, reaction: Reaction, keys: Iterable[str] = ()) -> Doing:
        """The session's reaction with the errands that are due, and books that begin anew."""
        send: list[str | bytes] = list(reaction.send)
        fetch: list[Errand] = []
        for topic in reaction.accepted:
            self._accepted(now, topic)
        for topic in reaction.refused:
            if topic.kind is Kind.BOOK and (book := self.books.get(self._key(topic))) is not None:
                book.answered()
        for key in keys:
            if self.books[key].due(now):
                self._ask(now, key, send, fetch)
        marks = self._trades(now, fetch) if self.missed.owed else []
        self.counts.refused += len(reaction.refused)
        if not (send or fetch or marks or reaction.probe or reaction.refused or reaction.dead):
            return NOTHING
        return Doing(
            tuple(send), tuple(fetch), reaction.probe, reaction.refused, reaction.reason,
            reaction.dead, tuple(marks),
        )  # fmt: skip

    def _accepted(self, now: int, topic: Topic) -> None:
        if topic.kind is Kind.BOOK and (book := self.books.get(self._key(topic))) is not None:
            book.subscribed(now)
        if topic.kind is Kind.TRADES:
            self.missed.subscribed(topic, now)

    def _ask(self, now: int, key: str, send: list[str | bytes], fetch: list[Errand]) -> None:
        """Ask for a book's snapshot, as the venue has it."""
        self.counts.spoilt += 1
        topic = Topic(Kind.BOOK, self._names[key])
        if (url := self._url(topic)) is None:
            send += self.session.take(Spoilt(now, topic)).send
        else:
            fetch.append(Errand(topic, key, url))

    def _errand(self, topic: Topic, url: str) -> Errand:
        return Errand(topic, self._key(topic), stood_in(url, self.settings.addresses))

    def _trades(self, now: int, fetch: list[Errand]) -> list[Keyed]:
        """Ask for missed trades, as far as they are due; the marks of those that stay lost."""
        asked, lost = self.missed.due(now)
        fetch += [self._errand(topic, url) for topic, url in asked]
        return [self._lost(now, topic, reason) for topic, reason in lost]
