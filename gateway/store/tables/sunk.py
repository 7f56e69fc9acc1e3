"""What rows have in common that come of one record each and are never changed."""

from __future__ import annotations

from sqlalchemy import BigInteger, Text
from sqlalchemy.orm import Mapped, mapped_column

from gateway.store.base import Nanoseconds


class Sunk:
    """id: of the record (its place, where it has none); at: ns, when it happened.

    partition, offset: where on its topic it was found first; a rebuild makes again what is still
    there, and leaves alone what the topic has let go of.
    """

    id: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[int] = mapped_column(Nanoseconds)
    partition: Mapped[int]
    offset: Mapped[int] = mapped_column(BigInteger)


class Bodied(Sunk):
    """body: the record as JSON text, without what it has read."""

    body: Mapped[str] = mapped_column(Text)
