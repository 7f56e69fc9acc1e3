"""The gate that a generated strategy or a proposed parameter set must pass before it is adopted.

Its evidence are returns of test spans that nothing of the candidates was made or chosen on, net of
costs, beside those of the desk as it is (`present`) and of doing nothing (`cash`) in the same
periods. A desk that loses is no reason to adopt what does nothing, so both must be beaten. Of all
candidates that were let up to the gate one is taken, and adopted only where, against both,

    the lower bound of its mean difference a period, at the level, is above 0
                            (paired: the same blocks of the same periods are drawn of both)
    the p-value of Hansen's SPA, over all candidates, is not above the level
    the deflated ratio of its differences, by the number of candidates that were ever held against
                            this evidence, is at least 1 - level
    it has closed enough round trips

(engine.performance.snooping, engine.performance.deflation.) The same evidence that is looked at
again and again would let something pass at last. So look number k at it has level / (k (k + 1)) of
the level to spend, which over any number of looks adds up to the level.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from engine.indicators import rounded
from engine.performance.deflation import deflated_of
from engine.performance.returns import Floats
from engine.performance.snooping import FEW, Snooping, Superior

PRESENT, CASH = "present", "cash"


@dataclass(frozen=True, slots=True)
class Terms:
    """level: the chance, at most, that something without an edge is adopted of this evidence.
    least: round trips that a candidate must have closed in the test spans."""

    level: float = 0.05
    draws: int = 2000
    seed: int = 1
    least: int = 10


@dataclass(frozen=True)
class Played:
    """What a candidate came to in the test spans: a return a period, and closed round trips."""

    returns: Floats
    trips: int


@dataclass(frozen=True)
class Looked:
    """What was held against the same evidence before: how often, and how many candidates."""

    times: int = 0
    candidates: int = 0


NEVER = Looked()


@dataclass(frozen=True)
class Finding:
    """A candidate against each benchmark; deflated: the probability, None where there is none.
    refused: why it is not adopted, a reason each; none where it is."""

    candidate: str
    trips: int
    against: Mapping[str, Superior]
    deflated: Mapping[str, float | None]
    refused: tuple[str, ...]


@dataclass(frozen=True)
class Verdict:
    """Of one look. level: what it had to spend; tries: candidates that were ever held against this
    evidence, these included. findings: of all, the one that was taken first."""

    level: float
    look: int
    tries: int
    periods: int
    findings: tuple[Finding, ...]

    @property
    def adopted(self) -> bool:
        """Whether the one that was taken may be adopted."""
        return bool(self.findings) and not self.findings[0].refused

    @property
    def taken(self) -> Finding:
        """The one that is adopted, or that would have been first."""
        return self.findings[0]


def spent(level: float, look: int) -> float:
    """What look number `look`, from 1 on, has of the level."""
    return level / (look * (look + 1))


def judged(
    candidates: Mapping[str, Played], present: Floats, terms: Terms, before: Looked = NEVER
) -> Verdict:
    """The verdict on candidates, at least one, whose returns are of the same periods as those of
    the present desk."""
    look, tries = before.times + 1, before.candidates + len(candidates)
    level = spent(terms.level, look)
    differences = _differences(candidates, present)
    snooping = Snooping(terms.draws, terms.seed, level)
    found = {name: snooping.superior(each) for name, each in differences.items()}
    findings = [
        _finding(name, played, place, found, differences, level, tries, terms.least)
        for place, (name, played) in enumerate(candidates.items())
    ]
    order = sorted(range(len(findings)), key=lambda each: (-_worth(findings[each]), each))
    first, *rest = (findings[each] for each in order)
    return Verdict(level, look, tries, len(present), (first, *rest))


def _differences(candidates: Mapping[str, Played], present: Floats) -> dict[str, Floats]:
    """By benchmark, a row a period and a column a candidate."""
    returns = np.stack([each.returns for each in candidates.values()], axis=1)
    if len(returns) != len(present):
        raise ValueError(f"{len(returns)} periods of the candidates, {len(present)} of the present")
    return {PRESENT: returns - present[:, None], CASH: returns}


def _finding(
    name: str, played: Played, place: int, found: Mapping[str, tuple[Superior, ...]],
    differences: Mapping[str, Floats], level: float, tries: int, least: int,
) -> Finding:  # fmt: skip
    against = {each: rows[place] for each, rows in found.items() if rows}
    deflation = {
        each: None if (row := deflated_of(rows[:, place], tries)) is None else row.probability
        for each, rows in differences.items()
    }
    reasons = list(_reasons(played, against, deflation, level, least))
    return Finding(name, played.trips, against, deflation, tuple(reasons))


def _reasons(
    played: Played, against: Mapping[str, Superior], deflation: Mapping[str, float | None],
    level: float, least: int,
) -> Iterator[str]:  # fmt: skip
    if not against:
        yield f"{len(played.returns)} periods outside the sample: at least {FEW} are needed"
    if played.trips < least:
        yield f"{played.trips} round trips outside the sample: at least {least} are needed"
    for name, row in against.items():
        probability = deflation[name] or 0.0
        if row.low <= 0:
            yield f"{name}: the mean difference of a period may be {row.low:.3g} as well"
        if row.spa > level:
            yield f"{name}: p-value {row.spa:.3g} over all candidates, above {rounded(level):.3g}"
        if probability < 1 - level:
            yield f"{name}: deflated probability {probability:.3g}, below {1 - level:.3g}"


def _worth(of: Finding) -> float:
    """By what one is taken: the smaller of its studentised differences."""
    return min((each.ratio for each in of.against.values()), default=0.0)
