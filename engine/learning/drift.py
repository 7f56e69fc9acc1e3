"""Whether a model is still asked about what it was trained on, and is still better than no model.

Bars are counted in blocks, ten to a window; whenever a block is full, the last ten are judged:

    drift        mean over the inputs of the population stability index of the window against the
                 training, sum over bins of (p - q) * ln(p / q) (Siddiqi 2006, "Credit Risk
                 Scorecards": under 0.1 no change, from 0.25 on a significant one). An empty bin
                 counts as one of FLOOR.
    calibration  of its probabilities of a rise, once it is known what came (in `horizon` bars, or
                 at a barrier: engine.learning.outcomes): Brier score less that of the base rate of
                 the training, over its standard error

It is the mean over the inputs, not the largest: inputs of bars hang together over days, and of one
of them alone a month of the training itself is beyond 0.25 (docs/advisors.md has the rates).
Beyond either bound the model fails; it is sound again below the lower one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import fsum, log, sqrt
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from engine.indicators import rounded
from engine.learning.outcomes import Bar, Waiting, settled
from engine.learning.reference import Bins, placed

PARTS = 10
"""Blocks to a window."""

FLOOR = 1e-4
"""Share of an empty bin."""

Counts = list[list[int]]
"""How many bars, by input and bin."""


class DriftSettings(BaseModel):
    """window: bars that are judged together, a multiple of ten; limit, again: mean stability index
    from which it fails, and at which it is sound again; losing: standard errors by which its Brier
    score must be worse than the base rate's.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    window: int = Field(default=1000, ge=100, le=100_000, multiple_of=PARTS)
    limit: float = Field(default=0.25, gt=0)
    again: float = Field(default=0.1, gt=0)
    losing: float = Field(default=4.0, gt=0)

    @model_validator(mode="after")
    def _apart(self) -> Self:
        if self.again > self.limit:
            raise ValueError("again must not be more than limit")
        return self


@dataclass
class Watched:
    """The state. bars: in the block that is being filled; counts: of it; blocks: of those before,
    the oldest first. open: close and probability of each bar whose outcome is not known yet, the
    oldest first; waiting: the same where barriers are the target. losses: by block, the last one
    being filled: count, sum and sum of squares of the Brier score less the base rate's. failing:
    why, in words; "" while it is sound.
    """

    bars: int = 0
    counts: Counts = field(default_factory=list)
    blocks: list[Counts] = field(default_factory=list)
    open: list[tuple[float, float]] = field(default_factory=list)
    waiting: list[Waiting] = field(default_factory=list)
    losses: list[tuple[int, float, float]] = field(default_factory=list)
    failing: str = ""


class Watch:
    """Watches one model. reference: of its inputs; base: share of rises in its training; horizon:
    bars of its direction, at most, 0 where it foretells nothing; barriers: whether its target is
    which of two prices is met first, not the sign of a return.

    A bar costs O(inputs), with barriers O(inputs + horizon); one in a tenth of the window
    O(inputs * bins) more.
    """

    def __init__(
        self, reference: Mapping[str, Bins], base: float, horizon: int, settings: DriftSettings,
        barriers: bool = False,
    ) -> None:  # fmt: skip
        self._names, self._bins = tuple(reference), tuple(reference.values())
        self._bounds = tuple(each.bounds for each in self._bins)
        self._base, self._horizon, self._settings = base, horizon, settings
        self._barriers = barriers

    def take(
        self, state: Watched, inputs: Sequence[float], close: float, up: float,
        bar: Bar | None = None, width: float = 0.0,
    ) -> None:  # fmt: skip
        """Count one bar. inputs: in the order of the reference; up: probability of a rise; bar,
        width: its prices and the distance of a barrier, in quote, where barriers are the target."""
        if not state.bars:
            state.counts = [[0] * len(each.shares) for each in self._bins]
            state.losses.append((0, 0.0, 0.0))
        for row, bounds, value in zip(state.counts, self._bounds, inputs, strict=True):
            row[placed(bounds, value)] += 1
        if self._barriers:
            self._met(state, bar)
            if bar is not None and width > 0:
                state.waiting.append(Waiting(bar.close, up, width))
        elif self._horizon:
            self._outcome(state, close)
            state.open.append((close, up))
        state.bars += 1
        if state.bars * PARTS == self._settings.window:
            self._full(state)

    def _outcome(self, state: Watched, close: float) -> None:
        """What became of the forecast that ends with this bar."""
        if len(state.open) < self._horizon:
            return
        before, up = state.open.pop(0)
        self._count(state, up, float(close > before))

    def _met(self, state: Watched, bar: Bar | None) -> None:
        """What becomes of all that waits; without the bar's prices that will never be known."""
        if bar is None:
            state.waiting = []
            return
        state.waiting, done = settled(state.waiting, bar, self._horizon)
        for each, came in done:
            self._count(state, each.up, came)

    def _count(self, state: Watched, up: float, came: float) -> None:
        worse = rounded((up - came) ** 2 - (self._base - came) ** 2)
        count, total, squares = state.losses[-1]
        state.losses[-1] = count + 1, rounded(total + worse), rounded(squares + worse * worse)

    def _full(self, state: Watched) -> None:
        """A block is full: judge the window, once there is one."""
        state.blocks = [*state.blocks, state.counts][-PARTS:]
        state.losses = state.losses[-PARTS:]
        if len(state.blocks) == PARTS:
            state.failing = self._judged(state.blocks, state.losses, bool(state.failing))
        state.bars, state.counts = 0, []

    def _judged(
        self, blocks: Sequence[Counts], losses: Sequence[tuple[int, float, float]], failing: bool
    ) -> str:
        of = self._settings
        found = [
            (psi([sum(each) for each in zip(*rows, strict=True)], bins.shares), name)
            for name, bins, *rows in zip(self._names, self._bins, *blocks, strict=True)
        ]
        mean = rounded(fsum(each for each, _ in found) / len(found)) if found else 0.0
        if mean >= (of.again if failing else of.limit):
            most = ", ".join(f"{name} {each:.2f}" for each, name in sorted(found)[:-4:-1])
            return (
                f"its inputs have drifted: stability index {mean:.3f} on {of.window} bars ({most})"
            )
        errors = worse(losses, self._horizon)
        if errors >= (0.0 if failing else of.losing):
            return f"it is worse than its base rate by {errors:.1f} standard errors"
        return ""


def psi(counts: Sequence[int], shares: Sequence[float]) -> float:
    """The population stability index of counted bins against their shares; 0 where nothing is."""
    whole = sum(counts)
    if not whole:
        return 0.0
    pairs = [
        (max(count / whole, FLOOR), max(share, FLOOR))
        for count, share in zip(counts, shares, strict=True)
    ]
    return rounded(fsum((p - q) * log(p / q) for p, q in pairs))


def worse(losses: Sequence[tuple[int, float, float]], horizon: int) -> float:
    """By how many standard errors the mean loss is above 0. Outcomes over `horizon` bars overlap,
    so only so many are independent as fit into the span; -inf with fewer than 30 of these.
    """
    count = sum(each for each, _, _ in losses)
    independent = count / max(1, horizon)
    if independent < 30:
        return float("-inf")
    mean = fsum(each for _, each, _ in losses) / count
    spread = fsum(each for _, _, each in losses) / count - mean * mean
    if spread <= 0:
        return 0.0 if mean <= 0 else float("inf")
    return rounded(mean / sqrt(spread / independent))
