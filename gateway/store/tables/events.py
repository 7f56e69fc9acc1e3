"""What people commanded, and what the stages told of themselves."""

from __future__ import annotations

from sqlalchemy import Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from gateway.store.base import Base
from gateway.store.tables.sunk import Bodied


class CommandRow(Bodied, Base):
    """One command of a person, by its kind; by: who gave it."""

    __tablename__ = "commands"
    __table_args__ = (
        Index("ix_commands_at", "at", "id"),
        Index("ix_commands_account", "account", "at", "id"),
    )

    account: Mapped[str]
    by: Mapped[str]
    kind: Mapped[str]
    symbol: Mapped[str | None]


class EventRow(Bodied, Base):
    """One event of a stage; of stage "store": a record that the sink could not read."""

    __tablename__ = "events"
    __table_args__ = (
        Index("ix_events_at", "at", "id"),
        Index("ix_events_severity", "severity", "at", "id"),
    )

    stage: Mapped[str]
    severity: Mapped[str]
    kind: Mapped[str]
    text: Mapped[str] = mapped_column(Text)
