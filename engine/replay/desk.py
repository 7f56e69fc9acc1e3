"""Every stage from market.raw to the portfolio in one process: a backtest.

The cells are those of the workers (engine.stage.Cell): the same code and, record by record, the
same bytes. What a cluster decides by chance, when a record of one topic reaches a stage beside one
of another, is modelled here: each topic has a delay, and records arrive by (time, topic, number).
So a backtest is exact: the same inputs and settings give the same bytes.

    desk = Desk(stages, accounts)
    for topic, record in desk.run(merged_inputs): ...       # every record, inputs too

Cost: O(log n) a record beside the stages' own, n: records on their way; memory: the stages' own and
the ticks that no order has rested on yet.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Protocol, runtime_checkable

from pydantic import BaseModel, ConfigDict, Field

from engine.replay.queue import Queue
from engine.stage import Cell, Output, Stage
from schemas import names
from schemas.decisions import Decision
from schemas.errors import Poison
from schemas.orders import OrderDecision
from schemas.record import Record
from schemas.ticks import Ticks

Row = tuple[str, Record]
"""A record with its topic."""


class Delays(BaseModel):
    """How long records take from one stage to the next, ns.

    raw: from the feed's receipt to the ticks stage (feed latency is in the receive times
    already). books: from a venue's ticks to the strategies that read the book over venues.
    advice: from an advisor's answer to the strategies that read it.
    feedback: from the venue to what the account knows: statuses, then the portfolio's row of it.
    people: from a person's command to the state that it sets. The way of an order to the venue and
    back is the simulated venue's (`[execution.latency]`).
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    raw: int = Field(default=0, ge=0)
    feedback: int = Field(default=5_000_000, ge=0)
    people: int = Field(default=0, ge=0)
    books: int = Field(default=5_000_000, ge=0)
    advice: int = Field(default=5_000_000, ge=0)

    def of(self, topic: str) -> int:
        """The delay of a topic's records."""
        delays = {
            names.RAW: self.raw, names.BOOKS: self.books, names.STATUSES: self.feedback,
            names.STATE: self.people, names.ADVICE: self.advice,
        }  # fmt: skip
        return delays.get(topic, 0)


@runtime_checkable
class TimedStage(Protocol):
    """A stage that follows ticks up to where a record rests (engine.execution)."""

    def position_of(self, state: Any, market: str) -> int: ...
    def follow(self, state: Any, ticks: Ticks) -> None: ...


class Desk:
    """The stages with their cells. accounts: those whose cells are there from the start.

    since: from when on the accounts hear of decisions, ns of seen_time; None: from the first. What
    comes before it warms the market up: it goes as far as trading.decisions, and the venue's books
    follow it, as on a desk whose orders worker is started at that time.
    """

    def __init__(
        self,
        stages: Sequence[Stage[Any]],
        accounts: Sequence[str],
        delays: Delays | None = None,
        since: int | None = None,
    ) -> None:
        self.delays = delays or Delays()
        self.since, self.now = since or 0, 0
        self.letters: list[tuple[str, Record, str]] = []
        self._queue = Queue()
        self._cells: dict[tuple[str, str], Cell[Any]] = {}
        self._routes: dict[tuple[str, str], list[Cell[Any]]] = {}
        self._held: dict[tuple[str, str], deque[Ticks]] = {}
        self._readers: dict[str, list[Stage[Any]]] = {}
        self._timed = next((each for each in stages if isinstance(each, TimedStage)), None)
        self._accounts = tuple(accounts)
        for stage in stages:
            for topic in (stage.main, *stage.sides):
                self._readers.setdefault(topic, []).append(stage)
            for account in accounts if stage.main in OF_ACCOUNTS else ():
                self._cells[stage.name, account] = Cell.fresh(stage, account)
        self._delays = {topic: self.delays.of(topic) for topic in (*self._readers, *MARKET)}

    def run(self, inputs: Iterable[Row]) -> Iterator[Row]:
        """All records, inputs among them, in the order in which they are made.

        inputs: in the order in which they were received; one with an earlier time than those
        before it (within a linger, of another key) arrives when they do.
        """
        return self.play(_received(inputs))

    def play(self, inputs: Iterable[tuple[int, Row]]) -> Iterator[Row]:
        """As `run`, of inputs with the times at which they are made, ns, in order of time.

        `now` is the time at which the record that has just come was made: where some stages of a
        desk have made records, another desk of the rest goes on with them at these times, and
        makes what a desk of all stages would have made.
        """
        for time, (topic, record) in inputs:
            yield from self._until(time)
            self.now = time
            yield topic, record
            self._send(time, topic, record)
        yield from self._until(None)

    def _until(self, time: int | None) -> Iterator[Row]:
        """Everything that happens before a time."""
        while (arrival := self._queue.pop(time)) is not None:
            now, _, _, topic, record = arrival
            if topic == names.DECISIONS and record.seen_time < self.since:
                self._warm(record)
                continue
            route = self._routes.get((topic, record.key))
            for cell in self._route(topic, record.key) if route is None else route:
                for each in self._take(cell, now, topic, record):
                    yield each.topic, each.record
            if topic == names.TICKS and self._timed is not None:
                self._hold(record)

    def _route(self, topic: str, key: str) -> list[Cell[Any]]:
        """The cells that records of a topic and key go to, in the order of their stages."""
        found = [
            self._cell(stage, name)
            for stage in self._readers.get(topic, ())
            for name in stage.cells_of(topic, key)
        ]
        self._routes[topic, key] = found
        return found

    def _send(self, now: int, topic: str, record: Record) -> None:
        """To those that read the topic; of what nobody reads nothing is kept."""
        delay = self._delays.get(topic)
        if delay is not None:
            self._queue.put(now + delay, topic, record)

    def _take(self, cell: Cell[Any], now: int, topic: str, record: Record) -> Sequence[Output]:
        """What one cell makes of one record, on its way; a record it cannot take is a letter."""
        if cell.stage is self._timed and isinstance(record, OrderDecision):
            self._meet(cell, record)
        self.now = now
        try:
            made = cell.take(topic, record)
        except Poison as poison:
            self.letters.append((topic, record, str(poison)))
            return ()
        return self._give(now, topic, made) if made else made

    def _give(self, now: int, topic: str, made: Sequence[Output]) -> Sequence[Output]:
        """Send on what a cell has made of a record of a topic, and tell it."""
        for each in made:
            self._send(now, each.topic, each.record)
        return made

    def _cell(self, stage: Stage[Any], name: str) -> Cell[Any]:
        """The stage's cell of that name, a fresh one at first."""
        cell = self._cells.get((stage.name, name))
        if cell is None:
            cell = self._cells[stage.name, name] = Cell.fresh(stage, name)
        return cell

    def _hold(self, ticks: Record) -> None:
        """Keep ticks for the accounts whose orders will rest on them."""
        assert isinstance(ticks, Ticks)
        for account in self._accounts:
            self._held.setdefault((account, ticks.key), deque()).append(ticks)

    def _warm(self, decision: Record) -> None:
        """Let each account's venue see the market up to a decision that no account hears of."""
        assert isinstance(decision, Decision)
        if self._timed is not None:
            for account in self._accounts:
                cell = self._cells[self._timed.name, account]
                self._follow(cell, decision.key, decision.tick)

    def _meet(self, cell: Cell[Any], order: OrderDecision) -> None:
        """Let the venue come to where an order decision rests, before it takes it."""
        self._follow(cell, f"{order.venue}:{order.symbol}", order.tick)

    def _follow(self, cell: Cell[Any], market: str, tick: int) -> None:
        """Let the account's market pass up to the ticks that an order or decision rests on."""
        assert self._timed is not None
        held, timed = self._held.get((cell.key, market), deque()), self._timed
        while held and held[0].seq <= tick:
            timed.follow(cell.state, held.popleft())


def _received(inputs: Iterable[Row]) -> Iterator[tuple[int, Row]]:
    """Inputs at the running maximum of their times of receipt."""
    last = 0
    for topic, record in inputs:
        last = max(last, record.seen_time)
        yield last, (topic, record)


MARKET = (names.TICKS, names.DECISIONS)
"""What accounts come to the market by, whoever else reads it."""

OF_ACCOUNTS = frozenset((names.DECISIONS, names.ORDERS, names.STATUSES, names.COMMANDS))
"""Main inputs of stages whose cells are accounts."""
