"""Judgments on the market; they are of no account."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy.ext.asyncio import AsyncSession

from gateway.store.reading.page import Recorded, Window, chosen, found
from gateway.store.tables.decisions import DecisionRow


@dataclass(frozen=True, slots=True)
class Judgment(Recorded):
    """One decision; body: the record, with the votes behind it."""

    venue: str
    symbol: str
    strategy: str
    verdict: str
    reason: str | None
    entry: Decimal | None
    stop: Decimal | None
    target: Decimal | None
    strength: float | None
    confidence: float


async def decisions(
    session: AsyncSession, window: Window, *, symbol: str | None = None,
    strategy: str | None = None, verdict: str | None = None, venue: str | None = None,
) -> list[Judgment]:  # fmt: skip
    """Decisions, without the holds that the store does not keep."""
    query = chosen(
        DecisionRow, DecisionRow.at, window, symbol=symbol, strategy=strategy, verdict=verdict,
        venue=venue,
    )  # fmt: skip
    return await found(session, query, Judgment)
