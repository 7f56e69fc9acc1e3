"""Money that moved: executions and funding."""

from __future__ import annotations

from decimal import Decimal

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from gateway.store.base import Base, Money
from gateway.store.tables.sunk import Sunk


class FillRow(Sunk, Base):
    """One execution. price: quote; quantity: base (contracts); fee: quote, where fee_currency is
    NULL; trade: the venue's id of it.
    """

    __tablename__ = "fills"
    __table_args__ = (
        Index("ix_fills_at", "at", "id"),
        Index("ix_fills_account", "account", "at", "id"),
        Index("ix_fills_account_symbol", "account", "symbol", "at", "id"),
        Index("ix_fills_order_id", "order_id", "at", "id"),
    )

    order_id: Mapped[str | None]
    account: Mapped[str]
    venue: Mapped[str]
    symbol: Mapped[str]
    strategy: Mapped[str]
    parent: Mapped[str | None]
    role: Mapped[str | None]
    side: Mapped[str | None]
    price: Mapped[Decimal | None] = mapped_column(Money)
    quantity: Mapped[Decimal | None] = mapped_column(Money)
    fee: Mapped[Decimal | None] = mapped_column(Money)
    fee_currency: Mapped[str | None]
    liquidity: Mapped[str | None]
    trade: Mapped[str | None]


class FundingRow(Sunk, Base):
    """Funding of a position. amount: quote, paid (negative: received); price: the rate's."""

    __tablename__ = "funding"
    __table_args__ = (
        Index("ix_funding_at", "at", "id"),
        Index("ix_funding_account", "account", "at", "id"),
    )

    account: Mapped[str]
    venue: Mapped[str]
    symbol: Mapped[str]
    strategy: Mapped[str]
    amount: Mapped[Decimal | None] = mapped_column(Money)
    price: Mapped[Decimal | None] = mapped_column(Money)
