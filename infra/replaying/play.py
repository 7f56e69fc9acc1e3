"""A market of a recording that goes on by itself, for all who have subscribed, at a pace."""

from __future__ import annotations

import asyncio
import time
from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass, field

from engine.feeds.events import Trade
from engine.feeds.speech import Kind, Topic
from infra.replaying.books import Books
from infra.replaying.connection import Close, Connection, Cut, Sent, Stall
from infra.replaying.faults import SECOND, Fault, spoilt
from infra.replaying.reel import Reel, parsed
from infra.replaying.words import Shown

BURST = 100
"""Frames after which clients have their turn, however far behind the play is."""
FULL = 10_000
"""Frames that may wait for a client before a play as fast as it goes waits for it."""
MOST_SLEEP = 0.5
LATEST = 5000
"""Frames of trades that are looked through for an answer of REST."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast: `speed` seconds of the recording a second, or `rate` frames a second; with
    neither, as fast as clients read.
    """

    speed: float | None = None
    rate: float | None = None

    def due(self, position: int, time: int, first: int) -> int:
        """ns of the play at which a frame is due; as fast as it goes, those of the recording."""
        if self.rate:
            return int(position * SECOND / self.rate)
        return int((time - first) / (self.speed or 1))


@dataclass(slots=True)
class Play:
    """One market. times: how often it is played; round: how often it has been, from the beginning.
    position: frames that have been played in this round. began: ns of this machine, 0 before.
    """

    reel: Reel
    pace: Pace
    faults: list[Fault]
    times: int = 1
    round: int = 0
    position: int = 0
    began: int = 0
    listeners: dict[Topic, dict[Connection, None]] = field(default_factory=dict)
    books: Books = field(init=False)

    def __post_init__(self) -> None:
        self.books = Books(self.reel)

    @property
    def name(self) -> str:
        """Venue and market."""
        return f"{self.reel.feed.name} {self.reel.market}"

    @property
    def now(self) -> int:
        """The time of the frame that was played last, of the first before that."""
        return self.reel.shots[max(self.position - 1, 0)].time

    def has(self, topic: Topic) -> bool:
        """As words.Market."""
        return self.reel.has(topic)

    def book(self, name: str) -> Shown | None:
        """As words.Market."""
        return self.books.at(name, self.position)

    def begun(self, name: str) -> Shown | None:
        """The book that a subscription begins with: before it is known the next that was recorded,
        whose numbers go on in frames to come.
        """
        return self.book(name) or self.books.coming(name, self.position)

    def trades(self, name: str) -> list[Trade]:
        """The trades that were played last, oldest first."""
        found = self.reel.topics.get(Topic(Kind.TRADES, name), [])
        played = found[: bisect_left(found, self.position)][-LATEST:]
        frames = [self.reel.shots[each].payload for each in played]
        events = [event for frame in frames for event in parsed(self.reel.feed, frame)]
        return [event for event in events if isinstance(event, Trade)]

    def join(self, connection: Connection, topic: Topic) -> None:
        """Send a connection the frames of a topic from now on."""
        self.listeners.setdefault(topic, {})[connection] = None

    def leave(self, connection: Connection, topics: Iterable[Topic] | None = None) -> None:
        """No more of these topics; None: of any."""
        for topic in list(self.listeners) if topics is None else topics:
            self.listeners.get(topic, {}).pop(connection, None)

    async def run(self) -> None:
        """Play to the end, so many times; between two plays all connections are cut."""
        began, self.began = time.monotonic_ns(), time.time_ns()
        shots = self.reel.shots
        first = shots[0].time
        length = self.pace.due(len(shots), shots[-1].time, first)
        for number in range(self.times):
            self.round = number
            if number:
                self._again()
            await self._once(began, self.round * length, first)
        self.rest()
        await self._turn()

    def rest(self) -> None:
        """Send what is late."""
        for connection in self._all():
            _rest(connection)

    async def _once(self, began: int, offset: int, first: int) -> None:
        before = offset
        while self.position < len(self.reel.shots):
            shot = self.reel.shots[self.position]
            due = offset + self.pace.due(self.position, shot.time, first)
            if self.pace.speed or self.pace.rate:
                await _until(began + due)
            self.step(before, due)
            before = due
            if self.position % BURST == 0:
                await self._turn()

    def _again(self) -> None:
        """The recording begins anew, for nobody yet."""
        for connection in self._all():
            connection.note("again", market=self.name)
            connection.send(Cut())
            self.leave(connection)
        self.position, self.books = 0, Books(self.reel)

    def _all(self) -> list[Connection]:
        return list({each: None for of in self.listeners.values() for each in of})

    def step(self, before: int, due: int) -> None:
        """Play one frame, due at a time of the play, the one before at `before`."""
        shot, position = self.reel.shots[self.position], self.position
        number = self.round * len(self.reel.shots) + position
        self.position += 1
        struck = [
            each
            for each in self.faults
            if each.strikes(self.name, number, before, due) and each.befalls(shot.topics)
        ]
        for connection in self._to(shot.topics):
            _deliver(connection, Sent(shot.payload, "recorded", position), struck, self.name)
            if connection.over:
                self.leave(connection)

    def _to(self, topics: tuple[Topic, ...]) -> list[Connection]:
        if len(topics) == 1:
            return list(self.listeners.get(topics[0], ()))
        return list({each: None for topic in topics for each in self.listeners.get(topic, ())})

    async def _turn(self) -> None:
        """Let clients read; wait for them where nothing else sets the pace."""
        await asyncio.sleep(0)
        while not (self.pace.speed or self.pace.rate) and any(
            each.waiting.qsize() > FULL and not each.over for each in self._all()
        ):
            await asyncio.sleep(0.001)


async def _until(moment: int) -> None:
    while (left := (moment - time.monotonic_ns()) / SECOND) > 0.001:
        await asyncio.sleep(min(left, MOST_SLEEP))


def _deliver(connection: Connection, sent: Sent, struck: list[Fault], market: str) -> None:
    """Send a frame with what befalls it."""
    for fault in struck:
        connection.note(fault.kind, sent.position, market, fault.frames)
        if fault.kind == "close":
            connection.send(Close())
            return
        _befall(connection, fault, sent, market)
    if connection.broken:
        return _break(connection, sent)
    if connection.missing:
        connection.missing -= 1
        return
    kinds = [fault.kind for fault in struck]
    if "reorder" in kinds and not connection.late:
        connection.late.append(sent)
        return
    connection.send(sent)
    if "double" in kinds:
        connection.send(sent._replace(origin="double"))
    _rest(connection)


def _befall(connection: Connection, fault: Fault, sent: Sent, market: str) -> None:
    """What happens before a frame."""
    if fault.kind == "disconnect":
        connection.broken = fault.frames
    elif fault.kind == "gap":
        connection.missing = max(connection.missing, fault.frames)
    elif fault.kind == "stall":
        connection.send(Stall(fault.seconds))
    elif fault.kind == "garbage":
        noise = spoilt(sent.payload, f"{fault.seed}|{market}|{sent.position}")
        connection.send(Sent(noise, "garbage", sent.position))


def _break(connection: Connection, sent: Sent) -> None:
    """Lose a frame, if it is not the one with which the connection is cut."""
    if connection.broken > 1:
        connection.send(sent)
    connection.broken -= 1
    if not connection.broken:
        connection.send(Cut())


def _rest(connection: Connection) -> None:
    """Send what is late."""
    for late in connection.late:
        connection.send(late)
    connection.late.clear()
