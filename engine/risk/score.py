"""How risky an order is, as one number from 0 to 100 and the parts that it is the sum of.

Each part is a weight times the share of its limit that is taken with the order (at most all of it):
an order that takes no more of any limit scores 0, one that takes all of every limit scores 100.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from engine.risk.gate import Standing
from engine.risk.limits import RiskLimits
from engine.risk.money import TOLD, ZERO, told
from schemas.orders import Assessment

WEIGHTS = {
    "risk": 20,
    "symbol_cap": 15,
    "margin": 20,
    "concentration": 10,
    "correlation": 10,
    "positions": 5,
    "daily_loss": 10,
    "drawdown": 10,
}
"""Points of each part; their sum is 100."""


def assess(
    shares: Mapping[str, Decimal], suggested: Decimal, standing: Standing, limits: RiskLimits
) -> Assessment:
    """The score of an order that leaves the caps taken by `shares`, and a quantity beside it."""
    positions = Decimal(standing.positions + ("risk" in shares)) / max(1, limits.maximum_positions)
    known = {
        **shares,
        "positions": positions,
        "daily_loss": standing.daily_loss / limits.daily_loss,
        "drawdown": standing.drawdown / limits.drawdown,
    }
    points = {
        name: weight * min(Decimal(1), max(ZERO, known.get(name, ZERO)))
        for name, weight in WEIGHTS.items()
    }
    parts = {name: float(TOLD.plus(value)) for name, value in points.items()}
    score = float(TOLD.plus(sum(points.values(), ZERO)))
    return Assessment.own(score=score, suggested=told(suggested), parts=parts)


def without_symbol(standing: Standing, limits: RiskLimits) -> dict[str, Decimal]:
    """Shares of the caps that are taken when the asked symbol is left."""
    equity = standing.equity
    if equity <= 0:
        return {"margin": Decimal(1)}
    margin = standing.own.margin
    return {
        "margin": (standing.margin - margin) / equity,
        "concentration": (standing.base - margin) / (equity * limits.concentration),
        "correlation": max(ZERO, standing.group - margin) / (equity * limits.correlation),
    }
