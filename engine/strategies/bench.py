"""Who judges a market for a strategy: its advisors, each at a seat with a state of its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeVar

from engine.advice.standing import told
from engine.strategies.advisor import Advisor
from engine.strategies.course import Course, course
from engine.strategies.ensemble import tally
from engine.strategies.judgment import SILENT, Context
from engine.strategies.strategy import Strategy, advice_of
from schemas.decisions import Decision, Verdict, Vote
from schemas.record import symbol_of, venue_of
from schemas.system import SystemEvent

V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class Seat:
    """One advisor at one market.

    books: symbols it asks for; advice: advisors on ai.advice that it asks for; silent: its vote of
    nothing; absent: that vote while none of those advisors has an opinion that counts.
    """

    advisor: Advisor[Any]
    state: Any
    books: tuple[str, ...]
    advice: tuple[str, ...]
    silent: Vote
    absent: Vote

    def vote(self, context: Context) -> Vote:
        """What it says; of books and advice it is shown what it has asked for."""
        if context.books or context.advice:
            books, advice = _asked(context.books, self.books), _asked(context.advice, self.advice)
            context = context._replace(books=books, advice=advice)
        said = self.advisor.judge(self.state, context)
        if said is SILENT:
            return self.absent if self.advice and not context.advice else self.silent
        return said.vote(self.advisor.name, self.advisor.weight)

    @property
    def failing(self) -> bool:
        """Whether it cannot say anything, as a model may be: one that has `failing` says so."""
        return bool(self.advisor.failing(self.state))  # type: ignore[attr-defined]

    @property
    def turned(self) -> str | None:
        """Why it fails, or "" that it does not, where that is not what it has said last."""
        found: str | None = self.advisor.turned(self.state)  # type: ignore[attr-defined]
        return found


class Ballot(NamedTuple):
    """What a bench says of a signal: its votes, what comes of them, and how sure that is.

    told: events of advisors that were muted, fail, or are heard again.
    """

    votes: tuple[Vote, ...]
    verdict: Verdict
    confidence: float
    told: tuple[SystemEvent, ...] = ()


@dataclass(frozen=True, slots=True)
class Bench:
    """One strategy at one market: its advisors with their states, and a decision to be filled.

    excused: votes that the quorum is not reckoned of. course: what came of its advisors' votes,
    where the strategy asks for that. frail: seats of advisors that may fail.
    """

    strategy: Strategy
    seats: tuple[Seat, ...]
    blank: Decision
    excused: tuple[Vote, ...] = ()
    course: Course | None = None
    frail: tuple[Seat, ...] = ()

    def ballot(self, context: Context) -> Ballot:
        """What its advisors say of a signal; nobody is asked on a clock record."""
        votes: tuple[Vote, ...] = ()
        counted = votes
        if not context.signal.clock:
            votes, counted = self.votes(context)
        settings = self.strategy.settings
        told = () if self.course is None else self.course.told()
        if self.frail:
            told = (*told, *self._turned())
        return Ballot(votes, *tally(counted, settings.quorum, settings.caution), told)

    def allowed(self, verdict: Verdict) -> Verdict:
        """EXIT in place of SHORT where nothing may be sold short."""
        short = self.strategy.settings.allow_short and ":" in self.blank.symbol
        return Verdict.EXIT if verdict is Verdict.SHORT and not short else verdict

    def votes(self, context: Context) -> tuple[tuple[Vote, ...], tuple[Vote, ...]]:
        """What its advisors say, as it counts; and the votes that the quorum is reckoned of.

        These are without the seats that have nobody's advice, are muted, or fail, where the
        strategy falls back.
        """
        said = tuple([seat.vote(context) for seat in self.seats])
        heard = said if self.course is None else self.course.weighed(said, context)
        falls_back = self.strategy.settings.fall_back
        if not falls_back:
            return heard, heard
        out = frozenset() if self.course is None else self.course.muted
        if self.frail:
            out |= {seat.advisor.name for seat in self.frail if seat.failing}
        if not self.excused and not out:
            return heard, heard
        counted = [
            vote
            for seat, own, vote in zip(self.seats, said, heard, strict=True)
            if seat.advisor.name not in out and not any(own is each for each in self.excused)
        ]
        return heard, tuple(counted)

    def _turned(self) -> Iterator[SystemEvent]:
        """An event of each advisor that fails since now, or is sound again."""
        market, strategy = f"{self.blank.venue}:{self.blank.symbol}", self.strategy.name
        for seat in self.frail:
            if (why := seat.turned) is not None:
                said = why or "it can be asked again"
                yield told(market, seat.advisor.name, (strategy,), bool(why), said)


def seated(strategy: Strategy, key: str, kept: Mapping[str, Any], begun: Any = None) -> Bench:
    """The strategy at a market; `kept`: kinds and states of its advisors by their names; `begun`:
    what `Course.dump` gave, None for a new one.
    """
    blank = Decision(
        venue=venue_of(key), symbol=symbol_of(key), strategy=strategy.name, verdict=Verdict.HOLD
    )
    seats = tuple(_seat(each, key, kept.get(each.name)) for each in strategy.advisors)
    falls_back = strategy.settings.fall_back
    excused = tuple(seat.absent for seat in seats if seat.advice and falls_back)
    frail = tuple(seat for seat in seats if hasattr(seat.advisor, "failing"))
    return Bench(strategy, seats, blank, excused, course(strategy, key, begun), frail)


def _seat(advisor: Advisor[Any], key: str, kept: Any) -> Seat:
    """The advisor with its state: as kept by one of its name and kind, else a fresh one."""
    known = kept is not None and kept[0] == advisor.kind
    state = advisor.load(kept[1]) if known else advisor.initial()
    silent, advice = SILENT.vote(advisor.name, advisor.weight), advice_of(advisor, key)
    absent = silent.model_copy(update={"reasons": (f"no advice of {', '.join(advice)}",)})
    return Seat(advisor, state, advisor.books(key), advice, silent, absent)


def _asked(given: Mapping[str, V], names: tuple[str, ...]) -> Mapping[str, V]:
    """Of what there is, what was asked for."""
    return {name: given[name] for name in names if name in given}
