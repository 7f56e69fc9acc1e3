"""What accounts, their strategies and their positions are worth, now and over time."""

from __future__ import annotations

from decimal import Decimal

from sqlalchemy import BigInteger, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from gateway.store.base import Base, Money, Nanoseconds


class Worth:
    """Columns of schemas.portfolio.Portfolio, by its key; at: its seen_time, ns."""

    key: Mapped[str] = mapped_column(primary_key=True)
    type: Mapped[str]
    account: Mapped[str]
    venue: Mapped[str | None]
    symbol: Mapped[str | None]
    strategy: Mapped[str]
    quantity: Mapped[Decimal] = mapped_column(Money)
    entry: Mapped[Decimal | None] = mapped_column(Money)
    mark: Mapped[Decimal | None] = mapped_column(Money)
    realised: Mapped[Decimal] = mapped_column(Money)
    unrealised: Mapped[Decimal] = mapped_column(Money)
    fees: Mapped[Decimal] = mapped_column(Money)
    funding: Mapped[Decimal] = mapped_column(Money)
    equity: Mapped[Decimal | None] = mapped_column(Money)
    exposure: Mapped[Decimal | None] = mapped_column(Money)
    peak: Mapped[Decimal | None] = mapped_column(Money)
    at: Mapped[int] = mapped_column(Nanoseconds)
    seq: Mapped[int] = mapped_column(BigInteger)


class PortfolioRow(Worth, Base):
    """The latest of each key; body: the record as JSON text."""

    __tablename__ = "portfolio"
    __table_args__ = (Index("ix_portfolio_account", "account", "key"),)

    body: Mapped[str] = mapped_column(Text)


class PointRow(Worth, Base):
    """The last of each key in a step of time; span: its beginning, ns, a multiple of the step."""

    __tablename__ = "portfolio_points"

    span: Mapped[int] = mapped_column(Nanoseconds, primary_key=True)
