"""Trades that a connection missed, asked for by REST: which request is due, and when all are there.

After each subscription the venue's latest trades are asked for. Where they do not reach back to the
last trade that came before the connection was cut, and the venue can be asked for more
(Speech.between), page after page is, until the hole is closed or PAGES have come. Where a hole
stays, that is told. Nothing is known before a collector's first trade, so nothing is missing then.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from engine.feeds.events import Event, Trade
from engine.feeds.following import NEVER
from engine.feeds.speech import Speech, Topic
from engine.spans import SECOND
from engine.trade_times import place

LAG = SECOND
"""How old an answer may be (Coinbase's are kept so long): it is asked for so much later than the
subscription, and so reaches to where the socket begins."""
RETRY, TRIES = 2 * SECOND, 5
"""Pause before an answer that did not come is asked for again, doubled each time, and how often a
request is made at most."""
MARKS = ("rade", "match", "deal", "execution")
"""One of them is in each text that tells trades, whatever the venue."""
KEPT = 16
"""Frames of a topic that are kept; bytes tell nothing by a look at them, and may be quotes."""
PAGES = 20
"""Answers, the latest trades among them, after which a hole is given up."""


class Request(NamedTuple):
    """One for a topic's trades."""

    topic: Topic
    url: str


@dataclass
class Owed:
    """A topic's trades that are to be asked for: when next (NEVER before an answer), how often the
    request was made in vain, and how many answers there were.

    last: the newest trade before the hole, None if nothing is known of it. first: the oldest behind
    it that was fetched.
    """

    next: int
    last: Trade | None
    first: Trade | None = None
    tries: int = 0
    pages: int = 0


@dataclass
class Missed:
    """The trades of a connection's topics.

    frames: the latest of each that may tell trades: they are read when the connection is cut.
    newest: of each, that came on the socket; before: the newest before each hole that is open.
    asked: topics that were subscribed on this connection: some venues tell all with each answer.
    """

    speech: Speech
    market: str
    frames: dict[Topic, deque[str | bytes]] = field(default_factory=dict)
    newest: dict[Topic, Trade] = field(default_factory=dict)
    before: dict[Topic, Trade] = field(default_factory=dict)
    asked: set[Topic] = field(default_factory=set)
    owed: dict[Topic, Owed] = field(default_factory=dict)

    def subscribed(self, topic: Topic, now: int) -> None:
        """The venue has accepted it."""
        if topic in self.asked or self.speech.trades(self.market, topic.name) is None:
            return
        self.asked.add(topic)
        self.owed[topic] = Owed(now + LAG, self.before.get(topic))

    def heard(self, topic: Topic, trade: Trade) -> None:
        """A trade came on the socket."""
        known = self.newest.get(topic)
        if known is None or trade.event_time >= known.event_time:
            self.newest[topic] = trade

    def keep(self, topic: Topic, frame: str | bytes) -> None:
        """A frame of the topic's symbol came."""
        if isinstance(frame, bytes) or any(map(frame.__contains__, MARKS)):
            if (kept := self.frames.get(topic)) is None:
                kept = self.frames[topic] = deque(maxlen=KEPT)
            kept.append(frame)

    def cut(self, read: Callable[[str | bytes], Sequence[Event]]) -> None:
        """The connection is gone; a hole that is still open becomes larger."""
        for topic, frames in self.frames.items():
            for frame in reversed(frames):
                told = [event for event in read(frame) if isinstance(event, Trade)]
                for trade in told:
                    self.heard(topic, trade)
                if told:
                    break
        self.frames.clear()
        for topic, trade in self.newest.items():
            self.before.setdefault(topic, trade)
        self.owed.clear()
        self.asked.clear()

    def _over(self, topic: Topic) -> None:
        del self.owed[topic]
        self.before.pop(topic, None)

    def due(self, now: int) -> tuple[list[Request], list[tuple[Topic, str]]]:
        """The requests to be made now; the topics of which trades stay lost, and why."""
        asked: list[Request] = []
        lost: list[tuple[Topic, str]] = []
        for topic, owed in list(self.owed.items()):
            if now < owed.next:
                continue
            url = self._url(topic, owed)
            if owed.tries < TRIES and url is not None:
                owed.next, owed.tries = NEVER, owed.tries + 1
                asked.append(Request(topic, url))
                continue
            self._over(topic)
            if owed.last is not None:
                lost.append((topic, f"the venue did not answer: {_hole(owed.last, owed.first)}"))
        return asked, lost

    def failed(self, topic: Topic, now: int) -> None:
        """A request brought nothing."""
        if (owed := self.owed.get(topic)) is not None:
            owed.next = now + (RETRY << owed.tries - 1)

    def answered(self, topic: Topic, now: int, trades: Sequence[Trade]) -> str | None:
        """An answer came, oldest trade first; why trades stay lost, None if none do so far."""
        owed = self.owed.get(topic)
        if owed is None:
            return None
        before = owed.last, owed.first
        if owed.last is None or not trades or _narrow(owed, owed.last, trades):
            self._over(topic)
            return None
        owed.pages, owed.tries, owed.next = owed.pages + 1, 0, now
        stuck = before == (owed.last, owed.first)
        if owed.pages < PAGES and not stuck and self._url(topic, owed) is not None:
            return None
        self._over(topic)
        return f"{_hole(owed.last, owed.first)}, in {owed.pages} answers"

    def _url(self, topic: Topic, owed: Owed) -> str | None:
        if owed.last is None or owed.first is None:
            return self.speech.trades(self.market, topic.name)
        return self.speech.between(self.market, topic.name, owed.last, owed.first)


def _narrow(owed: Owed, last: Trade, trades: Sequence[Trade]) -> bool:
    """Take a page, which has all trades between its ends; whether the hole is closed.

    Of trades with numbers a page joins the hole's begin where it has the number behind it, else
    where it has an older trade, or the very one.
    """
    oldest, newest = trades[0], trades[-1]
    if last.numbers is None or oldest.numbers is None or newest.numbers is None:
        if place(oldest) < place(last):
            return True
        owed.first = oldest
        return any(each.trade_id and each.trade_id == last.trade_id for each in trades)
    joins = oldest.numbers[0] <= last.numbers[1] + 1
    if owed.first is None or owed.first.numbers is None:
        owed.first = oldest
        return joins
    if joins:
        owed.last = newest if newest.numbers[1] > last.numbers[1] else last
        return newest.numbers[1] + 1 >= owed.first.numbers[0]
    owed.first = min(oldest, owed.first, key=lambda trade: trade.numbers or (0, 0))
    return False


def _hole(last: Trade, first: Trade | None) -> str:
    """What is missing, in words."""
    behind = "now" if first is None else first.trade_id or f"{first.event_time} ns"
    return f"trades after {last.trade_id or f'{last.event_time} ns'} and before {behind}"
