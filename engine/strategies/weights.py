"""What each advisor's vote weighs: as set, by the market's regime, or as it has earned it.

**Learnt.** Multiplicative weights (Hedge: Y. Freund, R. Schapire, J. Comput. Syst. Sci. 55(1),
1997; N. Cesa-Bianchi, G. Lugosi, Prediction, Learning, and Games, 2006, chapters 2 and 5). The
advisors begin with shares in proportion to their set weights. Where outcomes end, each share is
multiplied by e^(rate * gain), gain from -1 to 1; an advisor without an outcome gains 0, as if it
had stayed out.
Then, against drift (M. Herbster, M. Warmuth, Tracking the Best Expert, Machine Learning 32, 1998),

    share = (1 - mixing) share + mixing * first share          (fixed share)

and before each step a part `forgetting` of the logarithm of what was learnt is forgotten:
share^(1 - forgetting) * first share^forgetting. The vote weighs, in all as much as was set,

    weight = sum of set weights * ((1 - floor) share + floor * first share)

With mixing and forgetting 0 the sum of share times gain over T steps is at least that of the best
advisor less ln(1 / its first share) / rate + rate * T / 2 (Cesa-Bianchi & Lugosi, theorem 2.2).

An advisor that is set to 0, as a challenger is, has no share and gets none: whatever its outcomes,
the others share as if it were not there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import fsum, inf

from pydantic import BaseModel, ConfigDict, Field

from engine.indicators import rounded
from engine.learning.exact import exp, ln

Shares = list[float]

LEAST = 1e-12
"""Of a share."""


class LearntSettings(BaseModel):
    """See the module's text."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    rate: float = Field(default=0.2, gt=0, le=10)
    mixing: float = Field(default=0.01, ge=0, lt=1)
    forgetting: float = Field(default=0.0, ge=0, lt=1)
    floor: float = Field(default=0.1, ge=0, le=1)


def first_shares(weights: Sequence[float]) -> Shares:
    """Of advisors as they are set."""
    whole = fsum(weights)
    return [each / whole for each in weights]


def learnt(
    shares: Sequence[float], first: Sequence[float], gains: Mapping[int, float], by: LearntSettings
) -> Shares:
    """The shares after outcomes. gains: by the advisor's place, -1 to 1."""
    kept = 1 - by.forgetting
    scores = [
        kept * ln(max(LEAST, share)) + by.forgetting * ln(begun) + by.rate * gains.get(place, 0.0)
        if begun
        else -inf
        for place, (share, begun) in enumerate(zip(shares, first, strict=True))
    ]
    best = max(scores)
    grown = [0.0 if score == -inf else exp(max(score - best, -600.0)) for score in scores]
    whole = fsum(grown)
    return [
        (1 - by.mixing) * each / whole + by.mixing * begun
        for each, begun in zip(grown, first, strict=True)
    ]


def weights_of(shares: Shares, first: Shares, whole: float, by: LearntSettings) -> list[float]:
    """What votes weigh; 12 digits, as they are published."""
    return [
        rounded(whole * ((1 - by.floor) * share + by.floor * begun))
        for share, begun in zip(shares, first, strict=True)
    ]
