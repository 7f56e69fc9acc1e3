"""Executions and funding."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy.ext.asyncio import AsyncSession

from gateway.store.reading.page import Accounts, Placed, Window, chosen, found
from gateway.store.tables.fills import FillRow, FundingRow


@dataclass(frozen=True, slots=True)
class Fill(Placed):
    """One execution; at: ns, the venue's time where it gave one."""

    order_id: str | None
    account: str
    venue: str
    symbol: str
    strategy: str
    parent: str | None
    role: str | None
    side: str | None
    price: Decimal | None
    quantity: Decimal | None
    fee: Decimal | None
    fee_currency: str | None
    liquidity: str | None
    trade: str | None


@dataclass(frozen=True, slots=True)
class Funding(Placed):
    """Funding of a position: quote, paid (negative: received)."""

    account: str
    venue: str
    symbol: str
    strategy: str
    amount: Decimal | None
    price: Decimal | None


async def fills(
    session: AsyncSession, window: Window, accounts: Accounts = None, *,
    symbol: str | None = None, order: str | None = None, strategy: str | None = None,
) -> list[Fill]:  # fmt: skip
    """Executions of accounts, of a symbol, of one order, of a strategy."""
    query = chosen(
        FillRow, FillRow.at, window, account=accounts, symbol=symbol, order_id=order,
        strategy=strategy,
    )  # fmt: skip
    return await found(session, query, Fill)


async def funding(
    session: AsyncSession, window: Window, accounts: Accounts = None, *, symbol: str | None = None
) -> list[Funding]:
    """Funding that was paid and received."""
    query = chosen(FundingRow, FundingRow.at, window, account=accounts, symbol=symbol)
    return await found(session, query, Funding)
