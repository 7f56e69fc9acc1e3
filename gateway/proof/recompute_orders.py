"""An account's orders computed again, each on what it says that it had read.

Decisions are taken as they are published. The side rows are on compacted topics, where only the
latest may be left, so those that the desk has made are made again: portfolio rows from the
account's statuses, control rows from people's commands, an account's own halt from its orders.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any

from engine.control import EVERY, ControlStage
from engine.stage import Cell, Output
from gateway.backtests.stages import Stages
from gateway.proof.chain import Chain
from gateway.proof.comparison import Comparison, Different, Verdict
from gateway.proof.published import Source, Values
from schemas import names
from schemas.codec import decode
from schemas.commands import OWN, ControlCommand
from schemas.errors import Poison
from schemas.orders import OrderDecision, Read
from schemas.record import Record, symbol_of
from schemas.statuses import Status
from topics import BY_NAME

Place = tuple[str, str]
"""A topic and a key."""


def orders(chain: Chain, stages: Stages, source: Source, verdict: Verdict) -> None:
    """The account's records from its first on, up to the order's; raises Different."""
    account = chain.order.account
    past = Past(account, stages, source, verdict)
    wanted = {order.id for order in (chain.order, *chain.changes)}
    for published in steps(source.of_account(names.ORDERS, account)):
        past.redo(published)
        found = {order.id for order, _ in published}
        if chain.order.id in found:
            verdict.knew = {topic: dict(rows) for topic, rows in past.cell.tables.items()}
        wanted -= found
        if not wanted:
            return
    raise Different(f"{names.ORDERS} of {account} ends before {', '.join(sorted(wanted))}")


def steps(values: Values) -> Iterator[list[tuple[OrderDecision, bytes]]]:
    """Order records with their bytes, those that one decision gave together."""
    found = ((decode(OrderDecision, value), value) for _, value in values)
    for _, step in groupby(found, key=lambda one: one[0].cause):
        yield list(step)


class Past:
    """An account's cell that is given again what it had read."""

    def __init__(self, account: str, stages: Stages, source: Source, verdict: Verdict) -> None:
        self.cell: Cell[Any] = Cell.fresh(stages.orders, account)
        self._source, self._comparison = source, Comparison(source, verdict)
        self._rows = Rows(account, stages, source, self._comparison)
        self._decisions: dict[str, Iterator[tuple[int, bytes]]] = {}

    def redo(self, published: list[tuple[OrderDecision, bytes]]) -> None:
        """One step: what its records say was read, and then the same records; else Different."""
        main, *sides = published[0][0].reads
        for read in sides:
            self.cell.take(read.topic, self._rows.at(read))
        left = deque(published)
        for made in self._take(main):
            if made.topic != names.ORDERS:
                self._comparison.meet(made)
                self._rows.put(made)
                continue
            name = f"{made.topic} {made.key} seq {made.record.seq}"
            if not left or left[0][0].seq != made.record.seq or left[0][0].key != made.key:
                raise Different(f"{name} is not published")
            self._comparison.same(name, made, left.popleft()[1])
        if left:
            raise Different(f"{names.ORDERS} {left[0][0].key} seq {left[0][0].seq}: made no more")

    def _take(self, main: Read) -> list[Output]:
        """What the decision gives; those before it that gave nothing are passed over."""
        if main.key not in self._decisions:
            self._decisions[main.key] = iter(self._source.of(names.DECISIONS, main.key))
        for seq, value in self._decisions[main.key]:
            try:
                record = decode(BY_NAME[names.DECISIONS].record, value)
            except Poison:
                self.cell.forget(names.DECISIONS, main.key)
                continue
            if seq == main.seq:
                return self.cell.take(names.DECISIONS, record)
            self.cell.skip(names.DECISIONS, record)
        raise Different(f"{names.DECISIONS} {main.key} seq {main.seq} is gone")


class Rows:
    """The side rows of an account, each as it was."""

    def __init__(
        self, account: str, stages: Stages, source: Source, comparison: Comparison
    ) -> None:
        self._source, self._comparison = source, comparison
        self._rows: dict[Place, deque[Record]] = {}
        self._portfolio = Cell.fresh(stages.portfolio, account)
        self._statuses = iter(source.of_account(names.STATUSES, account))
        self._control = controlled(stages.control, account, source.of_all(names.COMMANDS))

    def put(self, made: Output) -> None:
        """A row that has come out again."""
        self._rows.setdefault((made.topic, made.key), deque()).append(made.record)

    def at(self, read: Read) -> Record:
        """The row that was read; Different where it can be had no more."""
        place = read.topic, read.key
        if read.topic == names.PORTFOLIO:
            self._value(read)
        elif read.topic == names.STATE and symbol_of(read.key) not in OWN:
            self._hear(read)
        if place not in self._rows:
            model = BY_NAME[read.topic].record
            found = (decode(model, value) for _, value in self._source.of(*place))
            self._rows[place] = deque(found)
        rows = self._rows[place]
        while rows and rows[0].seq < read.seq:
            rows.popleft()
        if not rows:
            raise Different(f"{read.topic} {read.key} seq {read.seq} is gone")
        # Where only a later row is left it stands in; the order's bytes show if it said the same.
        return rows[0].model_copy(update={"seq": read.seq})

    def _value(self, read: Read) -> None:
        """Take the account's statuses until they have made the portfolio row that was read."""
        while self._portfolio.made.get(read.topic, {}).get(read.key, -1) < read.seq:
            _, value = next(self._statuses, (-1, b""))
            if not value:
                raise Different(f"{names.STATUSES} end before {read.topic} {read.key} {read.seq}")
            for made in self._portfolio.take(names.STATUSES, decode(Status, value)):
                self._comparison.meet(made)
                self.put(made)

    def _hear(self, read: Read) -> None:
        """Take people's commands until they have set the row that was read."""
        rows = self._rows.setdefault((read.topic, read.key), deque())
        while not rows or rows[-1].seq < read.seq:
            made = next(self._control, None)
            if made is None:
                raise Different(f"{names.COMMANDS} end before {read.topic} {read.key} {read.seq}")
            self._comparison.meet(made)
            self.put(made)


def controlled(
    stage: ControlStage, account: str, commands: Iterable[tuple[int, bytes]]
) -> Iterator[Output]:
    """The control rows that people's commands have set for an account."""
    cell = Cell.fresh(stage, account)
    for _, value in commands:
        try:
            command = decode(ControlCommand, value)
        except Poison:
            for key in (f"{account}:*", f"{EVERY}:*"):
                cell.forget(names.COMMANDS, key)
            continue
        if account in stage.cells_of(names.COMMANDS, command.key):
            yield from cell.take(names.COMMANDS, command)
