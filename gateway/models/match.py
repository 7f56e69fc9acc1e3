"""Two versions held against each other: on candles that neither has learnt of, or on what a desk
has recorded of both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from engine.bars import interval_name
from engine.learning.model import Model, parsed
from engine.learning.rivals import Difference, Word, compared, verdict
from engine.learning.stored import is_policy
from engine.performance.bootstrap import Bootstrap
from engine.strategies import Context
from engine.strategies.catalogue import StrategySections
from engine.strategies.contest import Contest, together
from engine.strategies.model import ModelAdvisor, ModelSettings
from engine.strategies.outcomes import Quotes, quotes_of
from gateway.models.series import signals
from gateway.proof.published import Source
from gateway.terminal.span import time_text
from schemas import names
from schemas.codec import decode
from schemas.decisions import Decision, Vote
from schemas.errors import TapelineError
from schemas.signals import Signal
from schemas.ticks import BookState
from topics.models.store import Stored
from topics.settings import Settings

Part = tuple[Contest, Mapping[int, float] | None]
"""One market, and what came of its bars; None where probabilities cannot be held against it."""

NET = ("net_bps",)


class NoMatch(TapelineError):
    """Two models that cannot be held against each other there."""


@dataclass(frozen=True)
class Match:
    """champion, challenger: as they are stored; fee_bps: of a side, of what trading them earned."""

    champion: Stored
    challenger: Stored
    fee_bps: float = 5.0
    seed: int = 1

    @cached_property
    def models(self) -> tuple[Model, Model]:
        """Of both; NoMatch where one is a policy, or their bars have not one length."""
        for each in (self.champion, self.challenger):
            if is_policy(each.model):
                raise NoMatch(f"{each.title} is a policy and foretells nothing: see `models show`")
        one, other = parsed(self.champion.model), parsed(self.challenger.model)
        if one.interval != other.interval:
            lengths = (interval_name(each.interval) for each in (one, other))
            raise NoMatch(f"their bars are {' and '.join(lengths)} long: they share no bar")
        return one, other

    @property
    def alike(self) -> bool:
        """Whether both foretell the same, so that their probabilities can be compared."""
        one, other = (self._target(each) for each in self.models)
        return one == other

    @staticmethod
    def _target(of: Model) -> tuple[Any, ...]:
        return of.target, of.horizon, of.watched_barrier

    @property
    def since(self) -> int:
        """ns up to which one of them may know what happened."""
        return max(each.cutoff for each in self.models)

    @property
    def horizon(self) -> int:
        """Bars of an outcome."""
        return max(each.horizon for each in self.models)

    def contest(self) -> Contest:
        """Of a market."""
        barrier = self.models[0].watched_barrier if self.alike else 0.0
        return Contest(self.horizon, self.since, self.fee_bps, barrier=barrier)

    def judged(self, parts: Sequence[Part], source: str) -> Compared:
        """All markets together; NoMatch where no bar is held out."""
        rows = together((one, one.blank if came is None else came) for one, came in parts)
        early, told = sum(one.early for one, _ in parts), all(came is not None for _, came in parts)
        if not len(rows):
            why = "none is there that both have foretold and whose outcome is known"
            if early:
                why = f"{early:,} are not after {time_text(self.since)}, up to which one has learnt"
            raise NoMatch(f"no bar is left to compare them on: {why}")
        known = compared(rows, self.horizon, Bootstrap(seed=self.seed), () if told else NET)
        word, said = verdict(known)
        return Compared(
            self, source, sum(bool(one.rows) for one, _ in parts), len(rows),
            int(rows.times.min()), int(rows.times.max()), early, known, word, said,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Compared:
    """What came of a match. markets; outcomes: bars of all of them; since, until: ns; early: bars
    that were left out, as one of the two may know them."""

    match: Match
    source: str
    markets: int
    outcomes: int
    since: int
    until: int
    early: int
    figures: dict[str, Difference]
    word: Word
    said: str

    @property
    def text(self) -> str:
        """The verdict as a line."""
        one, other = self.match.challenger.title, self.match.champion.title
        said = {"better": "is better than", "worse": "is worse than",
                "not told apart": "cannot be told apart from"}[self.word]  # fmt: skip
        return f"{one} {said} {other}: {self.said}"

    def as_json(self) -> dict[str, Any]:
        """For programs."""
        of = self.match
        return {
            "champion": of.champion.title, "challenger": of.challenger.title,
            "source": self.source, "markets": self.markets, "outcomes": self.outcomes,
            "from": time_text(self.since), "to": time_text(self.until), "left_out": self.early,
            "figures": {name: asdict(each) for name, each in self.figures.items()},
            "verdict": self.word, "why": self.said, "text": self.text,
        }  # fmt: skip


# -- candles ---------------------------------------------------------------------------------------


def of_candles(match: Match, path: Path, known: Settings) -> Part:
    """Both seats asked at each bar of a file, under the settings of the desk's own one."""
    one, interval = match.contest(), match.models[0].interval
    seats = tuple(_seat(each, known) for each in (match.champion, match.challenger))
    states = tuple(each.initial() for each in seats)
    for signal in signals(path, interval, known):
        first, second = (
            _vote(seat, state, signal) for seat, state in zip(seats, states, strict=True)
        )
        one.take((first, second), quotes_of(signal))
    return one, one.outcomes if match.alike else None


def _seat(stored: Stored, known: Settings) -> ModelAdvisor:
    """Of the settings that the desk's own seat of this model has, else of the defaults."""
    strategies = known.sections(StrategySections).strategies.values()
    advisors = (each for one in strategies for each in one.advisors.values())
    own = [each for each in advisors if isinstance(each, ModelSettings)]
    found = next((each for each in own if each.model == stored.name), ModelSettings())
    update = {"model": stored.name, "version": stored.version, "follow": "champion"}
    return ModelAdvisor(found.model_copy(update=update).asking(stored), stored.version)


def _vote(seat: ModelAdvisor, state: Any, signal: Signal) -> Vote:
    said = seat.judge(state, Context(signal.key, signal.seen_time, signal))
    return said.vote(seat.name, 1.0)


# -- a desk's record -------------------------------------------------------------------------------


def of_records(match: Match, source: Source, shadow: bool = False) -> list[Part]:
    """What a desk's decisions tell of both. shadow: of the challenger only what it said while it
    had no weight."""
    wanted = [each.digest.encode() for each in (match.champion, match.challenger)]
    found: dict[tuple[str, str], Contest] = {}
    for key, _, value in source.keyed(names.DECISIONS):
        if not all(each in value for each in wanted):
            continue
        made = decode(Decision, value)
        if (pair := _pair(match, made.votes, shadow)) is not None:
            one = found.setdefault((key, made.strategy), match.contest())
            one.take(pair, _quotes(made))
    return [(one, one.outcomes if match.alike else None) for one in found.values()]


def _pair(match: Match, votes: Sequence[Vote], shadow: bool) -> tuple[Vote, Vote] | None:
    said = {each.forecast.model: each for each in votes if each.forecast is not None}
    one, other = said.get(match.champion.digest), said.get(match.challenger.digest)
    if one is None or other is None or (shadow and other.weight):
        return None
    return one, other


def _quotes(made: Decision) -> Quotes | None:
    if made.book is not BookState.OK or made.bid is None or made.ask is None:
        return None
    return Quotes(float(made.bid[0]), float(made.ask[0]))
