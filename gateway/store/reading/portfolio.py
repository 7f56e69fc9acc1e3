"""What accounts are worth: now, and over time."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import orjson
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.store.reading.page import Accounts, among, found
from gateway.store.tables.portfolio import PointRow, PortfolioRow


@dataclass(frozen=True, slots=True)
class Worth:
    """A position (key account:symbol), a strategy (account:@name) or an account (account:*)."""

    key: str
    type: str
    account: str
    venue: str | None
    symbol: str | None
    strategy: str
    quantity: Decimal
    entry: Decimal | None
    mark: Decimal | None
    realised: Decimal
    unrealised: Decimal
    fees: Decimal
    funding: Decimal
    equity: Decimal | None
    exposure: Decimal | None
    peak: Decimal | None
    at: int

    @property
    def earned(self) -> Decimal:
        """Realised and unrealised, after fees and funding, in the key's own money."""
        return self.realised + self.unrealised - self.fees - self.funding


@dataclass(frozen=True, slots=True)
class Holding(Worth):
    """As it is now; body: the record, with its margin and its orders."""

    body: str

    @property
    def record(self) -> Any:
        """The record, from its JSON."""
        return orjson.loads(self.body)


@dataclass(frozen=True, slots=True)
class Point(Worth):
    """As it was at the end of a step of time that begins at `span`, ns."""

    span: int


async def portfolio(
    session: AsyncSession, accounts: Accounts = None, *, type: str | None = None
) -> list[Holding]:
    """Everything of these accounts now, by key; O(rows): one a position, strategy and account."""
    query = select(PortfolioRow.__table__).order_by(PortfolioRow.key)
    if accounts is not None:
        query = query.where(among(PortfolioRow.account, accounts))
    if type is not None:
        query = query.where(PortfolioRow.type == type)
    return await found(session, query, Holding)


async def curve(
    session: AsyncSession, key: str, since: int, until: int, step: int = 1, limit: int = 2000
) -> list[Point]:
    """The history of one key, oldest first: the last point of each `step` ns that has one, the
    latest `limit` of those from `since` on and before `until`.

    O(points in the span): a day has 8640 of a key at the step that the sink keeps.
    """
    bucket = PointRow.span - PointRow.span % step
    inside = (PointRow.key == key, PointRow.span >= since, PointRow.span < until)
    last = select(func.max(PointRow.span)).where(*inside).group_by(bucket)
    query = select(PointRow.__table__).where(PointRow.key == key, PointRow.span.in_(last))
    rows = await found(session, query.order_by(PointRow.span.desc()).limit(limit), Point)
    return rows[::-1]


def account_key(account: str, strategy: str | None = None) -> str:
    """The key of an account's curve, or of one of its strategies."""
    return f"{account}:*" if strategy is None else f"{account}:@{strategy}"
