"""Judgments on the market."""

from __future__ import annotations

from decimal import Decimal

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from gateway.store.base import Base, Money
from gateway.store.tables.sunk import Bodied


class DecisionRow(Bodied, Base):
    """One judgment of a strategy on a market; no holds, unless [store] holds says so."""

    __tablename__ = "decisions"
    __table_args__ = (
        Index("ix_decisions_at", "at", "id"),
        Index("ix_decisions_symbol", "symbol", "at", "id"),
        Index("ix_decisions_strategy", "strategy", "at", "id"),
    )

    venue: Mapped[str]
    symbol: Mapped[str]
    strategy: Mapped[str]
    verdict: Mapped[str]
    reason: Mapped[str | None]
    entry: Mapped[Decimal | None] = mapped_column(Money)
    stop: Mapped[Decimal | None] = mapped_column(Money)
    target: Mapped[Decimal | None] = mapped_column(Money)
    strength: Mapped[float | None]
    confidence: Mapped[float]
