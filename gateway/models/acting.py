"""A policy out of series: searched for on a first span, chosen on a second, and shown on a third
that neither has seen.

The search is in numbers (gateway.models.rehearsal); what it comes back with is played over the
second span by the desk itself, on its simulated venue, net of its costs. The candidate that earned
the most there is the policy; where none earned anything, it is the one that holds nothing. Nothing
of a later bar is read for either: the cut-off is the end of the second span, and the desk is given
no candle behind it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from engine.bars import interval_name
from engine.decisions import DecisionsStage
from engine.learning.form import Form
from engine.learning.logistic import LEAST, Linear
from engine.learning.policy import Policy
from engine.learning.reference import Bins
from engine.performance.bootstrap import Bootstrap
from engine.performance.returns import Ratios
from engine.research.splits import Window
from engine.strategies.ensemble import DecisionSettings
from engine.strategies.policy import PolicyAdvisor, PolicySettings
from engine.strategies.strategy import Strategy
from gateway.models.contenders import Waiting
from gateway.models.evolving import Recipe, candidates
from gateway.models.fitting import short
from gateway.models.rehearsal import Rules, Scale, World, inside
from gateway.models.series import Integers, Matrix, Series
from gateway.models.trading import FEE, Judged, held, pooled, traded
from schemas.errors import TapelineError
from topics.models.store import Stored, digest_of
from topics.settings import Settings

WARM = 200
"""Bars before a span that the desk hears beforehand."""

LEAST_BARS = 100
"""Of a span that is trained on."""

RISK = {"minimum_strength": 0, "minimum_confidence": 0}
"""A policy's confidence is no probability: none of its words is held back for it."""

Tell = Callable[[str, int], None]


class TooFew(TapelineError):
    """A span without enough bars."""


class Spans(NamedTuple):
    """Where it is searched for, chosen, and shown; the last None: nowhere."""

    train: Window
    validation: Window
    held_out: Window | None


@dataclass(frozen=True, slots=True)
class Market:
    """What it is to trade, `venue:symbol`, by which settings. own: by name of a file, the market
    that its candles are of, where that is another one: its tick is the spread that is paid."""

    key: str
    settings: Settings
    own: Mapping[str, str] = field(default_factory=dict)

    def of(self, one: Series) -> str:
        """What a file is traded as."""
        return self.own.get(one.path.name, self.key)

    @property
    def rules(self) -> Rules:
        """The desk's, in numbers."""
        of = self.settings.of("decisions", DecisionSettings)
        contract = ":" in self.key.partition(":")[2]
        distances = float(of.stop_percent) / 100, float(of.target_percent) / 100
        return Rules(FEE[contract], *distances, short=contract and of.allow_short)

    def known(self, interval: int) -> Settings:
        """The settings with bars of that length, ns."""
        return self.settings.model_copy(update={
            "signals": {**self.settings.signals, "interval": interval_name(interval)},
            "strategies": {}, "risk": RISK,
            "ticks": {"intervals": [interval], "trade_counts": ()},
        })  # fmt: skip


@dataclass(frozen=True, slots=True)
class Training:
    """Series, spans and market of one training."""

    found: Sequence[Series]
    spans: Spans
    market: Market
    recipe: Recipe
    tell: Tell

    @property
    def names(self) -> tuple[str, ...]:
        """The inputs."""
        return self.found[0].names

    def policy(self) -> Policy:
        """The policy, as in the module's text."""
        tried = [self.policy_of(row) for row in self._candidates()]
        worth = []
        for number, each in enumerate(tried, 1):
            self.tell(f"validation: candidate {number} of {len(tried)}", 1)
            worth.append(self.played(each, self.spans.validation).returns.growth)
        best = int(np.argmax(worth))
        return tried[best] if worth[best] > 1 else self.policy_of(np.zeros(len(self.names) + 2))

    def played(self, policy: Policy, span: Window) -> Judged:
        """What the desk made of it over a span, in every series that has bars there."""
        text = text_of(policy)
        of = Stored("policy", "tried", digest_of(text), text, {})
        settings = PolicySettings(kind="policy").asking(of)
        known, parts = self.market.known(policy.interval), []
        for one in self._there(span):
            seat: Any = Waiting(PolicyAdvisor(settings, "policy"), span.since)
            stage = DecisionsStage((Strategy("tried", (seat,)),))
            began = Window(span.since - WARM * policy.interval, span.until)
            parts.append(traded(one, self.market.of(one), stage, span.since, known, began))
        return Judged(parts)

    def figures(self, policy: Policy, span: Window) -> dict[str, Any]:
        """As a card has them, beside buying and holding."""
        told = self.played(policy, span).told(Bootstrap(seed=self.recipe.seed))
        there = [
            held(one, self.market.of(one), span.since, span.until) for one in self._there(span)
        ]
        return {**told, "buy_and_hold": Ratios.of(pooled(there)).total_return}

    def _there(self, span: Window) -> list[Series]:
        return [one for one in self.found if inside(one, span).sum() > 1]

    def _candidates(self) -> Matrix:
        if (count := len(self._inputs)) < LEAST_BARS:
            raise TooFew(f"the training span has {count} bars, {LEAST_BARS} are needed: add files")
        world = World(self.found, self.spans.train, self.market.rules, self.scale)

        def tell(steps: int) -> None:
            self.tell("search", steps)

        return candidates(world, len(self.names), self.recipe, tell)

    @property
    def scale(self) -> Scale:
        """Of the inputs of the training span."""
        x = self._inputs
        mean, deviation = np.nan_to_num(np.nanmean(x, axis=0)), np.nan_to_num(np.nanstd(x, axis=0))
        kept = np.where(deviation < LEAST, 1.0, deviation)
        return Scale(*(np.array([short(float(each)) for each in row]) for row in (mean, kept)))

    @property
    def _inputs(self) -> Matrix:
        span = self.spans.train
        return np.concatenate([one.inputs[inside(one, span)] for one in self.found])

    def policy_of(self, row: Matrix) -> Policy:
        """Coefficients, bias and stay as a policy."""
        numbers, scale, x = [short(float(each)) for each in row], self.scale, self._inputs
        count = len(self.names)
        return Policy(
            format=1, kind="policy", interval=self.found[0].interval,
            cutoff=self.spans.validation.until, inputs=self.names,
            linear=Linear(
                mean=tuple(scale.mean.tolist()), deviation=tuple(scale.deviation.tolist()),
                coefficients=(tuple(numbers[:count]),),
            ),
            bias=numbers[count], stay=abs(numbers[count + 1]),
            reference={name: Bins.of(x[:, n]) for n, name in enumerate(self.names)},
        )  # fmt: skip


def text_of(policy: Form) -> bytes:
    """The bytes of model.json: the same policy gives the same."""
    return policy.model_dump_json().encode() + b"\n"


def spans(closes: Integers, validation: float, test: float) -> Spans:
    """The bars of all series in order of time, by the ns at which they close, cut by shares."""
    times = np.sort(closes)
    last = int(times[-1]) + 1

    def at(share: float) -> int:
        return int(times[min(int(len(times) * share), len(times) - 1)]) if share < 1 else last

    chosen, shown = at(1 - validation - test), at(1 - test) if test else last
    held_out = Window(shown, last) if test else None
    return Spans(Window(int(times[0]), chosen), Window(chosen, shown), held_out)
