"""What people commanded, and what the stages told of themselves."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from gateway.store.reading.page import Accounts, Recorded, Window, chosen, found
from gateway.store.tables.events import CommandRow, EventRow


@dataclass(frozen=True, slots=True)
class Commanded(Recorded):
    """One command of a person; body: the record."""

    account: str
    by: str
    kind: str
    symbol: str | None


@dataclass(frozen=True, slots=True)
class Event(Recorded):
    """One event of a stage; body: the record, with its facts."""

    stage: str
    severity: str
    kind: str
    text: str


async def commands(
    session: AsyncSession, window: Window, accounts: Accounts = None, *,
    kind: str | None = None, symbol: str | None = None,
) -> list[Commanded]:  # fmt: skip
    """Commands for accounts; those for the whole desk are of the account "desk"."""
    query = chosen(CommandRow, CommandRow.at, window, account=accounts, kind=kind, symbol=symbol)
    return await found(session, query, Commanded)


async def events(
    session: AsyncSession, window: Window, *, stage: str | None = None,
    severity: str | None = None, kind: str | None = None,
) -> list[Event]:  # fmt: skip
    """Events of the stages."""
    query = chosen(EventRow, EventRow.at, window, stage=stage, severity=severity, kind=kind)
    return await found(session, query, Event)
