"""A backtest of columns: what each record does, without the records that do nothing.

The cells are those of engine.replay.desk, and what they are given is what it would give them. A
trade comes to them as a record where it can do something: it closes a bar on which a strategy says
what an account may act upon (engine.replay.poll, engine.replay.calm), an account has news to read,
or something of an account's in the market may move (engine.replay.passing). Every other record
would give decisions that no account does anything about; these are counted and not made. So orders
that ask for something, statuses, journal and portfolio have the bytes of a desk that is given every
record (tests/unit/test_tape_desk.py), and so has every other record that is told. News are read
with a hold, of which nobody is told (engine.replay.holds).

It holds for strategies whose advisors act on bars only (`on_bars`), which is refused otherwise. Of
a signal only what such advisors read is computed: indicators, scores and, where one of them reads
them (`on_features`), the features of bars; no microstructure.

A clock record follows the first record of a market, by which an account learns what it is worth,
and each bar at whose end something is held there, which marks it; elsewhere no clock runs.

Cost: O(trades) of compiled code, a judgment a bar, and the stages' own for each record that is
made.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from engine.books import BooksStage
from engine.columns.signals import BarSignals
from engine.columns.tape import Tape
from engine.decisions import DecisionState
from engine.execution import ExecutionStage
from engine.orders import OrdersStage
from engine.replay.accounts import Accounts
from engine.replay.by_bars import featured, refuse
from engine.replay.course import poll_of
from engine.replay.desk import Delays, Desk, Row
from engine.replay.holds import hears, holds
from engine.replay.passing import EVERY
from engine.replay.poll import Poll, Quiet
from engine.replay.reel import END, Reel
from engine.replay.showing import Showing
from engine.replay.waiting import expiring
from engine.signals import SignalsStage, SignalState
from engine.stage import Cell, Output, Stage
from engine.ticks import TicksStage
from schemas import names
from schemas.decisions import Decision
from schemas.orders import OrderDecision
from schemas.record import Record
from schemas.ticks import Ticks

JUDGING = ("signals", "decisions")
"""Names of the stages that have a cell a market."""


class TapeDesk(Desk):
    """The stages on columns. marks: ns between two marks of what is held, at least a bar; since: as
    of a desk."""

    def __init__(
        self,
        stages: Sequence[Stage[Any]],
        accounts: Sequence[str],
        tapes: Sequence[Tape],
        delays: Delays | None = None,
        marks: int = 0,
        since: int | None = None,
    ) -> None:
        told = featured(stages)
        lean = [each.lean(told) if isinstance(each, SignalsStage) else each for each in stages]
        played = [each for each in lean if not isinstance(each, TicksStage | BooksStage)]
        super().__init__(played, accounts, delays, since)
        refuse(stages, [each.key for each in tapes])
        self.stages = {each.name: each for each in lean}
        self._benched: dict[str, tuple[Cell[SignalState], Cell[DecisionState]]] = {}
        self.reels = [Reel(tape, place, self._poll(tape)) for place, tape in enumerate(tapes)]
        self.clocks: list[Ticks] = []
        self._marks = marks
        self._unread: int | None = None
        self._reached = (0, 0)
        self._executor = next(each for each in lean if isinstance(each, ExecutionStage))
        self._each = Accounts(*map(self._accounts_of, (OrdersStage, ExecutionStage)))
        self._venue = Showing(self._executor, self._each.executions)
        self._warm_up()

    def run(self, inputs: Iterable[Row]) -> Iterator[Row]:
        """What is made, in order. inputs: what is known before the first trade (instruments)."""
        for topic, record in inputs:
            yield topic, record
            self._send(record.seen_time, topic, record)
        while True:
            arrival = self._queue.next_time()
            if arrival is not None and arrival - self.delays.raw <= self._soonest():
                yield from self._arrive(arrival)
                continue
            reel = min(self.reels, key=self._due, default=None)
            time = END if reel is None else reel.time
            if arrival is not None and arrival <= time + self.delays.raw:
                yield from self._arrive(arrival)
            elif reel is None or time == END:
                return
            else:
                self._reached = max(self._reached, (time, reel.place))
                yield from self._turn(reel)

    def _soonest(self) -> int:
        """No reel has a record before this time, ns, whatever is asked of it."""
        return min([reel.soonest for reel in self.reels], default=END)

    def _arrive(self, arrival: int) -> Iterator[Row]:
        """What reaches a stage at a time."""
        self._reached = max(self._reached, (arrival - self.delays.raw, -1))
        yield from self._until(arrival + 1)
        self._news(arrival)

    @property
    def judged(self) -> list[int]:
        """Of each tape, how many of its bars the strategies have judged."""
        return [reel.poll.judged for reel in self.reels]

    def _due(self, reel: Reel) -> tuple[int, int]:
        """When the reel's next record that does something is received, and its place."""
        if not reel.stale:
            return reel.time, reel.place
        reel.come(*self._reached)
        unread = None if self._unread is None else self._unread - self.delays.raw
        watched = [EVERY] if reel.symbol in self._each.near else []
        reaches, expiry = self._venue.reaches(reel) + watched, expiring(self._each.orders, reel.key)
        reel.look(self._next_bar(reel), unread, expiry, reaches)
        return reel.time, reel.place

    def _next_bar(self, reel: Reel) -> int:
        """Number of the next bar at which something is said that matters, or is to be marked."""
        if not reel.marked:
            return reel.bar
        loud = reel.poll.loud(reel.bar, self._quiet(reel))
        return min(loud, reel.mark(self._marks)) if self._venue.holding(reel.key) else loud

    def _quiet(self, reel: Reel) -> Quiet:
        """What no account acts upon, by strategy."""
        _, decisions = self._market(reel.key)
        return self._each.quiet(reel.key, decisions.state.benches)

    def _turn(self, reel: Reel) -> Iterator[Row]:
        """The reel's next record: to the venue, and through the stages where that is of use."""
        at, wanted = reel.next, reel.asked or reel.symbol in self._each.near
        bar = reel.closing(at)
        wanted = self._venue.meet(reel, at) or wanted
        reel.passed(at)
        if not wanted:
            return
        if bar is None and self._each.plain(reel.key):
            yield from self._hold_at(reel, at, reel.seq(at))
        elif bar is None or self._matters(reel, bar):
            yield from self._make(reel, at, reel.ticks(at, reel.seq(at)), bar)
        now = int(reel.tape.trades.seen_time[at])
        due = bar is not None and now - reel.marked >= self._marks
        if not reel.marked or (due and self._venue.holding(reel.key)):
            yield from self._clock(reel, at, now)

    def _matters(self, reel: Reel, bar: int) -> bool:
        """Whether the record of a bar does anything."""
        heard = self._venue.heard or not reel.marked
        return heard or not reel.poll.still(bar, self._quiet(reel))

    def _make(self, reel: Reel, at: int, ticks: Ticks, bar: int | None = None) -> Iterator[Row]:
        """A record through the stages, those before it counted. bar: number of the one that it
        closes.
        """
        self._come_to(reel, ticks.seq)
        signals, decisions = self._market(reel.key)
        last = reel.tape.price(at)
        signals.state.carried, signals.state.last = reel.poll.signals.carried(reel.bar - 1), last
        if bar is not None:
            decisions.state.cast = reel.poll.ballots(bar)
        now = ticks.seen_time + self.delays.raw
        yield names.TICKS, ticks
        self._send(now, names.TICKS, ticks)
        yield from self._until(now + 1)
        self._news(now)

    def _hold_at(self, reel: Reel, at: int, seq: int, *, clock: bool = False) -> Iterator[Row]:
        """A record on which nobody says anything: the accounts read their news with a hold."""
        self._come_to(reel, seq)
        key = reel.key
        _, decisions = self._market(key)
        time = int(reel.tape.trades.seen_time[at])
        now, whole = time + self.delays.raw, list[Decision]()
        for number, bench in enumerate(decisions.state.benches):
            hold = bench.blank.model_copy(update={"key": key, "seen_time": time})
            for cell, executor in self._each.each:
                if clock or not hears(cell, executor, hold):
                    whole = whole or holds(reel.tape, decisions, at, seq, clock=clock)
                    for each in self._take(cell, now, names.DECISIONS, whole[number]):
                        yield each.topic, each.record
        self._judged(key, 1)
        yield from self._until(now + 1)
        self._news(now)

    def _come_to(self, reel: Reel, seq: int) -> None:
        """The record of this number is made now; those before it are counted."""
        skipped = reel.skipped(seq)
        if skipped:
            self._each.hold(reel.key, skipped * self._judged(reel.key, skipped))
        self._unread, reel.must = None, None

    def _clock(self, reel: Reel, at: int, now: int) -> Iterator[Row]:
        """A record that marks what is held."""
        ticks, reel.marked = reel.clock(at, now), now
        self.clocks.append(ticks)
        self._venue.clock(ticks)
        if self._each.plain(reel.key):
            yield from self._hold_at(reel, at, ticks.seq, clock=True)
        else:
            yield from self._make(reel, at, ticks)

    def _meet(self, cell: Cell[Any], order: OrderDecision) -> None:
        """What passes by the account's orders is shown where the venue's price is asked for."""
        if order.outcome == "approved":
            self._venue.show(cell, f"{order.venue}:{order.symbol}")
        self._venue.moves(cell)

    def _hold(self, ticks: Record) -> None:
        """Nobody asks for ticks again."""

    def _warm_up(self) -> None:
        """Count what comes before the accounts hear of decisions."""
        for reel in self.reels:
            passed = reel.begin(self.since)
            warm = passed * self._judged(reel.key, passed) if passed else 0
            for orders in self._each.orders if warm else ():
                orders.pass_over(reel.key, warm)

    def _judged(self, key: str, count: int) -> int:
        """Count records of a market through signals and decisions; decisions of each."""
        signals, decisions = self._market(key)
        signals.pass_over(key, count, (names.SIGNALS, key))
        each = len(decisions.state.benches)
        decisions.pass_over(key, count, (names.DECISIONS, key), each)
        return each

    def _give(self, now: int, topic: str, made: Sequence[Output]) -> Sequence[Output]:
        """Decisions on a signal that no account does anything about are counted, and so are held
        orders that tell the venue's side nothing.
        """
        if topic == names.SIGNALS:
            decisions = [each.record for each in made if isinstance(each.record, Decision)]
            if decisions and all(map(self._calm, decisions)):
                self._each.hold(decisions[0].key, len(decisions))
                made = [each for each in made if not isinstance(each.record, Decision)]
        elif topic == names.DECISIONS:
            made = [each for each in made if not self._each.idle(each.record)]
        return super()._give(now, topic, made)

    def _calm(self, decision: Decision) -> bool:
        """Whether no account does anything about it."""
        return self._each.calm(decision)

    def _news(self, now: int) -> None:
        """See whether an account has something to read: the next record of any market is asked
        for, and one of each where a person has asked for something; every one of a symbol whose
        liquidation is near, for the account may want to close it.
        """
        unread = self._each.news()
        if unread and self._unread is None:
            self._unread = now
        for reel in self.reels:
            reel.stale = True
            if names.STATE in unread and reel.must is None:
                reel.must = now - self.delays.raw

    def _poll(self, tape: Tape) -> Poll:
        """What the strategies will say at the bars of a tape."""
        benches = self._market(tape.key)[1].state.benches
        signals = self.stages["signals"]
        assert isinstance(signals, SignalsStage)
        return poll_of(BarSignals(tape, signals), benches)

    def _market(self, key: str) -> tuple[Cell[SignalState], Cell[DecisionState]]:
        """A market's cells of the stages that judge it."""
        found = self._benched.get(key)
        if found is None:
            signals, decisions = (self._cell(self.stages[each], key) for each in JUDGING)
            found = self._benched[key] = signals, decisions
        return found

    def _accounts_of(self, kind: type[Any]) -> list[Cell[Any]]:
        """The cells of a stage that has one an account."""
        stage = next(each for each in self.stages.values() if isinstance(each, kind))
        return [self._cell(stage, account) for account in self._accounts]
