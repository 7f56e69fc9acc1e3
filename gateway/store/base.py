"""What all tables have in common: names of constraints, and columns of money and of time."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from sqlalchemy import JSON, BigInteger, Dialect, MetaData, Numeric, String, Text
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.sql.operators import OperatorType
from sqlalchemy.types import TypeDecorator, TypeEngine

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
"""Constraints have names, so that a migration can find them on both databases."""

ORDERING = frozenset({"lt", "le", "gt", "ge", "between_op", "asc_op", "desc_op"})


class Money(TypeDecorator[Decimal]):
    """An exact decimal with its digits as they came: Decimal here, text on SQLite (which has no
    decimals), numeric on PostgreSQL. NaN and infinities raise ValueError.

    It cannot be ordered or compared in a query, where "9" would be more than "10" on SQLite: that
    raises TypeError.
    """

    impl = String
    cache_ok = True

    class comparator_factory(TypeDecorator.Comparator[Decimal]):  # SQLAlchemy's name
        """Equal or not is all that a query may ask."""

        def operate(self, op: OperatorType, *other: Any, **more: Any) -> Any:
            """Refuse an order among texts."""
            if op.__name__ in ORDERING:
                raise TypeError("money is text on SQLite: compare it in Python, not in the query")
            return super().operate(op, *other, **more)

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Its column on one database."""
        numeric = dialect.name == "postgresql"
        return dialect.type_descriptor(Numeric() if numeric else Text())

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> Any:
        """To the database, without an exponent."""
        if value is None:
            return None
        if not value.is_finite():
            raise ValueError(f"{value} is no amount of money")
        return value if dialect.name == "postgresql" else f"{value:f}"

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:
        """From the database."""
        return None if value is None else Decimal(value)


class Nanoseconds(TypeDecorator[int]):
    """Nanoseconds since 1970 as a 64-bit integer; exact, where a float or JavaScript's would lose
    the last three digits.
    """

    impl = BigInteger
    cache_ok = True


class Base(DeclarativeBase):
    """Every table of the store."""

    metadata = MetaData(naming_convention=NAMES)
    type_annotation_map = {dict[str, Any]: JSON}
