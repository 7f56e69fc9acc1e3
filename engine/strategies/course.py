"""How a strategy fares at a market: what came of its advisors' votes, and what they weigh by it.

Kept where a strategy's weights are not fixed, or one of its advisors has a loss limit; without it
decisions are what they are, to the byte. On each signal, before the votes are counted:

1. Outcomes that end now are taken, by quotes that have come by now (engine.strategies.outcomes).
2. Shares are learnt of them, and held against the loss limits.
3. The votes are given their weights; one of an advisor that is muted becomes an abstention.
4. Outcomes of the votes that were heard begin.

So a weight rests on what was known at its time, and the vote that it is given to never counts in
it. Nothing happens on a signal without a new bar on which nobody speaks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import fsum
from typing import Any

from pydantic import TypeAdapter

from engine.strategies.judgment import SILENT, Context
from engine.strategies.limits import Losses, Mute
from engine.strategies.outcomes import Outcome, Votes, quotes_of
from engine.strategies.regimes import Market
from engine.strategies.strategy import Strategy
from engine.strategies.weights import Shares, first_shares, learnt, weights_of
from schemas.decisions import Verdict, Vote
from schemas.system import Severity, SystemEvent


@dataclass
class Standing:
    """One advisor's votes, and its losses."""

    votes: Votes = field(default_factory=Votes)
    losses: Losses = field(default_factory=Losses)


@dataclass
class Fared:
    """The state: bars so far; by name how each advisor stands; its share; the market's regime."""

    bars: int = 0
    standings: dict[str, Standing] = field(default_factory=dict)
    shares: dict[str, float] = field(default_factory=dict)
    market: Market = field(default_factory=Market)


class Course:
    """See the module's text. What it has to tell is taken from it by `told`."""

    def __init__(self, strategy: Strategy, key: str, fared: Fared) -> None:
        self._strategy, self._key, self._fared = strategy, key, fared
        self._names = [each.name for each in strategy.advisors]
        self._set = [each.weight for each in strategy.advisors]
        self._first = first_shares(self._set)
        kept = [fared.shares.get(name, -1.0) for name in self._names]
        known = len(fared.shares) == len(kept) and min(kept) >= 0
        same = all((a > 0) == (b > 0) for a, b in zip(kept, self._first, strict=True))
        self._shares: Shares = kept if known and same else self._first
        self._standings = [fared.standings.get(name) or Standing() for name in self._names]
        self._events: list[SystemEvent] = []
        self._quiet: dict[int, tuple[Vote, Vote]] = {}
        self._weigh()

    def weighed(self, votes: tuple[Vote, ...], context: Context) -> tuple[Vote, ...]:
        """The votes on a signal, in the order of the advisors, as they count."""
        spoken = [bool(each.confidence) or each.verdict is not Verdict.HOLD for each in votes]
        fresh = context.signal.fresh
        if fresh:
            self._closed(context)
        if fresh or any(spoken):
            self._end(votes, context)
        pairs = enumerate(zip(votes, spoken, strict=True))
        heard = tuple([self._heard(place, vote, said) for place, (vote, said) in pairs])
        if any(spoken):
            self._begin(heard, context)
        return heard

    @property
    def muted(self) -> frozenset[str]:
        """The advisors that are not heard."""
        pairs = zip(self._names, self._standings, strict=True)
        return frozenset(name for name, each in pairs if each.losses.mute is not None)

    def told(self) -> tuple[SystemEvent, ...]:
        """Of advisors muted or heard again since it was asked last."""
        events, self._events = tuple(self._events), []
        return events

    def _closed(self, context: Context) -> None:
        """A bar has closed: one bar more, the regime, and mutes that are over."""
        self._fared.bars += 1
        if self._strategy.settings.weights == "regime":
            self._fared.market.take(context.signal.indicators, self._strategy.settings.regimes)
            self._weigh()
        limits = self._strategy.limits
        for name, standing in zip(self._names, self._standings, strict=True):
            if standing.losses.heard_again(context.now, limits.get(name)):
                self._tell("unmuted", Severity.INFO, name, "is heard again", {})

    def _end(self, votes: Sequence[Vote], context: Context) -> None:
        """Take the outcomes that end now."""
        of, quotes = self._strategy.settings.outcomes, quotes_of(context.signal)
        ended: dict[int, Outcome] = {}
        for place, (vote, each) in enumerate(zip(votes, self._standings, strict=True)):
            found = each.votes.end(vote, quotes, self._fared.bars, of)
            if found is not None:
                ended[place] = found
        if not ended:
            return
        if self._strategy.settings.weights == "learnt":
            gains = {place: outcome.gain for place, outcome in ended.items()}
            self._shares = learnt(self._shares, self._first, gains, self._strategy.settings.learnt)
            self._weigh()
        for place, outcome in ended.items():
            self._limit(place, outcome.net, context.now)

    def _limit(self, place: int, net: float, now: int) -> None:
        """Hold a loss against the advisor's limit."""
        name, losses = self._names[place], self._standings[place].losses
        limit = self._strategy.limits.get(name)
        if limit is None or losses.mute is not None:
            return
        losses.take(net, now, limit)
        if (mute := losses.mute) is not None:
            facts = {"lost_bps": f"{mute.lost:.12g}", "until": str(mute.until or "")}
            self._tell("muted", Severity.WARNING, name, f"is muted: {_muted(mute)}", facts)

    def _begin(self, heard: Sequence[Vote], context: Context) -> None:
        """Open outcomes of the votes that were heard."""
        of, signal, bars = self._strategy.settings.outcomes, context.signal, self._fared.bars
        quotes, atr = quotes_of(signal), signal.indicators.get("atr")
        for vote, each in zip(heard, self._standings, strict=True):
            each.votes.begin(vote, quotes, atr, bars, of)

    def _heard(self, place: int, vote: Vote, spoken: bool) -> Vote:
        """The vote with its weight and, where it speaks, why it has it; an abstention if muted."""
        weight, mute = self._weights[place], self._standings[place].losses.mute
        if mute is not None:
            return SILENT._replace(reasons=(f"muted: {_muted(mute)}",)).vote(vote.advisor, weight)
        if spoken and self._strategy.settings.weights != "fixed":
            reasons = (*vote.reasons, self._why(place))
            return vote.model_copy(update={"weight": weight, "reasons": reasons})
        if weight == vote.weight:
            return vote
        known = self._quiet.get(place)
        if known is None or known[0] is not vote:
            known = self._quiet[place] = vote, vote.model_copy(update={"weight": weight})
        return known[1]

    def _why(self, place: int) -> str:
        weight, as_set = self._weights[place], self._set[place]
        if self._strategy.settings.weights == "regime":
            return f"weight {weight:.4g} in regime {self._fared.market.regime or 'not known yet'}"
        told = self._standings[place].votes.told
        return f"weight {weight:.4g} of {as_set:.4g} by {told.words}"

    def _weigh(self) -> None:
        """What votes weigh from now on."""
        of = self._strategy.settings
        self._weights = self._set
        if of.weights == "learnt":
            self._weights = weights_of(self._shares, self._first, fsum(self._set), of.learnt)
        elif of.weights == "regime" and self._fared.market.regime:
            table: Mapping[str, float] = of.regimes.weights.get(self._fared.market.regime, {})
            pairs = zip(self._names, self._set, strict=True)
            self._weights = [table.get(name, weight) for name, weight in pairs]
        self._quiet.clear()

    def _tell(
        self, kind: str, severity: Severity, name: str, what: str, facts: dict[str, str]
    ) -> None:
        strategy, where = self._strategy.name, {"market": self._key, "advisor": name}
        self._events.append(
            SystemEvent(
                stage="decisions", severity=severity, kind=kind,
                text=f"{strategy} at {self._key}: advisor {name} {what}",
                facts={"strategy": strategy, **where, **facts},
            )
        )  # fmt: skip

    def dump(self) -> Any:
        """The state as JSON values."""
        self._fared.standings = dict(zip(self._names, self._standings, strict=True))
        self._fared.shares = dict(zip(self._names, self._shares, strict=True))
        return STATES.dump_python(self._fared, mode="json")


STATES = TypeAdapter(Fared)


def course(strategy: Strategy, key: str, begun: Any) -> Course | None:
    """Of a strategy that asks for one; begun: what `Course.dump` gave, None for a new one."""
    if strategy.settings.weights == "fixed" and not strategy.limits:
        return None
    return Course(strategy, key, Fared() if begun is None else STATES.validate_python(begun))


def _muted(mute: Mute) -> str:
    until = "until its limit is changed" if mute.until is None else f"until {mute.until} ns"
    return f"{mute.lost:+.4g} bps, limit {mute.limit.words}; {until}"
