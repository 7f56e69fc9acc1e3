"""What advisors have said, what it cost, and which decisions rest on it: by records alone.

A decision is tainted where an advisor spoke for it whose model's stated knowledge reaches beyond
the decision's time: what it says of that market may be what it remembers, not what it foresees.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from engine.advice.standing import FALLBACK
from engine.strategies.strategy import Strategy, advice_of, is_key, row_followed
from schemas.advice import Advice
from schemas.decisions import Decision, Forecast, Verdict
from schemas.record import Record
from schemas.system import SystemEvent


@dataclass
class Contribution:
    """Of one advisor.

    answers: records of ai.advice, void ones too; void: by fault; cost: in USD; models: who was
    asked. heard: decisions that it spoke for or against; tainted: those before `cutoff`, the
    latest one that a model of its states, ns; unstated: those of which no cut-off is known.
    silences: how often strategies had to go on without it.
    """

    answers: int = 0
    void: Counter[str] = field(default_factory=Counter)
    calls: int = 0
    tokens: int = 0
    cost: Decimal = Decimal(0)
    models: set[str] = field(default_factory=set)
    cutoff: int | None = None
    heard: int = 0
    tainted: int = 0
    unstated: int = 0
    silences: int = 0

    def answered(self, row: Advice) -> None:
        """One more record of ai.advice."""
        self.answers += 1
        if row.opinion.void is not None:
            self.void[row.opinion.void] += 1
        for call in row.calls:
            self.calls += 1
            self.tokens += call.tokens_in + call.tokens_out
            self.cost += Decimal(call.cost)
            self.models.add(f"{call.provider}/{call.model}")
            if call.cutoff is not None:
                self.cutoff = max(self.cutoff or 0, call.cutoff)

    def spoke(self, time: int, forecast: Forecast | None = None) -> None:
        """For or against one more decision, at ns of the market's time. forecast: of the version
        that spoke, where the record names one."""
        self.heard += 1
        if forecast is not None:
            self.cutoff = max(self.cutoff or 0, forecast.cutoff)
            self.tainted += time < forecast.cutoff
            return
        self.unstated += self.cutoff is None
        self.tainted += self.cutoff is not None and time < self.cutoff

    def as_json(self) -> dict[str, Any]:
        """For programs; times in ns."""
        return {
            "answers": self.answers, "void": dict(sorted(self.void.items())), "calls": self.calls,
            "tokens": self.tokens, "cost": format(self.cost, "f"), "models": sorted(self.models),
            "cutoff": self.cutoff, "heard": self.heard, "tainted": self.tainted,
            "unstated": self.unstated, "silences": self.silences,
        }  # fmt: skip


class Ledger:
    """Advisors that strategies ask, and models at their seats that state a `cutoff`.

    Cost: nothing where there are none of either; else O(votes) a decision.
    """

    def __init__(self, strategies: Sequence[Strategy] = ()) -> None:
        self.advisors: dict[str, Contribution] = {}
        self._seats = {
            (strategy.name, one.name): one
            for strategy in strategies
            for one in strategy.advisors
            if hasattr(one, "cutoff")
            or any(advice_of(one, market) for market in filter(is_key, strategy.markets))
        }
        self._names: dict[tuple[str, str, str], tuple[str, ...]] = {}

    def take(self, record: Record) -> None:
        """A record of a desk, in the order in which they are made."""
        if isinstance(record, Decision):
            if self._seats:
                self._decision(record)
        elif isinstance(record, Advice):
            self._of(record.opinion.advisor).answered(record)
        elif isinstance(record, SystemEvent) and record.kind == FALLBACK:
            self._of(record.facts["advisor"]).silences += record.facts["state"] == "silent"

    def _decision(self, decision: Decision) -> None:
        for vote in decision.votes:
            if not vote.confidence and vote.verdict is Verdict.HOLD:
                continue
            place = decision.strategy, vote.advisor, decision.key
            if place not in self._names:
                self._names[place] = self._speaking(*place)
            for name in self._names[place]:
                one = self._of(name)
                one.spoke(decision.seen_time, vote.forecast)

    def _speaking(self, strategy: str, seat: str, market: str) -> tuple[str, ...]:
        """Who speaks from a seat: advisors of ai.advice, or a model that was trained before."""
        one = self._seats.get((strategy, seat))
        if one is None:
            return ()
        if row_followed(one):
            return (seat,)
        cutoff = getattr(one, "cutoff", None)
        if cutoff is None:
            return advice_of(one, market)
        self._of(seat).cutoff = cutoff
        return (seat,)

    def _of(self, advisor: str) -> Contribution:
        return self.advisors.setdefault(advisor, Contribution())

    def as_json(self) -> dict[str, Any]:
        """By advisor, for programs."""
        return {name: each.as_json() for name, each in sorted(self.advisors.items())}

    def rows(self) -> Iterator[tuple[str, Contribution]]:
        """By name."""
        yield from sorted(self.advisors.items())
