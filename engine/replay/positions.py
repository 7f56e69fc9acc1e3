"""An account that judges as a past run of it did: each decision on the side rows it had then read.

Orders and fills depend on when feedback arrived: what the account had heard of its fills, of people
and of contracts when it met a decision. A record of trading.orders says so (`reads`), and the order
of these records says in which order the decisions of different markets were met. Given both, an
account makes its past run's orders, journal, statuses and portfolio again, of its own feedback.

    account = Positioned(name, stages, reads, instruments, commands)
    for topic, record in market.run(inputs):              # a desk as far as trading.decisions
        for made in account.hear(record): ...

Cost: the stages' own; memory: decisions, ticks and rows that the past run had not got to yet.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from engine.control import ControlStage
from engine.execution import Execution, ExecutionStage
from engine.orders import OrdersStage
from engine.portfolio import PortfolioStage
from engine.replay.desk import Row
from engine.stage import Cell, Output
from schemas import names
from schemas.commands import OWN, ControlCommand
from schemas.decisions import Decision
from schemas.errors import TapelineError
from schemas.orders import OrderDecision, Read
from schemas.record import Record, symbol_of
from schemas.ticks import Ticks


class Unheard(TapelineError):
    """A row that the past run had read, and that this one has not."""


class AccountStages(NamedTuple):
    """The stages whose cells are accounts."""

    orders: OrdersStage
    execution: ExecutionStage
    portfolio: PortfolioStage
    control: ControlStage


class Positioned:
    """One account. reads: of each step of its past run, in order, what its records say was read:
    the decision first, then side rows. instruments, commands: all that there were in that run.
    """

    def __init__(
        self, account: str, stages: AccountStages, reads: Iterator[Sequence[Read]],
        instruments: Iterable[Record], commands: Iterator[ControlCommand],
    ) -> None:  # fmt: skip
        self.account, self._stages = account, stages
        self._orders = Cell.fresh(stages.orders, account)
        self._execution: Cell[Execution] = Cell.fresh(stages.execution, account)
        self._portfolio = Cell.fresh(stages.portfolio, account)
        self._control = Cell.fresh(stages.control, account)
        self._reads = reads
        self._next = next(reads, None)
        self._decisions: dict[str, deque[Decision]] = {}
        self._ticks: dict[str, deque[Ticks]] = {}
        self._commands = commands
        self._rows: dict[tuple[str, str], deque[Record]] = {}
        for row in instruments:
            self._put(names.INSTRUMENTS, row)

    @property
    def waits_for(self) -> Read | None:
        """The decision of the past run's next step; None when it has come to its end."""
        return None if self._next is None else self._next[0]

    def hear(self, record: Record) -> Iterator[Row]:
        """Take ticks and decisions in; give what the account makes by now. Raises Unheard."""
        if isinstance(record, Ticks):
            self._ticks.setdefault(record.key, deque()).append(record)
        if not isinstance(record, Decision):
            return
        self._decisions.setdefault(record.key, deque()).append(record)
        while self._next is not None and (decision := self._due(self._next[0])) is not None:
            sides, self._next = self._next[1:], next(self._reads, None)
            yield from self._step(decision, sides)

    def _due(self, main: Read) -> Decision | None:
        """The decision of that place, if it has been made; those before it gave nothing."""
        waiting = self._decisions.get(main.key, deque())
        while waiting and waiting[0].seq < main.seq:
            self._orders.skip(names.DECISIONS, waiting.popleft())
        return waiting.popleft() if waiting else None

    def _step(self, decision: Decision, sides: Sequence[Read]) -> Iterator[Row]:
        for read in sides:
            if read.topic == names.STATE and symbol_of(read.key) not in OWN:
                yield from self._told(read)
            self._orders.take(read.topic, self._row(read))
        for made in self._orders.take(names.DECISIONS, decision):
            yield made.topic, made.record
            if isinstance(made.record, OrderDecision):
                yield from self._execute(made.record)
            else:
                self._put(made.topic, made.record)

    def _told(self, read: Read) -> Iterator[Row]:
        """Take people's commands until they have set the row that was read."""
        rows = self._rows.setdefault((read.topic, read.key), deque())
        while not rows or rows[-1].seq < read.seq:
            command = next(self._commands, None)
            if command is None:
                return
            if self.account in self._stages.control.cells_of(names.COMMANDS, command.key):
                for made in self._control.take(names.COMMANDS, command):
                    self._put(made.topic, made.record)
                    yield made.topic, made.record

    def _execute(self, order: OrderDecision) -> Iterator[Row]:
        """What the venue does with it, and what the account is worth then."""
        waiting = self._ticks.get(f"{order.venue}:{order.symbol}", deque())
        while waiting and waiting[0].seq <= order.tick:
            self._stages.execution.follow(self._execution.state, waiting.popleft())
        for made in self._execution.take(names.ORDERS, order):
            yield made.topic, made.record
            for row in self._valued(made):
                self._put(row.topic, row.record)
                yield row.topic, row.record

    def _valued(self, made: Output) -> list[Output]:
        if made.topic != names.STATUSES:
            return []
        return self._portfolio.take(names.STATUSES, made.record)

    def _put(self, topic: str, row: Record) -> None:
        self._rows.setdefault((topic, row.key), deque()).append(row)

    def _row(self, read: Read) -> Record:
        """A side row; it stays, for what was not read between two steps may be read again."""
        rows = self._rows.get((read.topic, read.key), deque())
        while len(rows) > 1 and rows[0].seq < read.seq:
            rows.popleft()
        if not rows or rows[0].seq < read.seq:
            raise Unheard(
                f"{self.account} had read {read.topic} {read.key} seq {read.seq}, which this run"
                " has not made: play the same raw records under the run's own settings"
            )
        return rows[0].model_copy(update={"seq": read.seq})
