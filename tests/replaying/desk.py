"""The collector's connections and a replaying venue in one process: no socket, a clock of its own.

What a connection brings goes through the ticks stage, frame by frame, and the book that it gives is
there to be held against the venue's.
"""

from __future__ import annotations

from base64 import b64encode
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, cast

from aiohttp import web

from engine.feeds.planning import FeedSettings, planned
from engine.feeds.wire import Doing, Errand, Wire
from engine.framing import Framer
from engine.spans import SECOND
from engine.stage import Cell
from engine.ticks import TicksStage, TicksState
from infra.recordings import listings
from infra.replaying.connection import Connection, Cut, Pong, Sent, Stall
from infra.replaying.conversation import Conversation
from infra.replaying.dialects.table import DIALECTS
from infra.replaying.faults import Fault
from infra.replaying.play import Pace, Play
from infra.replaying.reel import Reel
from infra.replaying.rest import answer
from schemas import names
from schemas.raw import Listing, ReceivedFrame, Source
from schemas.ticks import Ticks

STEP = SECOND // 5
"""How often a connection looks at the time."""
TRAVEL = SECOND // 20
"""How long an answer of REST takes."""
KNOWN = listings()


def rows_of(reel: Reel, books: Iterable[str]) -> list[Listing]:
    """Names as they are listed, else by their form."""
    venue, market = reel.feed.name, reel.market
    table = {
        row.venue_symbol: row.symbol for row in KNOWN if (row.venue, row.market) == (venue, market)
    }
    found = []
    for name in books:
        symbol = table.get(name) or reel.feed.symbol(market, name)
        assert symbol is not None, name
        found.append(Listing(venue, market, name, symbol))
    return found


class _Gone:
    """What a connection of the venue needs of a socket."""

    transport = None
    closed = False


@dataclass
class Line:
    """One Wire with the venue's side of it. again: when it is opened anew; stalled: till when the
    venue says nothing; pulse: when it said something of itself.
    """

    desk: Desk
    wire: Wire
    conversation: Conversation | None = None
    again: int = 0
    stalled: int = 0
    pulse: int = 0
    errands: deque[tuple[int, Errand, web.Response]] = field(default_factory=deque)

    def open(self) -> None:
        desk, wire = self.desk, self.wire
        connection = Connection(
            desk.opened, wire.address, cast(Any, _Gone()), cast(Any, _Gone()), desk.notes
        )
        desk.opened += 1
        play = desk.play
        dialect = DIALECTS[play.reel.feed.name](play.reel.market, wire.address)
        self.conversation = Conversation(connection, dialect, [play], lambda: None)
        self.errands.clear()
        self.stalled, self.pulse = 0, desk.now
        self.conversation.open()
        self.do(wire.opened(desk.now))

    def do(self, doing: Doing) -> None:
        assert self.conversation is not None
        for text in doing.send:
            self.desk.said.append(str(text))
            if not self.stalled:
                self.conversation.hear(str(text))
        if doing.probe and not self.stalled:
            self.wire.stirred(self.desk.now)
        for errand in doing.fetch:
            last = self.errands[-1][0] if self.errands else self.desk.now
            due = max(last + int(SECOND / self.wire.requests), self.desk.now + TRAVEL)
            self.errands.append((due, errand, answer(errand.url, [self.desk.play])))
        self.desk.refused += [(topic, doing.reason) for topic in doing.refused]
        if doing.dead:
            self.close(doing.dead)

    def close(self, reason: str) -> None:
        assert self.conversation is not None
        self.conversation.end()
        self.conversation = None
        for key, frame in self.wire.closed(self.desk.now, reason):
            self.desk.publish(key, frame, None)
        self.again = self.desk.now + int(self.wire.delay(0.5) * SECOND)
        self.desk.cuts.append(reason)

    def read(self) -> None:
        """All that the venue has sent by now."""
        while self.conversation is not None and not self.conversation.connection.waiting.empty():
            if self.stalled and self.desk.now < self.stalled:
                return
            item = self.conversation.connection.waiting.get_nowait()
            match item:
                case Sent():
                    self.hear(item)
                case Stall(seconds):
                    self.stalled = self.desk.now + int(seconds * SECOND) if seconds else 1 << 62
                case Cut():
                    self.close("the venue cut it")
                case Pong():
                    raise AssertionError("nobody pings by the protocol here")

    def hear(self, sent: Sent) -> None:
        text, now = sent.payload, self.desk.now
        frame = ReceivedFrame(now, Source.WS, "stream", text if isinstance(text, str) else "")
        if isinstance(text, bytes):
            frame = frame._replace(text=b64encode(text).decode(), encoding="base64")
        key, kept = self.wire.keyed(frame)
        self.desk.publish(key, kept, sent)
        self.do(self.wire.heard(now, key, text))

    def passes(self) -> None:
        desk = self.desk
        if self.conversation is None:
            if desk.now >= self.again:
                self.open()
                self.read()
            return
        dialect = self.conversation.dialect
        if dialect.pulse is not None and desk.now - self.pulse >= int(dialect.every * SECOND):
            self.pulse = desk.now
            if self.conversation.subscribed:
                self.conversation.say(dialect.pulse(desk.play.now))
        self.read()
        if self.conversation is not None:
            self.do(self.wire.passed(desk.now))
        while self.errands and self.errands[0][0] <= desk.now and self.conversation is not None:
            self.answer(*self.errands.popleft()[1:])
        self.read()

    def answer(self, errand: Errand, response: web.Response) -> None:
        """The answer comes as it was when it was asked for: the stream has gone on since."""
        desk = self.desk
        desk.fetched.append(errand.url)
        if response.status != 200:
            desk.unfetched.append(errand.url)
            self.wire.failed(desk.now, errand)
            return
        text = response.text
        assert text is not None
        channel = errand.url.rsplit("/", 1)[-1]
        frame = ReceivedFrame(desk.now, Source.REST, channel, text)
        desk.publish(errand.key, frame, None)
        self.do(self.wire.answered(desk.now, errand, text))


@dataclass
class Desk:
    """All connections that what is wanted of a recording needs; settings.symbols are the venue's
    names. now: ns; at: when the last frame was received, each a little after the one before.

    said, fetched, unfetched, refused, cuts: what the collector asked for, and what came of it.
    cells, ticks: of the ticks stage by key. watch: told of each frame that is published, with its
    key and what the venue sent.
    """

    reel: Reel
    settings: FeedSettings
    faults: list[Fault] = field(default_factory=list)
    pace: Pace = field(default_factory=lambda: Pace(speed=1.0))
    now: int = SECOND * 1_800_000_000
    at: int = 0
    opened: int = 0
    notes: list[Any] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    fetched: list[str] = field(default_factory=list)
    unfetched: list[str] = field(default_factory=list)
    refused: list[Any] = field(default_factory=list)
    cuts: list[str] = field(default_factory=list)
    cells: dict[str, Cell[TicksState]] = field(default_factory=dict)
    ticks: dict[str, list[Ticks]] = field(default_factory=dict)
    watch: Callable[[str, ReceivedFrame, Sent | None], None] | None = None

    def __post_init__(self) -> None:
        venue = self.reel.feed.name
        self.play = Play(self.reel, self.pace, self.faults)
        self.rows = rows_of(self.reel, self.settings.symbols)
        self.settings = self.settings.model_copy(
            update={"symbols": tuple(row.symbol for row in self.rows)}
        )
        plans = planned(venue, self.settings, self.rows)
        self.lines = [Line(self, Wire(plan, self.settings)) for plan in plans]
        self.keys = {row.venue_symbol: f"{venue}:{row.symbol}" for row in self.rows}
        self.framer = Framer("desk", 1)
        for line in self.lines:
            line.open()
            line.read()

    def publish(self, key: str, frame: ReceivedFrame, sent: Sent | None) -> None:
        """A frame goes to market.raw, and at once through the ticks stage."""
        self.at = max(self.now, self.at + 2)
        frame = frame._replace(received_ns=self.at)
        for record in (*self.framer.frame(key, frame), *self.framer.tick(self.at + 1)):
            cell = self.cells.get(record.key)
            if cell is None:
                cell = self.cells[record.key] = Cell.fresh(TicksStage(), record.key)
            found = [out.record for out in cell.take(names.RAW, record)]
            ticks = [each for each in found if isinstance(each, Ticks)]
            self.ticks.setdefault(record.key, []).extend(ticks)
        if self.watch is not None:
            self.watch(key, frame, sent)

    def wait(self, span: int) -> None:
        """Let time pass without a frame of the recording."""
        self._until(self.now + span)

    def _until(self, then: int) -> None:
        while self.now < then:
            self.now = min(then, (self.now // STEP + 1) * STEP)
            if self.now % STEP == 0:
                for line in self.lines:
                    line.passes()

    def run(self, frames: int = 1 << 40) -> None:
        """Play on."""
        shots, first = self.reel.shots, self.reel.shots[0].time
        began = self.now - self.pace.due(
            self.play.position, shots[min(self.play.position, len(shots) - 1)].time, first
        )
        before = 0
        for position in range(self.play.position, min(len(shots), self.play.position + frames)):
            due = self.pace.due(position, shots[position].time, first)
            self._until(began + due)
            self.play.step(before, due)
            before = due
            for line in self.lines:
                line.read()
