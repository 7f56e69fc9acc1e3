"""The simulated venue's settings as the rules of a depth run, or why they cannot be."""

from __future__ import annotations

from engine.depth import layout as at
from engine.depth.desk import DepthRules
from engine.venue.parts import ConstantLatency, DisplayedBook
from engine.venue.queues import ProbableByLog, ProbableByPower
from engine.venue.settings import ExecutionSettings
from schemas.errors import TapelineError

DRAWN = 1 << 16
"""Latencies that are drawn; of more commands they come again."""


class Unreckoned(TapelineError):
    """A setting that a depth run does not reckon with."""


def rules_of(settings: ExecutionSettings, feedback: int) -> DepthRules:
    """The same habits; feedback: ns from the venue to what the strategy knows. Unreckoned for those
    that are not compiled: impact, margin, funding, fees by what was traded before.
    """
    for name, there in (
        ("impact", settings.impact is not None),
        ("margin", settings.margin is not None),
        ("fees by volume", settings.fees.by_volume()),
        ("funding", settings.funding is not None),
    ):
        if there:
            raise Unreckoned(f"[execution] a depth run does not reckon with {name}: leave that out")
    queue = settings.queue
    models = {ProbableByLog: at.PROB_LOG, ProbableByPower: at.PROB_POWER}
    return DepthRules(
        latencies=_latencies(settings),
        feedback=feedback,
        model=models.get(type(queue), at.RISK_AVERSE),
        power=queue.power if isinstance(queue, ProbableByPower) else 1,
        consumes=not isinstance(settings.liquidity, DisplayedBook),
        prevents=settings.self_trade != "none",
    )


def _latencies(settings: ExecutionSettings) -> tuple[int, ...]:
    """What the venue would draw for commands that are named by their numbers."""
    venue = settings.venue()
    constant = all(isinstance(each, ConstantLatency) for each in (settings.latency, settings.feed))
    return tuple(venue.due(0, str(number)) for number in range(1 if constant else DRAWN))
