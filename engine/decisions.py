"""The decisions stage: every strategy's judgment on each signal of the markets that it looks at.

It judges the market only; what an account does about it is the orders stage's business.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from engine.newest import newest
from engine.stage import Context, Draft
from engine.strategies.advisor import Advisor
from engine.strategies.ensemble import DecisionSettings, price, tally
from engine.strategies.rule import RULE
from engine.strategies.strategy import Strategy
from schemas import names
from schemas.decisions import Decision, Newest, Verdict, Vote
from schemas.record import Record, symbol_of, venue_of
from schemas.refusals import Reason
from schemas.signals import Signal
from schemas.ticks import BookState

BOOK_REFUSALS = {
    BookState.NONE: Reason.NO_BOOK,
    BookState.STALE: Reason.STALE_BOOK,
    BookState.GAPPED: Reason.GAPPED_BOOK,
    BookState.CROSSED: Reason.CROSSED_BOOK,
}
NOBODY = Strategy("", ())
"""Whose hold it is where no strategy looks at a market: every signal gives a record."""

OLD = "main"
"""The strategy that snapshots are of which name none."""


@dataclass(frozen=True, slots=True)
class Bench:
    """One strategy at one market: its advisors with their states, and a decision to be filled."""

    strategy: Strategy
    seats: tuple[tuple[Advisor[Any], Any], ...]
    blank: Decision


@dataclass(slots=True)
class DecisionState:
    """One market: a bench for each strategy that looks at it, in the order of their names.

    owed: a bar closed by the clock alone has not been judged yet. A clock record only carries time,
    so the judgment is made on the next record of the market.
    """

    key: str
    benches: tuple[Bench, ...]
    owed: bool = False


class DecisionsStage:
    """trading.signals to trading.decisions, one state a market (see `engine.stage.Stage`)."""

    name = "decisions"
    main = names.SIGNALS
    ignored: frozenset[str] = frozenset()

    def __init__(self, strategies: Sequence[Strategy]) -> None:
        self.strategies = tuple(sorted(strategies, key=lambda each: each.name))
        self.sides: dict[str, type[Record]] = {}

    def cells_of(self, topic: str, key: str) -> Sequence[str]:
        """A market is a cell of its own."""
        return (key,)

    def initial(self, cell: str) -> DecisionState:
        """Advisors that have seen nothing."""
        return DecisionState(cell, self._benches(cell, {}))

    def step(self, state: DecisionState, record: Signal, context: Context) -> list[Draft]:
        """One decision a strategy: a verdict with its prices, hold, or a refusal with a reason."""
        signal = record
        if record.clock:
            state.owed = state.owed or record.fresh
        elif state.owed:
            signal = record.model_copy(update={"fresh": True})
            state.owed = False
        last = newest(self.main, signal, context.tables)
        return [
            Draft(names.DECISIONS, state.key, decide(bench, signal, last))
            for bench in state.benches
        ]

    def dump(self, state: DecisionState) -> Any:
        """Advisors' kinds and states by strategy and name, and whether a judgment is owed."""
        strategies = {
            bench.strategy.name: {
                advisor.name: [advisor.kind, advisor.dump(one)] for advisor, one in bench.seats
            }
            for bench in state.benches
        }
        return {"key": state.key, "strategies": strategies, "owed": state.owed}

    def load(self, data: Any) -> DecisionState:
        """The state that `dump` gave; a strategy or advisor that was not there begins afresh."""
        kept = data.get("strategies")
        if kept is None:
            kept = {OLD: {name: [name, one] for name, one in data["advisors"].items()}}
        return DecisionState(data["key"], self._benches(data["key"], kept), data["owed"])

    def _benches(self, key: str, kept: dict[str, Any]) -> tuple[Bench, ...]:
        looking = [each for each in self.strategies if each.looks_at(key)] or [NOBODY]
        return tuple(_bench(each, key, kept.get(each.name, {})) for each in looking)


def _bench(strategy: Strategy, key: str, kept: dict[str, Any]) -> Bench:
    blank = Decision(
        venue=venue_of(key), symbol=symbol_of(key), strategy=strategy.name, verdict=Verdict.HOLD
    )
    seats = tuple((each, _seated(each, kept.get(each.name))) for each in strategy.advisors)
    return Bench(strategy, seats, blank)


def _seated(advisor: Advisor[Any], kept: Any) -> Any:
    """The advisor's state: as kept by one of its name and kind, else a fresh one."""
    if kept is None or kept[0] != advisor.kind:
        return advisor.initial()
    return advisor.load(kept[1])


def decide(bench: Bench, signal: Signal, last: Newest) -> Decision:
    """One strategy's decision on a signal; nobody is asked on a clock record."""
    votes: tuple[Vote, ...] = ()
    if not signal.clock:
        votes = tuple(advisor.advise(state, signal) for advisor, state in bench.seats)
    settings = bench.strategy.settings
    verdict, confidence = tally(votes, settings.quorum, settings.caution)
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
    }
    if verdict is not Verdict.HOLD:
        market.update(_judged(_allowed(verdict, signal.symbol, settings), signal, settings, votes))
    return bench.blank.model_copy(update=market)


def _scored(bench: Bench, votes: Sequence[Vote], verdict: Verdict) -> bool:
    """True where a rule advisor is behind the verdict: then it is as strong as the scores are."""
    pairs = zip(bench.seats, votes, strict=True)
    return any(advisor.kind == RULE and vote.verdict is verdict for (advisor, _), vote in pairs)


def _allowed(verdict: Verdict, symbol: str, settings: DecisionSettings) -> Verdict:
    """EXIT in place of SHORT where nothing may be sold short."""
    short = settings.allow_short and ":" in symbol
    return Verdict.EXIT if verdict is Verdict.SHORT and not short else verdict


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
