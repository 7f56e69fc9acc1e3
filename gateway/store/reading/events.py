"""What people commanded, and what the stages told of themselves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.store.reading.page import Accounts, Place, Window, chosen, found
from gateway.store.tables.events import CommandRow, EventRow


@dataclass(frozen=True, slots=True)
class Commanded:
    """One command of a person; body: the record."""

    id: str
    at: int
    account: str
    by: str
    kind: str
    symbol: str | None
    body: str

    @property
    def place(self) -> Place:
        """Where it is in the list."""
        return self.at, self.id

    @property
    def record(self) -> Any:
        """The record, from its JSON."""
        return orjson.loads(self.body)


@dataclass(frozen=True, slots=True)
class Event:
    """One event of a stage; body: the record, with its facts."""

    id: str
    at: int
    stage: str
    severity: str
    kind: str
    text: str
    body: str

    @property
    def place(self) -> Place:
        """Where it is in the list."""
        return self.at, self.id

    @property
    def record(self) -> Any:
        """The record, from its JSON."""
        return orjson.loads(self.body)


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
