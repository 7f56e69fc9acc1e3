"""Orders, what became of them, and what the gate refused."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.store.reading.page import Accounts, Place, Recorded, Window, chosen, found
from gateway.store.tables.fills import FillRow
from gateway.store.tables.orders import OrderRow, RefusalRow, StepRow

MOST = 1000
"""Steps of one order that are told."""


@dataclass(frozen=True, slots=True)
class Order:
    """An order as it is now. price and quantity: as commanded; resting_*: as it rests.

    average: price of its fills so far, quote, None without any (of one that is worked in parts,
    the fills are its parts'); fee: of them, quote. fees in another currency are left out.
    """

    id: str
    account: str
    venue: str
    symbol: str
    strategy: str
    action: str | None
    intent: str | None
    side: str | None
    type: str | None
    time_in_force: str | None
    quantity: Decimal | None
    price: Decimal | None
    trigger: Decimal | None
    stop: Decimal | None
    target: Decimal | None
    reduce_only: bool | None
    post_only: bool | None
    parent: str | None
    role: str | None
    origin: str | None
    request: str | None
    cause: str | None
    state: str | None
    reason: str | None
    resting_price: Decimal | None
    resting_quantity: Decimal | None
    filled: Decimal | None
    number: str | None
    created: int
    updated: int
    average: Decimal | None = None
    fee: Decimal = Decimal(0)

    @property
    def place(self) -> Place:
        """Where it is in the list."""
        return self.created, self.id


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that became of an order, but for its fills."""

    id: str
    at: int
    type: str
    state: str | None
    reason: str | None
    price: Decimal | None
    quantity: Decimal | None
    filled: Decimal | None
    seq: int


@dataclass(frozen=True, slots=True)
class Refusal(Recorded):
    """What the gate did not let an account do; body: the record, with its checks."""

    account: str
    venue: str
    symbol: str
    strategy: str
    origin: str
    request: str | None
    order_id: str | None
    reason: str | None


async def orders(
    session: AsyncSession, window: Window, accounts: Accounts = None, *,
    symbol: str | None = None, states: Collection[str] | None = None, strategy: str | None = None,
    action: str | None = "place", parent: str | None = None,
) -> list[Order]:  # fmt: skip
    """Orders by the time they came to be; action: None gives changes and withdrawals, too.

    Protection has no action of its own until its journal is known: it is with "place".
    """
    query = chosen(
        OrderRow, OrderRow.created, window, account=accounts, symbol=symbol, state=states,
        strategy=strategy, parent=parent,
    ).where(OrderRow.created.is_not(None))  # fmt: skip
    if action is not None:
        known = OrderRow.action == action
        query = query.where(known | OrderRow.action.is_(None) if action == "place" else known)
    return await _averaged(session, await found(session, query, Order))


async def order(session: AsyncSession, id: str) -> Order | None:
    """One order by its client order id; whose it is, is the caller's to check."""
    query = select(OrderRow.__table__).where(OrderRow.id == id, OrderRow.created.is_not(None))
    rows = await _averaged(session, await found(session, query, Order))
    return rows[0] if rows else None


async def steps(session: AsyncSession, order: str) -> list[Step]:
    """What became of an order, in its order: the latest MOST."""
    query = select(StepRow.__table__).where(StepRow.order_id == order)
    rows = await found(session, query.order_by(StepRow.seq.desc()).limit(MOST), Step)
    return rows[::-1]


async def refusals(
    session: AsyncSession, window: Window, accounts: Accounts = None, *, symbol: str | None = None
) -> list[Refusal]:
    """What was refused."""
    query = chosen(RefusalRow, RefusalRow.at, window, account=accounts, symbol=symbol)
    return await found(session, query, Refusal)


async def _averaged(session: AsyncSession, rows: list[Order]) -> list[Order]:
    """With the average price and the fees of their fills; O(fills of these orders)."""
    ids = [row.id for row in rows]
    query = select(FillRow.__table__).where(FillRow.order_id.in_(ids))
    fills: dict[str, list[Any]] = {}
    for fill in (await session.execute(query)) if ids else ():
        fills.setdefault(fill.order_id, []).append(fill)
    return [replace(row, **_average(fills[row.id])) if row.id in fills else row for row in rows]


def _average(fills: Iterable[Any]) -> dict[str, Any]:
    some = [fill for fill in fills if fill.price is not None and fill.quantity]
    quantity = sum((fill.quantity for fill in some), Decimal(0))
    notional = sum((fill.price * fill.quantity for fill in some), Decimal(0))
    paid = (fill.fee for fill in some if fill.fee is not None and fill.fee_currency is None)
    return {"average": notional / quantity if quantity else None, "fee": sum(paid, Decimal(0))}
