"""The store as a part of the gateway: its tables brought up to date, then open until the end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from gateway.store.engine import async_engine, engine, reading_async
from gateway.store.migrate import migrate
from gateway.store.settings import StoreSettings

if TYPE_CHECKING:
    from gateway.api.services import Services


@asynccontextmanager
async def stored(services: Services) -> AsyncIterator[None]:
    """Fills in `services.store`; StoreError where the database cannot be used."""
    known = services.settings
    address = known.of("store", StoreSettings).address(known.home)
    await asyncio.to_thread(_migrated, address)
    services.store = async_engine(address)
    services.probes["store"] = lambda: _state(services.store)
    try:
        yield
    finally:
        await services.store.dispose()


def _migrated(address: str) -> None:
    made = engine(address)
    try:
        migrate(made)
    finally:
        made.dispose()


async def _state(store: AsyncEngine | None) -> str:
    """Nothing where it answers."""
    if store is None:
        return "the store is not open"
    try:
        async with reading_async(store) as session:
            await session.execute(text("SELECT 1"))
    except (SQLAlchemyError, OSError):
        return "the store does not answer"
    return ""
