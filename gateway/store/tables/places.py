"""How far the topics have been written into the store."""

from __future__ import annotations

from sqlalchemy import BigInteger
from sqlalchemy.orm import Mapped, mapped_column

from gateway.store.base import Base


class Place(Base):
    """One partition of a topic, by its physical name.

    cluster: Kafka's id of it, for the same name elsewhere is another topic; first: offset that the
    sink began at; next: offset of the record to be read next. It moves in the transaction that
    writes what was read.
    """

    __tablename__ = "places"

    topic: Mapped[str] = mapped_column(primary_key=True)
    partition: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    cluster: Mapped[str]
    first: Mapped[int] = mapped_column(BigInteger)
    next: Mapped[int] = mapped_column(BigInteger)
