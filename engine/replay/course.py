"""What the rule advisor says at all bars at once, where it alone is asked.

Its stance is the side of its last entry, and its entries follow from the scores, so its verdicts
are columns. The words, prices and confidence of a bar come of the advisor itself, from the stance
that it has there (tests/unit/test_poll.py holds both against each other, bar by bar).
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

import numpy as np

from engine.columns.scores import ScoreColumns
from engine.columns.signals import BarSignals
from engine.columns.trades import Integers
from engine.replay.poll import Poll, Quiet
from engine.strategies import Context
from engine.strategies.bench import Ballot, Bench
from engine.strategies.rule import RuleAdvisor
from schemas.decisions import Verdict

CODES = tuple(Verdict)
SIDES = {1: Verdict.LONG, -1: Verdict.SHORT, 0: None}


class RulePoll(Poll):
    """A poll of benches on each of which one rule advisor sits."""

    def __init__(self, signals: BarSignals, benches: Sequence[Bench]) -> None:
        super().__init__(signals, benches)
        self._stances = _stances(signals.scores)
        said = _said(signals.scores, self._stances)
        self._codes = [_allowed(bench, said) for bench in self._benches]
        self._loud: dict[Quiet, list[int]] = {}

    @property
    def judged(self) -> int:
        """All of them."""
        return len(self.signals)

    def loud(self, first: int, quiet: Quiet) -> int:
        """O(log n)."""
        found = self._loud.get(quiet)
        if found is None:
            pairs = zip(self._codes, quiet, strict=True)
            heard = [~np.isin(codes, [CODES.index(each) for each in one]) for codes, one in pairs]
            found = self._loud[quiet] = np.flatnonzero(np.any(heard, axis=0)).tolist()
        at = bisect_left(found, first)
        return found[at] if at < len(found) else len(self.signals)

    def still(self, number: int, quiet: Quiet) -> bool:
        """Whether all that is said at a bar is quiet."""
        return self.loud(number, quiet) != number

    def ballots(self, number: int) -> tuple[Ballot, ...]:
        """What each bench says at a bar."""
        signal = self.signals.signal(number)
        context = Context(signal.key, signal.seen_time, signal)
        before = SIDES[int(self._stances[number - 1])] if number else None
        for bench in self._benches:
            (seat,) = bench.seats
            seat.state.stance = before
        return tuple([bench.ballot(context) for bench in self._benches])


def poll_of(signals: BarSignals, benches: Sequence[Bench]) -> Poll:
    """The poll of a market's benches: at once where that can be, else bar by bar."""
    alone = all(len(each.seats) == 1 and each.course is None and _by_rule(each) for each in benches)
    return (RulePoll if alone else Poll)(signals, benches)


def _by_rule(bench: Bench) -> bool:
    advisor = bench.seats[0].advisor
    return type(advisor) is RuleAdvisor and not advisor.settings.with_trend


def _stances(scores: ScoreColumns) -> Integers:
    """The side that was entered on last, each bar's own entry included: 1, -1, or 0 before one."""
    entered = np.where(scores.acts != 0, np.arange(len(scores.acts)), -1)
    last = np.maximum.accumulate(entered) if len(entered) else entered
    return np.where(last >= 0, scores.acts[last], 0)


def _said(scores: ScoreColumns, stances: Integers) -> Integers:
    """Verdicts by their codes: an entry, else EXIT where the scores lean against the stance."""
    against = (stances != 0) & (np.sign(scores.buy - scores.sell) == -stances)
    wanted = (scores.acts > 0, scores.acts < 0, against & ~np.isnan(scores.strength))
    codes = [CODES.index(each) for each in (Verdict.LONG, Verdict.SHORT, Verdict.EXIT)]
    return np.select(wanted, codes, CODES.index(Verdict.HOLD))


def _allowed(bench: Bench, codes: Integers) -> Integers:
    allowed = np.array([CODES.index(bench.allowed(each)) for each in CODES])
    found: Integers = allowed[codes]
    return found
