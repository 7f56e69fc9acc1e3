"""Samples of several series in one table: inputs, targets, and when each was known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from engine.learning import targets
from gateway.models.series import Integers, Matrix, Series

Flags = targets.Flags


@dataclass(frozen=True, slots=True)
class Aim:
    """What is to be foretold. target: of the direction, "horizon" (the return's sign) or "barrier"
    (which is met first); horizon: its bars; barrier: in ATR. outlook, reach: bars and ATR of the
    heads of risk and regime."""

    target: str = "horizon"
    horizon: int = 2
    barrier: float = 1.0
    outlook: int = 24
    reach: float = 3.0

    @property
    def longest(self) -> int:
        """Bars until every target of a sample is known."""
        return max(self.horizon, self.outlook)


@dataclass(frozen=True, slots=True)
class Samples:
    """A row a bar whose inputs and targets are known. wanted: by head; NaN where one head has no
    target. times: close of the bar, ns; ends: when all its targets were known; source: number of
    its series; place: of its bar there."""

    inputs: Matrix
    wanted: dict[str, Matrix]
    times: Integers
    ends: Integers
    source: Integers
    place: Integers

    def __len__(self) -> int:
        return len(self.times)

    def only(self, chosen: Flags) -> Samples:
        """Those that are chosen."""
        return replace(
            self,
            inputs=self.inputs[chosen],
            wanted={name: each[chosen] for name, each in self.wanted.items()},
            times=self.times[chosen], ends=self.ends[chosen],
            source=self.source[chosen], place=self.place[chosen],
        )  # fmt: skip


def samples(found: Sequence[Series], aim: Aim) -> Samples:
    """Of all series, in their order."""
    parts = [_of(one, number, aim) for number, one in enumerate(found)]
    return Samples(
        inputs=np.concatenate([each.inputs for each in parts]),
        wanted={
            name: np.concatenate([each.wanted[name] for each in parts]) for name in parts[0].wanted
        },
        times=np.concatenate([each.times for each in parts]),
        ends=np.concatenate([each.ends for each in parts]),
        source=np.concatenate([each.source for each in parts]),
        place=np.concatenate([each.place for each in parts]),
    )


def direction(of: Series, aim: Aim) -> Matrix:
    """1 for a rise, 0 for a fall, NaN where it is not known."""
    if aim.target == "horizon":
        made, _ = targets.returns(of.bars.close, aim.horizon)
        return np.where(np.isnan(made), np.nan, made > 0)
    touched = targets.triple_barrier(of.bars, aim.barrier * of.atr, aim.horizon)
    return targets.rises(of.bars, touched)


def _of(one: Series, number: int, aim: Aim) -> Samples:
    close, width, horizon = one.bars.close, aim.reach * one.atr, aim.outlook
    wanted = {
        "direction": direction(one, aim),
        "volatility": targets.volatility(close, one.trailing, horizon),
        "drawdown": targets.falls_beyond(one.bars, width, horizon),
        "runup": targets.falls_beyond(one.bars, width, horizon, up=True),
        "regime": targets.regimes(close, one.trailing, horizon),
    }
    count = len(close)
    last = np.minimum(np.arange(count) + aim.longest, count - 1)
    whole = Samples(
        inputs=one.inputs, wanted=wanted, times=one.close_time, ends=one.close_time[last],
        source=np.full(count, number), place=np.arange(count),
    )  # fmt: skip
    known = np.isfinite(wanted["direction"]) & np.isfinite(one.atr) & np.isfinite(one.trailing)
    return whole.only(known & (np.arange(count) + aim.longest < count))
