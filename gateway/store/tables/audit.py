"""The audit log: rows are added and never changed (gateway.auth.chain)."""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON
from sqlalchemy.orm import Mapped, mapped_column

from gateway.store.base import Base, Nanoseconds


class Audited(Base):
    """One entry; its fields are those of gateway.auth.chain.Entry. witnessed: system.events has it;
    that is no part of the hash.
    """

    __tablename__ = "audit"

    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[int] = mapped_column(Nanoseconds, index=True)
    actor: Mapped[str] = mapped_column(index=True)
    by: Mapped[str]
    address: Mapped[str]
    action: Mapped[str]
    target: Mapped[str]
    outcome: Mapped[str]
    facts: Mapped[dict[str, Any]] = mapped_column(JSON)
    previous: Mapped[str]
    hash: Mapped[str]
    witnessed: Mapped[bool] = mapped_column(index=True)
