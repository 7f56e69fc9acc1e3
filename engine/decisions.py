"""The decisions stage: every strategy's judgment on each signal of the markets that it looks at.

It judges the market only; what an account does about it is the orders stage's business.

A strategy may ask for books over venues (market.books) and for advice on its market (ai.advice)
beside the signals. Then its markets are cells that take these in, each row from the moment on that
is its own time (`engine.ahead`), and every decision of such a market names how far it had read
them. Cells of other markets take in none, and their records are what they would be if there were
neither. What people select of models (control.state, `engine.selection`) is read likewise where a
seat follows one, but as it comes: it tells nothing of a market, and its time is not the market's.
No decision waits for advice: where there is none that counts, the strategy goes on without it, and
an event tells so, once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any, ClassVar, cast

from engine.advice.standing import standing, turned
from engine.learning.trees import ready
from engine.newest import newest
from engine.rerun import Rerun
from engine.selection import NO_ROWS, Rows
from engine.stage import Cell, Context, Draft, Tables
from engine.strategies import judgment
from engine.strategies.bench import Ballot, Bench, seated
from engine.strategies.ensemble import DecisionSettings, price
from engine.strategies.judgment import NO_BOOKS
from engine.strategies.rule import RULE
from engine.strategies.strategy import Strategy, is_key, row_followed
from schemas import names
from schemas.advice import Advice
from schemas.commands import ControlState
from schemas.decisions import Decision, Newest, Verdict, Vote
from schemas.orders import Read
from schemas.record import Record
from schemas.refusals import Reason
from schemas.signals import ConsolidatedBook, Signal
from schemas.system import SystemEvent
from schemas.ticks import BookState

BOOK_REFUSALS = {
    BookState.NONE: Reason.NO_BOOK,
    BookState.STALE: Reason.STALE_BOOK,
    BookState.GAPPED: Reason.GAPPED_BOOK,
    BookState.CROSSED: Reason.CROSSED_BOOK,
}
NOBODY = Strategy("", ())
"""Whose hold it is where no strategy looks at a market: every signal gives a record."""

NOTHING: tuple[Read, ...] = ()

OLD = "main"
"""The strategy that snapshots are of which name none."""


@dataclass(slots=True)
class DecisionState:
    """One market: a bench for each strategy that looks at it, in the order of their names.

    owed: a bar closed by the clock alone has not been judged yet. A clock record only carries time,
    so the judgment is made on the next record of the market.
    silent: by advisor on ai.advice that it asks, whether it was told last that it has no word.
    cast: ballots on the next signal where the benches have been asked before it (engine.replay).
    """

    key: str
    benches: tuple[Bench, ...]
    owed: bool = False
    silent: dict[str, bool] = field(default_factory=dict)
    cast: tuple[Ballot, ...] | None = None


class DecisionsStage:
    """trading.signals to trading.decisions, one state a market (see `engine.stage.Stage`)."""

    name = "decisions"
    main = names.SIGNALS
    ignored: frozenset[str] = frozenset()

    def __init__(self, strategies: Sequence[Strategy]) -> None:
        self.strategies = tuple(sorted(strategies, key=lambda each: each.name))
        self.reading = reading(self.strategies)
        self.asking = asking(self.strategies)
        self.following = following(self.strategies)
        self.sides: dict[str, type[Record]] = {}
        if self.reading:
            self.sides[names.BOOKS] = ConsolidatedBook
        if self.asking:
            self.sides[names.ADVICE] = Advice
        self.timely = frozenset(self.sides)
        advisors = chain.from_iterable(each.advisors for each in self.strategies)
        self._followers: list[Any] = [one for one in advisors if row_followed(one)]
        if self.following:
            ready()
            self.sides[names.STATE] = ControlState
        sides = (*self.reading.values(), *self.following.values())
        self._readers = frozenset(chain(self.asking, *sides))

    @property
    def readers(self) -> tuple[str, ...]:
        """The markets whose strategies read books, advice or selections, in order."""
        return tuple(sorted(self._readers))

    def cells_of(self, topic: str, key: str) -> Sequence[str]:
        """A market is a cell of its own; what is read beside goes to those that read it."""
        if topic == names.BOOKS:
            return self.reading.get(key, ())
        if topic == names.STATE:
            return self.following.get(key, ())
        return () if topic == names.ADVICE and key not in self.asking else (key,)

    def initial(self, cell: str) -> DecisionState:
        """Advisors that have seen nothing."""
        return DecisionState(cell, self._benches(cell, {}, {}))

    def heard(self, topic: str, record: Record) -> None:
        """Make a model that was selected ready (see `engine.stage.Stage`)."""
        if isinstance(record, ControlState):
            for one in self._followers:
                one.prepare(record)

    def step(self, state: DecisionState, record: Signal, context: Context) -> list[Draft]:
        """One decision a strategy: a verdict with its prices, hold, or a refusal with a reason."""
        signal = record
        if record.clock:
            state.owed = state.owed or record.fresh
        elif state.owed:
            signal = record.model_copy(update={"fresh": True})
            state.owed = False
        seen, reads = judgment.Context(state.key, context.now, signal), NOTHING
        if state.key in self._readers:
            seen, reads = self._beside(seen, context.tables), context.reads
        last = newest(self.main, signal, context.tables)
        ballots = state.cast or tuple([bench.ballot(seen) for bench in state.benches])
        state.cast = None
        pairs = zip(state.benches, ballots, strict=True)
        made = [decide(bench, signal, ballot, reads, last) for bench, ballot in pairs]
        drafts = [Draft(names.DECISIONS, state.key, each, fresh=True) for each in made]
        drafts += [self._event(state, told) for ballot in ballots for told in ballot.told]
        if state.key in self.asking and not signal.clock:
            drafts += self._turned(state, seen, context.tables)
        return drafts

    def dump(self, state: DecisionState) -> Any:
        """Advisors' kinds and states by strategy and name, and whether a judgment is owed."""
        strategies = {
            bench.strategy.name: {
                seat.advisor.name: [seat.advisor.kind, seat.advisor.dump(seat.state)]
                for seat in bench.seats
            }
            for bench in state.benches
        }
        told: dict[str, Any] = {"silent": {**state.silent}} if state.silent else {}
        courses = {each.strategy.name: each.course.dump() for each in state.benches if each.course}
        if courses:
            told["courses"] = courses
        return {"key": state.key, "strategies": strategies, "owed": state.owed, **told}

    def load(self, data: Any) -> DecisionState:
        """The state that `dump` gave; a strategy or advisor that was not there begins afresh."""
        kept = data.get("strategies")
        if kept is None:
            kept = {OLD: {name: [name, one] for name, one in data["advisors"].items()}}
        key, silent = data["key"], dict(data.get("silent", {}))
        benches = self._benches(key, kept, data.get("courses", {}))
        return DecisionState(key, benches, data["owed"], silent)

    def _benches(
        self, key: str, kept: dict[str, Any], courses: dict[str, Any]
    ) -> tuple[Bench, ...]:
        looking = [each for each in self.strategies if each.looks_at(key)] or [NOBODY]
        return tuple(
            seated(each, key, kept.get(each.name, {}), courses.get(each.name)) for each in looking
        )

    def _beside(self, seen: judgment.Context, tables: Tables) -> judgment.Context:
        """With the books, the advice and the selections of that time."""
        books = cast(judgment.Books, tables.get(names.BOOKS, NO_BOOKS))
        advice = standing(_advice(tables, seen.market), seen.now)
        rows = cast(Rows, tables.get(names.STATE, NO_ROWS))
        return seen._replace(books=books, advice=advice, rows=rows)

    def _turned(
        self, state: DecisionState, seen: judgment.Context, tables: Tables
    ) -> Iterator[Draft]:
        """Events of advisors that fell silent or are back; keyed by market, as this cell counts."""
        asked, row = self.asking[state.key], _advice(tables, state.key)
        for event in turned(state.key, asked, seen.advice, row, state.silent):
            yield self._event(state, event)

    def _event(self, state: DecisionState, event: SystemEvent) -> Draft:
        return Draft(names.EVENTS, f"{self.name}:{state.key}", event)


class DecisionsRerun(Rerun[DecisionState]):
    """A market's cell that first does again what it had decided on books and advice.

    Decisions of a time when its strategies read none tell nothing of an order: they are made anew,
    and readers drop them by their sequence.
    """

    gives: ClassVar[str] = names.DECISIONS

    def __init__(self, cell: Cell[DecisionState], script: Iterable[Decision]) -> None:
        super().__init__(cell, [record for record in script if record.reads])


def reading(strategies: Iterable[Strategy]) -> dict[str, tuple[str, ...]]:
    """By symbol whose book over venues is read, the markets that read it."""
    found: dict[str, set[str]] = {}
    for strategy in strategies:
        for market in filter(is_key, strategy.markets):
            for symbol in strategy.books(market):
                found.setdefault(symbol, set()).add(market)
    return {symbol: tuple(sorted(markets)) for symbol, markets in sorted(found.items())}


def asking(strategies: Iterable[Strategy]) -> dict[str, dict[str, tuple[str, ...]]]:
    """By market, the advisors on ai.advice that it asks, each with the strategies that do."""
    found: dict[str, dict[str, tuple[str, ...]]] = {}
    for strategy in strategies:
        for market in {*filter(is_key, strategy.markets)}:
            for name in strategy.advice(market):
                asked = found.setdefault(market, {})
                asked[name] = (*asked.get(name, ()), strategy.name)
    return {market: dict(sorted(asked.items())) for market, asked in sorted(found.items())}


def following(strategies: Iterable[Strategy]) -> dict[str, tuple[str, ...]]:
    """By key of control.state that seats follow, the markets of their strategies."""
    found: dict[str, set[str]] = {}
    for strategy in strategies:
        for row in filter(None, map(row_followed, strategy.advisors)):
            found.setdefault(row, set()).update(filter(is_key, strategy.markets))
    return {row: tuple(sorted(markets)) for row, markets in sorted(found.items())}


def _advice(tables: Tables, market: str) -> Record | None:
    return tables.get(names.ADVICE, {}).get(market)


def decide(
    bench: Bench, signal: Signal, ballot: Ballot, reads: tuple[Read, ...], last: Newest
) -> Decision:
    """One strategy's decision on a signal, of what its bench has said."""
    votes, verdict, confidence, _ = ballot
    scored = verdict is Verdict.HOLD or _scored(bench, votes, verdict)
    market = {
        "event_time": signal.event_time,
        "tick": signal.tick,
        "strength": signal.strength if scored else confidence,
        "confidence": confidence,
        "atr": signal.indicators.get("atr"),
        "votes": votes,
        "book": signal.book,
        "bid": signal.bid,
        "ask": signal.ask,
        "newest": last,
        "reads": reads,
    }
    if verdict is not Verdict.HOLD:
        settings = bench.strategy.settings
        market.update(_judged(bench.allowed(verdict), signal, settings, votes))
    return bench.blank.model_copy(update=market)


def _scored(bench: Bench, votes: Sequence[Vote], verdict: Verdict) -> bool:
    """True where a rule advisor is behind the verdict: then it is as strong as the scores are."""
    pairs = zip(bench.seats, votes, strict=True)
    return any(seat.advisor.kind == RULE and vote.verdict is verdict for seat, vote in pairs)


def _judged(
    verdict: Verdict, signal: Signal, settings: DecisionSettings, votes: Sequence[Vote]
) -> dict[str, Any]:
    """The fields that the verdict decides."""
    reason = _refusal(signal)
    if reason is not None:
        return {"verdict": Verdict.REFUSED, "reason": reason}
    if verdict is Verdict.EXIT:
        return {"verdict": verdict}
    prices = price(verdict, signal, settings, votes)
    return {
        "verdict": verdict,
        "entry": prices.entry,
        "stop": prices.stop,
        "target": prices.target,
    }


def _refusal(signal: Signal) -> Reason | None:
    """Why nothing can be judged on this book, or None."""
    if signal.book is not BookState.OK:
        return BOOK_REFUSALS[signal.book]
    return Reason.NO_BOOK if signal.bid is None or signal.ask is None else None
