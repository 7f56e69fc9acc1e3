"""trading.orders into a live account's executor, on Kafka: lease, restart, snapshots, archive.

The order of a start: lease, snapshot, control.state, then the executor's own start (journal,
venue), and only then the first command. An offset is committed, and a snapshot written, when every
decision before it is durable in the journal or known to be refused. A done order leaves the journal
when a snapshot has its decision as taken and trading.archive has its history.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import faust
from confluent_kafka import Message
from faust.types import TP

from engine.stage import Cell
from executor.guard.budget import RateBudget
from executor.live.archiving import Archive
from executor.live.executor import LiveExecutor
from executor.live.pricing import Prices
from executor.live.stage import LiveStage
from executor.live.telling import Heard, watch
from schemas import names
from schemas.codec import decode
from schemas.commands import ControlState
from schemas.errors import Fatal, Poison
from schemas.orders import OrderDecision
from schemas.record import Record
from schemas.system import Severity, SystemEvent
from topics.acknowledged import Acknowledged
from topics.cells import StageCell
from topics.leased import Leased
from topics.messages import key_of, place_of
from topics.rdkafka.failure import die
from topics.reading import ends, read_all, reader
from topics.settings import Settings

Opened = Callable[["Intake"], LiveExecutor]


class Intake(Leased):
    """The worker of one live account. opened: makes its executor, once the loop runs."""

    def __init__(self, app: faust.App, settings: Settings, account: str, opened: Opened) -> None:
        self.plan = LiveStage(account)
        super().__init__(
            app,
            settings,
            self.plan,
            Cell,
            standing=(account,),
            broadcast=frozenset((names.STATE, names.TICKS)),
            heard_first=frozenset(),  # the executor hears the whole topic as it starts
        )
        self.topics.append(settings.physical(names.TICKS))
        self.account, self._opened = account, opened
        self.producer: Acknowledged | None = None
        self.live: LiveExecutor | None = None
        self.prices: Prices | None = None
        self.budget: RateBudget | None = None
        watch(self)

    async def positions(self, tps: frozenset[TP]) -> Mapping[TP, int]:
        """Restore what was taken, then bring the executor to where it may take more."""
        found = await super().positions(tps)
        cell: Any = self._cells[self.account]
        loop = asyncio.get_running_loop()
        self.producer = Acknowledged(self.settings, die)
        self.live = self._opened(self)
        self.live.desk.scribe.heard = Heard(self.outlet.tally)
        self.archive = Archive(self.live, self.producer)
        for row in await loop.run_in_executor(None, self._settings_rows):
            self.live.set(row)
        await self.live.start(self.settings, cell.state.saved)
        self.plan.dumped = self.live.dump
        protecting = self.live.protecting
        venue = self.live.desk.settings.exchange
        self.prices = Prices(venue, protecting.protects, protecting.price)
        self.live.adopting.valuing.market = self.prices.mid
        ticks = [tp for tp in tps if self.settings.logical(tp.topic) == names.TICKS]
        return {**found, **await loop.run_in_executor(None, self._ends, ticks)}

    def _ends(self, tps: Sequence[TP]) -> dict[TP, int]:
        """Only prices from now on count."""
        consumer = reader(self.settings)
        try:
            marks = ends(consumer, self.settings.physical(names.TICKS))
            return {tp: marks[tp.partition][1] for tp in tps}
        finally:
            consumer.close()

    def _settings_rows(self) -> list[ControlState]:
        """control.state as it is now: a halt is known before the first command is taken."""
        rows = []
        for message in read_all(self.settings, names.STATE):
            try:
                rows.append(decode(ControlState, bytes(message.value() or b"")))
            except Poison:
                continue  # the broadcast of it says so
        return rows

    async def message(self, message: Message) -> None:
        """Prices are looked at; other accounts' records are passed over."""
        place = place_of(message)
        if self.prices is not None and self.settings.logical(place[0]) == names.TICKS:
            self.prices.take(bytes(message.value() or b""))
        elif self.stage.cells_of(names.ORDERS, key_of(message)):
            await super().message(message)
        else:
            self._next[place] = (message.offset() or 0) + 1

    async def feed(self, cell: StageCell, topic: str, record: Record) -> None:
        """Let the cell see it; what is new of it goes to the executor."""
        assert self.live is not None
        cell.take(topic, record)
        if isinstance(record, ControlState):
            self.live.set(record)
        fresh: list[OrderDecision] = cell.state.fresh  # type: ignore[attr-defined]
        while fresh:
            decision = fresh.pop(0)
            if decision.outcome == "approved":
                await self.live.take(decision)
            elif decision.clock:
                price = None if self.prices is None else self.prices.mid(decision.symbol)
                self.live.mark(decision, price)

    async def checkpoint(self) -> None:
        """As of any worker, with all that the executor has given a sequence durable; then what is
        done leaves the journal.
        """
        if self.live is None:
            return
        buried = self.archive.ready()
        captured = await self._captured(self)
        await self.live.desk.scribe.drained()
        await self.outlet.flush()
        self.write(captured)
        await self.outlet.flush()
        await self.archive.bury(buried)

    def told(self, severity: Severity, kind: str, text: str, facts: dict[str, str]) -> None:
        """Something that people should know, on system.events."""
        stage = self.stage.name
        self.outlet.event(
            SystemEvent(
                key=stage, stage=stage, severity=severity, kind=kind, text=text, facts=facts
            )
        )

    def failed(self, error: BaseException) -> None:
        """What nobody foresaw ends the process; the journal has what is needed to go on."""
        text = str(error) if isinstance(error, Fatal) else repr(error)
        die(f"executor of {self.account}: {text}")

    async def ending(self) -> None:
        """Nothing is sent or journalled any more when another process may have the lease."""
        if self.live is not None:
            await self.live.close()
        if self.producer is not None:
            await self.producer.close()
