"""A backtest of columns: what each record does, without the records that do nothing.

The cells are those of engine.replay.desk, and what they are given is what it would give them. A
trade comes to them as a record where it can do something: it closes a bar of the strategies'
interval, an account has news to read, or something of an account's in the market may move
(engine.replay.passing). Every other record would give a signal without a new bar, a hold, and an
order decision that holds; these are counted and not made. So decisions that judge, orders,
statuses, journal and portfolio have the bytes of a desk that is given every record
(tests/unit/test_tape_desk.py), and what is left out are signals, holds and ticks that say nothing.

It holds for strategies whose advisors act on bars only (`on_bars`), which is refused otherwise. Of
a signal only what such advisors read is computed: indicators, scores and, where one of them reads
them (`on_features`), the features of bars; no microstructure.

A clock record follows the first record of a market, by which an account learns what it is worth,
and each bar at whose end something is held there, which marks it; elsewhere no clock runs.

Cost: O(trades) of compiled code, and the stages' own for each record that is made.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from engine.books import BooksStage
from engine.columns.tape import Tape
from engine.decisions import DecisionsStage
from engine.execution import ExecutionStage
from engine.orders import OrdersStage
from engine.replay.calm import calm
from engine.replay.desk import Delays, Desk, Row
from engine.replay.passing import EVERY, Reach, reach
from engine.replay.reel import END, Reel
from engine.signals import SignalsStage
from engine.stage import Cell, Output, Stage
from engine.ticks import TicksStage
from schemas import names
from schemas.decisions import Decision, Verdict
from schemas.orders import OrderDecision
from schemas.portfolio import Portfolio
from schemas.record import Record, symbol_of
from schemas.ticks import Ticks

HOLD = Verdict.HOLD


class NotByBars(ValueError):
    """A strategy that cannot be played on columns; says which, and what to do."""


class TapeDesk(Desk):
    """The stages on columns. marks: ns between two marks of what is held, at least a bar."""

    def __init__(
        self,
        stages: Sequence[Stage[Any]],
        accounts: Sequence[str],
        tapes: Sequence[Tape],
        delays: Delays | None = None,
        marks: int = 0,
    ) -> None:
        told = _featured(stages)
        lean = [each.lean(told) if isinstance(each, SignalsStage) else each for each in stages]
        played = [each for each in lean if not isinstance(each, TicksStage | BooksStage)]
        super().__init__(played, accounts, delays)
        _refuse(stages, tapes)
        self.stages = {each.name: each for each in lean}
        self.reels = [Reel(tape, place) for place, tape in enumerate(tapes)]
        self.clocks: list[Ticks] = []
        self._marks = marks
        self._shown: dict[str, tuple[Reel, int, Ticks]] = {}
        self._unread: int | None = None
        self._near: set[str | None] = set()
        self._executor = next(each for each in lean if isinstance(each, ExecutionStage))
        self._orders = self._accounts_of(OrdersStage)
        self._executions = self._accounts_of(ExecutionStage)

    def run(self, inputs: Iterable[Row]) -> Iterator[Row]:
        """What is made, in order. inputs: what is known before the first trade (instruments)."""
        for topic, record in inputs:
            yield topic, record
            self._send(record.seen_time, topic, record)
        while True:
            reel = min(self.reels, key=self._due, default=None)
            time = END if reel is None else reel.time
            arrival = self._queue.next_time()
            if arrival is not None and arrival <= time + self.delays.raw:
                yield from self._until(arrival + 1)
                self._news(arrival)
            elif reel is None or time == END:
                return
            else:
                yield from self._turn(reel)

    def _due(self, reel: Reel) -> tuple[int, int]:
        """When the reel's next record that does something is received, and its place."""
        if not reel.stale:
            return reel.time, reel.place
        unread = None if self._unread is None else self._unread - self.delays.raw
        expiry = min(
            (each.expires for cell in self._orders for each in cell.state.awaiting.values()
             if f"{each.venue}:{each.symbol}" == reel.key),
            default=END,
        )  # fmt: skip
        reaches = [self._reach(cell, reel) for cell in self._executions]
        watched = [EVERY] if symbol_of(reel.key) in self._near else []
        reel.look(unread, expiry, [*reaches, *watched])
        return reel.time, reel.place

    def _reach(self, cell: Cell[Any], reel: Reel) -> Reach:
        market = cell.state.markets.get(reel.key)
        return reach(cell.state, market, self._executor.venue, reel.spread)

    def _turn(self, reel: Reel) -> Iterator[Row]:
        """The reel's next record: to the venue, and through the stages where that is of use."""
        at, asked = reel.next, reel.asked or symbol_of(reel.key) in self._near
        ticks = reel.ticks(at)
        self._shown[reel.key] = reel, at, ticks
        for cell in self._executions:
            if reel.meets(at, self._reach(cell, reel)):
                self._show(cell, reel.key)
                asked = asked or bool(cell.state.happened)
        reel.passed(at)
        if not asked:
            return
        yield from self._make(reel, ticks)
        if not reel.marked or (ticks.bars and self._at_work(reel, ticks.seen_time)):
            yield from self._clock(reel, at, ticks.seen_time)

    def _make(self, reel: Reel, ticks: Ticks) -> Iterator[Row]:
        """A record through the stages, those before it counted."""
        skipped = reel.skipped(ticks.seq)
        if skipped:
            self._pass_over(reel.key, skipped)
        self._unread, reel.must = None, None
        now = ticks.seen_time + self.delays.raw
        yield names.TICKS, ticks
        self._send(now, names.TICKS, ticks)
        yield from self._until(now + 1)
        self._news(now)

    def _clock(self, reel: Reel, at: int, now: int) -> Iterator[Row]:
        """A record that marks what is held."""
        ticks, reel.marked = reel.clock(at, now), now
        self.clocks.append(ticks)
        for cell in self._executions:
            self._show(cell, reel.key)
            self._executor.follow(cell.state, ticks)
        yield from self._make(reel, ticks)

    def _at_work(self, reel: Reel, now: int) -> bool:
        """Whether an account holds something in the market, and it is time to mark it."""
        if now - reel.marked < self._marks:
            return False
        cells = self._executions
        markets = [cell.state.markets.get(reel.key) for cell in cells]
        return any(market is not None and market.position for market in markets)

    def _show(self, cell: Cell[Any], key: str) -> None:
        """Let the account's market pass up to the trade that has come; the one before it shows the
        book that a command meets which is due between the two.
        """
        state, executor, (reel, at, ticks) = cell.state, self._executor, self._shown[key]
        last = executor.position_of(state, key)
        if last >= ticks.seq:
            return
        if at and last < ticks.seq - 1 and not self._reach(cell, reel).still:
            before = reel.tape.ticks(at - 1, ticks.seq - 1)
            executor.pass_over(state, key, ticks.seq - 2)
            executor.follow(state, before)
        executor.pass_over(state, key, ticks.seq - 1)
        executor.follow(state, ticks)

    def _meet(self, cell: Cell[Any], order: OrderDecision) -> None:
        """What passes by the account's orders is shown where the venue's price is asked for."""
        if order.outcome == "approved":
            self._show(cell, f"{order.venue}:{order.symbol}")

    def _hold(self, ticks: Record) -> None:
        """Nobody asks for ticks again."""

    def _pass_over(self, key: str, count: int) -> None:
        """Count records of a market that give a hold for each strategy, and do nothing."""
        signals = self._cell(self.stages["signals"], key)
        signals.pass_over(key, count, (names.SIGNALS, key))
        decisions = self._cell(self.stages["decisions"], key)
        each = len(decisions.state.benches)
        decisions.pass_over(key, count, (names.DECISIONS, key), each)
        self._holds(key, count * each)

    def _holds(self, key: str, count: int) -> None:
        """Count decisions of a market that every account has answered with a held order."""
        for orders, executor in zip(self._orders, self._executions, strict=True):
            place = f"{orders.key}:{symbol_of(key)}"
            orders.pass_over(key, count, (names.ORDERS, place))
            executor.pass_over(place, count)

    def _give(self, now: int, made: Sequence[Output]) -> Iterator[Row]:
        """Decisions on a signal that no account does anything about are not sent on, and holds
        among them not told.
        """
        decisions = [each.record for each in made if isinstance(each.record, Decision)]
        if not decisions or not all(map(self._calm, decisions)):
            yield from super()._give(now, made)
            return
        yield from ((names.DECISIONS, each) for each in decisions if each.verdict is not HOLD)
        self._holds(decisions[0].key, len(decisions))

    def _calm(self, decision: Decision) -> bool:
        """Whether every account holds, and its venue has nothing to tell by the way."""
        cells = zip(self._orders, self._executions, strict=True)
        return all(calm(each, decision) and not at.state.happened for each, at in cells)

    def _news(self, now: int) -> None:
        """See whether an account has something to read: the next record of any market is asked
        for, and one of each where a person has asked for something; every one of a symbol whose
        liquidation is near, for the account may want to close it.
        """
        unread = [cell.unread for cell in self._orders if cell.unread]
        if unread and self._unread is None:
            self._unread = now
        rows = (cell.tables.get(names.PORTFOLIO, {}) for cell in self._orders)
        self._near = {
            row.symbol
            for table in rows
            for row in table.values()
            if isinstance(row, Portfolio) and row.watch != "ok"
        }
        for reel in self.reels:
            reel.stale = True
        if any(names.STATE in each for each in unread):
            for reel in self.reels:
                reel.must = now - self.delays.raw if reel.must is None else reel.must

    def _accounts_of(self, kind: type[Any]) -> list[Cell[Any]]:
        """The cells of a stage that has one an account."""
        stage = next(each for each in self.stages.values() if isinstance(each, kind))
        return [self._cell(stage, account) for account in self._accounts]


def _featured(stages: Sequence[Stage[Any]]) -> bool:
    """Whether an advisor reads the features of bars."""
    strategies = [
        each for stage in stages if isinstance(stage, DecisionsStage) for each in stage.strategies
    ]
    return any(getattr(one, "on_features", False) for each in strategies for one in each.advisors)


INSTEAD = "it needs a recording, played without columns"


def _refuse(stages: Sequence[Stage[Any]], tapes: Sequence[Tape]) -> None:
    """NotByBars for a strategy that looks at a market and does not act on bars alone, and for two
    venues of one symbol, whose orders would be numbered together.
    """
    symbols = [symbol_of(tape.key) for tape in tapes]
    if len(set(symbols)) < len(symbols):
        raise NotByBars("two venues of one symbol: play them apart")
    strategies = [
        each for stage in stages if isinstance(stage, DecisionsStage) for each in stage.strategies
    ]
    for each in strategies:
        if any(each.books(tape.key) for tape in tapes):
            raise NotByBars(f"strategy {each.name} reads books over venues: {INSTEAD}")
        late = [one.name for one in each.advisors if not getattr(one, "on_bars", False)]
        if late and any(each.looks_at(tape.key) for tape in tapes):
            raise NotByBars(
                f"strategy {each.name}: {', '.join(late)} looks at every record, not at bars alone:"
                f" {INSTEAD}"
            )
