"""Orders, and what became of them step by step."""

from __future__ import annotations

from decimal import Decimal

from sqlalchemy import BigInteger, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from gateway.store.base import Base, Money, Nanoseconds
from gateway.store.tables.sunk import Bodied, Sunk


class OrderRow(Base):
    """One order command by its client order id, folded from trading.orders, trading.statuses and
    the journal (gateway.store.sink.folding says how).

    state: of schemas.statuses.OrderState, or what the gate said (approved, awaiting, refused) while
    nothing was told of it. resting_price, resting_quantity: as it rests now. number: the venue's.
    created, updated: ns; created is NULL while only the journal knows of it.
    *_seq: how far each topic has been folded in; *_offset: of the first record of it.
    """

    __tablename__ = "orders"
    __table_args__ = (
        Index("ix_orders_created", "created", "id"),
        Index("ix_orders_account", "account", "created", "id"),
        Index("ix_orders_account_symbol", "account", "symbol", "created", "id"),
        Index("ix_orders_account_state", "account", "state", "created", "id"),
        Index("ix_orders_parent", "parent"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    account: Mapped[str | None]
    venue: Mapped[str | None]
    symbol: Mapped[str | None]
    strategy: Mapped[str | None]
    action: Mapped[str | None]
    intent: Mapped[str | None]
    side: Mapped[str | None]
    type: Mapped[str | None]
    time_in_force: Mapped[str | None]
    quantity: Mapped[Decimal | None] = mapped_column(Money)
    price: Mapped[Decimal | None] = mapped_column(Money)
    trigger: Mapped[Decimal | None] = mapped_column(Money)
    stop: Mapped[Decimal | None] = mapped_column(Money)
    target: Mapped[Decimal | None] = mapped_column(Money)
    reduce_only: Mapped[bool | None]
    post_only: Mapped[bool | None]
    parent: Mapped[str | None]
    role: Mapped[str | None]
    origin: Mapped[str | None]
    request: Mapped[str | None]
    cause: Mapped[str | None]
    state: Mapped[str | None]
    reason: Mapped[str | None]
    resting_price: Mapped[Decimal | None] = mapped_column(Money)
    resting_quantity: Mapped[Decimal | None] = mapped_column(Money)
    filled: Mapped[Decimal | None] = mapped_column(Money)
    number: Mapped[str | None]
    created: Mapped[int | None] = mapped_column(Nanoseconds)
    updated: Mapped[int] = mapped_column(Nanoseconds)
    body: Mapped[str | None] = mapped_column(Text)
    decided_seq: Mapped[int] = mapped_column(BigInteger)
    status_seq: Mapped[int] = mapped_column(BigInteger)
    journal_seq: Mapped[int] = mapped_column(BigInteger)
    partition: Mapped[int | None]
    decided_offset: Mapped[int | None] = mapped_column(BigInteger)
    status_offset: Mapped[int | None] = mapped_column(BigInteger)


class StepRow(Sunk, Base):
    """One thing that became of an order, but for its fills; seq: its place among them."""

    __tablename__ = "order_steps"
    __table_args__ = (Index("ix_order_steps_order_id", "order_id", "seq"),)

    order_id: Mapped[str]
    account: Mapped[str]
    symbol: Mapped[str]
    type: Mapped[str]
    state: Mapped[str | None]
    reason: Mapped[str | None]
    price: Mapped[Decimal | None] = mapped_column(Money)
    quantity: Mapped[Decimal | None] = mapped_column(Money)
    filled: Mapped[Decimal | None] = mapped_column(Money)
    seq: Mapped[int] = mapped_column(BigInteger)


class RefusalRow(Bodied, Base):
    """What an account would have done, had the gate let it; order_id: of its command, if any."""

    __tablename__ = "refusals"
    __table_args__ = (
        Index("ix_refusals_at", "at", "id"),
        Index("ix_refusals_account", "account", "at", "id"),
    )

    account: Mapped[str]
    venue: Mapped[str]
    symbol: Mapped[str]
    strategy: Mapped[str]
    origin: Mapped[str]
    request: Mapped[str | None]
    order_id: Mapped[str | None]
    reason: Mapped[str | None]
