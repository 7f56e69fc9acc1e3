"""A venue's socket spoken to, without a socket: (state, event) -> what to send, what came of it.

The collector owns the connection and the clock; it tells a Session what happens and sends what that
gives. Subscriptions, acknowledgements, refusals, pings, pongs and silence are the same for all
venues but for the words, which a venue's Speech holds.

    session = Session(feed.speech_of(market), topics)
    for frame in session.take(Opened(now)).send: socket.send(frame)
    reaction = session.take(Received(now, frame))       # each frame, beside its way to market.raw
    reaction = session.take(Passed(now))                # a few times a second
    if reaction.dead: close the socket, session.take(Closed(now)), open another after a back-off
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

from engine.feeds.speech import Answer, Kind, Request, Speech, Topic
from engine.spans import SECOND

DEAD = 19 * SECOND // 2
"""Silence, in spite of a ping, after which a connection is dead: seen within 10 s by a collector
that looks a few times a second."""
UNANSWERED = 10 * SECOND
"""A request that has had no answer for so long will get none."""


class Opened(NamedTuple):
    """The connection is there."""

    now: int


class Closed(NamedTuple):
    """The connection is gone."""

    now: int


class Received(NamedTuple):
    """A frame came."""

    now: int
    frame: str | bytes


class Stirred(NamedTuple):
    """A ping or pong of the WebSocket protocol came."""

    now: int


class Passed(NamedTuple):
    """Time passed."""

    now: int


class Wanted(NamedTuple):
    """These topics, and no others, are wanted from now on."""

    now: int
    topics: tuple[Topic, ...]


class Spoilt(NamedTuple):
    """A topic's book has a gap and must begin anew."""

    now: int
    topic: Topic


Happening: TypeAlias = Opened | Closed | Received | Stirred | Passed | Wanted | Spoilt


class Reaction(NamedTuple):
    """What to send now, in order; what the venue said of topics; why the connection is dead.

    probe: send a ping of the WebSocket protocol.
    """

    send: tuple[str | bytes, ...] = ()
    accepted: tuple[Topic, ...] = ()
    refused: tuple[Topic, ...] = ()
    reason: str = ""
    dead: str = ""
    probe: bool = False


class Asked(NamedTuple):
    """A request's topics that have no answer yet, since when; leaving: that they end."""

    topics: tuple[Topic, ...]
    since: int
    leaving: bool


@dataclass
class Session:
    """One connection's state. asked: requests without an answer yet, by their numbers.

    waiting: requests that the venue's pace holds back, with whether they end topics; active: topics
    that were accepted. counted: the number of the last frame that has one.
    """

    speech: Speech
    wanted: tuple[Topic, ...] = ()
    open: bool = False
    heard: int = 0
    pinged: int = 0
    sent: int = 0
    number: int = 1
    counted: int | None = None
    active: set[Topic] = field(default_factory=set)
    asked: dict[int, Asked] = field(default_factory=dict)
    waiting: deque[tuple[int, Request, bool]] = field(default_factory=deque)

    def take(self, event: Happening) -> Reaction:
        """Take one event; raises ValueError for more topics than a connection may have."""
        match event:
            case Opened(now):
                self._begin(now)
                self._join(self.wanted)
            case Closed():
                self._end()
            case Received(now, frame):
                return self._hear(now, frame)
            case Stirred(now):
                self.heard = now
                return QUIET
            case Wanted(_, topics):
                self._want(topics)
            case Spoilt(_, topic):
                self._leave((topic,))
                self._join((topic,))
            case Passed(now):
                return self._pass(now)
        return Reaction(tuple(self._due(event.now)))

    def _begin(self, now: int) -> None:
        self._end()
        self.open, self.heard, self.pinged, self.sent = True, now, now, now - self.speech.pace

    def _end(self) -> None:
        self.open, self.counted = False, None
        self.active.clear()
        self.asked.clear()
        self.waiting.clear()

    def _want(self, topics: tuple[Topic, ...]) -> None:
        if len(topics) > self.speech.most:
            raise ValueError(f"{len(topics)} topics, {self.speech.most} fit on a connection")
        before, self.wanted = self.wanted, tuple(dict.fromkeys(topics))
        if self.open:
            new = [topic for topic in self.wanted if topic not in before]
            gone = [topic for topic in before if topic not in self.wanted]
            self._leave(gone)
            self._join(new)

    def _join(self, topics: Sequence[Topic]) -> None:
        if topics:
            self._ask(self.speech.subscribe(topics, self.number), leaving=False)

    def _leave(self, topics: Sequence[Topic]) -> None:
        if topics:
            self._ask(self.speech.unsubscribe(topics, self.number), leaving=True)

    def _ask(self, requests: Sequence[Request], leaving: bool) -> None:
        for request in requests:
            self.waiting.append((self.number, request, leaving))
            self.number += 1

    def _due(self, now: int) -> list[str | bytes]:
        """The requests that the venue's pace allows by now."""
        found: list[str | bytes] = []
        pace = self.speech.pace
        while self.open and self.waiting and now - self.sent >= pace:
            number, request, leaving = self.waiting.popleft()
            if request.topics:
                self.asked[number] = Asked(request.topics, now, leaving)
            self.sent = max(self.sent + pace, now - pace) if pace else now
            found.append(self.speech.stamp(request.text, now))
        return found

    def _hear(self, now: int, frame: str | bytes) -> Reaction:
        self.heard = now
        if self.speech.numbered is not None and (dead := self._count(self.speech.numbered(frame))):
            return Reaction(dead=dead)
        answer = self.speech.hear(frame)
        if answer is None:
            return QUIET if not self.waiting else Reaction(tuple(self._due(now)))
        if answer.oldest is not None:
            accepted = self._oldest(answer.oldest, answer.over)
            return Reaction(tuple(self._due(now)), accepted)
        if answer.request is not None and answer.request in self.asked:
            accepted, refused = self._numbered(answer.request, answer)
        else:
            accepted = answer.accepted
            refused = self._settle(accepted, answer.refused, answer.ended)
        reply = () if answer.reply is None else (answer.reply,)
        return Reaction((*reply, *self._due(now)), accepted, refused, answer.reason)

    def _numbered(self, number: int, answer: Answer) -> tuple[tuple[Topic, ...], tuple[Topic, ...]]:
        """What the answer to a request that it names accepts, and refuses."""
        topics, _, leaving = self.asked[number]
        for topic in topics:
            self._through(number, topic)
        if leaving or answer.over:
            self.active.difference_update(() if answer.reason else topics)
            return (), ()
        if answer.reason:
            self.active.difference_update(topics)
            return (), topics
        self.active.update(topics)
        return topics, ()

    def _oldest(self, kind: Kind, over: bool) -> tuple[Topic, ...]:
        """What the answer to the first unanswered request of that kind accepts."""
        for number, (topics, _, leaving) in self.asked.items():
            if leaving is over and any(topic.kind is kind for topic in topics):
                del self.asked[number]
                if over:
                    self.active.difference_update(topics)
                    return ()
                self.active.update(topics)
                return topics
        return ()

    def _count(self, number: int | None) -> str:
        """Why the connection is of no use any more, if frames of it are missing."""
        last = self.counted
        if number is not None:
            self.counted = number
        if number is None or last is None or number == last + 1:
            return ""
        return f"frame {number} came after frame {last}"

    def _settle(
        self, accepted: Sequence[Topic], refused: Sequence[Topic], ended: Sequence[Topic]
    ) -> tuple[Topic, ...]:
        """Note what became of topics, and that their requests were answered. Gives those that were
        refused to be joined.
        """
        kept = {topic for topic in refused if self._first(topic, leaving=True) is not None}
        denied = tuple(topic for topic in refused if topic not in kept)
        self.active.difference_update(denied, ended)
        self.active.update(accepted)
        for topics, leaving in (({*accepted, *denied}, False), ({*ended, *kept}, True)):
            for topic in topics:
                if (number := self._first(topic, leaving)) is not None:
                    self._through(number, topic)
        return denied

    def _first(self, topic: Topic, leaving: bool) -> int | None:
        """The first unanswered request to leave a topic, or to join it."""
        for number, asked in self.asked.items():
            if asked.leaving is leaving and topic in asked.topics:
                return number
        return None

    def _through(self, last: int, topic: Topic) -> None:
        """A request of a topic was answered; what was asked of it before needs no answer."""
        for number in [each for each in self.asked if each <= last]:
            asked = self.asked[number]
            rest = tuple(each for each in asked.topics if each != topic)
            self.asked[number] = asked._replace(topics=rest)
            if not rest:
                del self.asked[number]

    def _pass(self, now: int) -> Reaction:
        if not self.open:
            return QUIET
        if now - self.heard >= DEAD:
            return Reaction(dead=f"no frame for {(now - self.heard) / SECOND:.1f} s")
        late = [topics for topics, since, _ in self.asked.values() if now - since >= UNANSWERED]
        if late:
            return Reaction(dead=f"no answer to the request for {late[0][0].name} and others")
        send = self._due(now)
        last = self.pinged if self.speech.steady else max(self.heard, self.pinged)
        if now - last < self.speech.quiet:
            return Reaction(tuple(send))
        self.pinged = now
        if self.speech.ping is not None:
            send.append(self.speech.ping(now))
        return Reaction(tuple(send), probe=self.speech.ping is None)


QUIET = Reaction()
