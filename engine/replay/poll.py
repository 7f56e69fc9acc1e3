"""What a market's strategies say at each bar of a tape, asked before the bar is played.

A judgment is of the market and free of any account, and who acts on bars alone (`on_bars`) says
nothing between them. So all that is said follows from the bars, and a bar on which nobody says what
an account would act on need not be played (engine.replay.calm).
"""

from __future__ import annotations

from collections.abc import Sequence

from engine.columns.signals import BarSignals
from engine.strategies.bench import Ballot, Bench
from engine.strategies.judgment import Context
from schemas.decisions import Verdict
from schemas.signals import Signal

Quiet = tuple[frozenset[Verdict], ...]
"""The verdicts of each bench that change nothing of any account."""


class Poll:
    """Asks each bench at each bar once, in their order, no further than is looked.

    benches: of the market's cell of the decisions stage; their advisors' states move here.
    """

    def __init__(self, signals: BarSignals, benches: Sequence[Bench]) -> None:
        self.signals, self._benches = signals, tuple(benches)
        self._verdicts: list[tuple[Verdict, ...]] = []
        self._events: set[int] = set()
        self._ballots: dict[int, tuple[Ballot, ...]] = {}
        self._found: tuple[Quiet, int] = ((), -1)

    @property
    def judged(self) -> int:
        """Bars at which the benches were asked."""
        return len(self._verdicts)

    def loud(self, first: int, quiet: Quiet) -> int:
        """The first bar, number `first` or later, at which a bench says what is not quiet; their
        count where there is none. O(1) a bar.
        """
        known, found = self._found
        if known == quiet and found >= first:
            return found
        found = first
        while found < len(self.signals) and self.still(found, quiet):
            found += 1
        self._found = quiet, found
        return found

    def still(self, number: int, quiet: Quiet) -> bool:
        """Whether all that is said at a bar is quiet, and nobody is told of it."""
        verdicts = self._said(number)
        return number not in self._events and all(
            each in one for each, one in zip(verdicts, quiet, strict=True)
        )

    def ballots(self, number: int) -> tuple[Ballot, ...]:
        """What each bench says at a bar; those of the bars before it are forgotten."""
        self._said(number)
        for before in [each for each in self._ballots if each < number]:
            del self._ballots[before]
        return self._ballots[number]

    def _said(self, number: int) -> tuple[Verdict, ...]:
        while len(self._verdicts) <= number:
            self._ask(len(self._verdicts))
        return self._verdicts[number]

    def _ask(self, number: int) -> None:
        signal: Signal = self.signals.signal(number)
        context = Context(signal.key, signal.seen_time, signal)
        ballots = tuple([each.ballot(context) for each in self._benches])
        self._ballots[number] = ballots
        if any(each.told for each in ballots):
            self._events.add(number)
        pairs = zip(self._benches, ballots, strict=True)
        self._verdicts.append(tuple([bench.allowed(each.verdict) for bench, each in pairs]))
