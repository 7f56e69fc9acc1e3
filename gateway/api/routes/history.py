"""What was: orders, fills, decisions and the curve of what accounts have won, from the store."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import fields
from decimal import Decimal
from typing import Annotated, Any, Protocol

from fastapi import APIRouter, Depends, Query
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.api.access import Account, Reader, owned, seen
from gateway.api.bodies import Symbol
from gateway.api.moments import LAST, SECOND, Moment, told
from gateway.api.paging import Asked, Page, Paged, page
from gateway.api.problems import Problem, away
from gateway.api.services import Given as Services
from gateway.api.views import Row
from gateway.auth.rights import EVERY
from gateway.store.engine import reading_async
from gateway.store.reading.decisions import decisions
from gateway.store.reading.fills import fills
from gateway.store.reading.orders import orders
from gateway.store.reading.page import Place, Window
from gateway.store.reading.portfolio import account_key, curve

router = APIRouter(prefix="/history", tags=["history"])

Since = Annotated[Moment, Query(description="From then on, RFC 3339.")]
Until = Annotated[Moment, Query(description="Before then.")]
OfSymbol = Annotated[Symbol | None, Query(description="Only of that symbol.")]
Strategy = Annotated[str | None, Query(max_length=100, description="Only of that strategy.")]
TIMES = frozenset({"at", "created", "updated", "span"})
POINTS = 2000


class Placed(Protocol):
    """A row of a list."""

    @property
    def place(self) -> Place:
        """Where it is in it."""
        ...


async def session_of(services: Services, who: Reader) -> AsyncIterator[AsyncSession]:
    """A reading of the store, for who may read; 503 where it does not answer."""
    if services.store is None:
        raise away("the store is not open")
    try:
        async with reading_async(services.store) as session:
            yield session
    except SQLAlchemyError:
        raise away("the store does not answer") from None


Session = Annotated[AsyncSession, Depends(session_of)]


@router.get("/orders", response_model=Page[Row])
async def all_orders(
    services: Services, session: Session, who: Reader, asked: Paged, account: Account = None,
    symbol: OfSymbol = None, strategy: Strategy = None, since: Since = 0, until: Until = LAST,
) -> Any:  # fmt: skip
    """Orders, the latest first."""
    window = Window(asked.limit + 1, asked.after, since, until)
    names = seen(services, who, account)
    found = await orders(session, window, names, symbol=symbol, strategy=strategy)
    return _page(found, asked)


@router.get("/fills", response_model=Page[Row])
async def all_fills(
    services: Services, session: Session, who: Reader, asked: Paged, account: Account = None,
    symbol: OfSymbol = None, order: Annotated[str | None, Query(max_length=100)] = None,
    since: Since = 0, until: Until = LAST,
) -> Any:  # fmt: skip
    """Executions, the latest first."""
    window = Window(asked.limit + 1, asked.after, since, until)
    names = seen(services, who, account)
    return _page(await fills(session, window, names, symbol=symbol, order=order), asked)


@router.get("/decisions", response_model=Page[Row])
async def all_decisions(
    session: Session, who: Reader, asked: Paged, symbol: OfSymbol = None, strategy: Strategy = None,
    since: Since = 0, until: Until = LAST,
) -> Any:  # fmt: skip
    """Decisions, the latest first."""
    window = Window(asked.limit + 1, asked.after, since, until)
    found = await decisions(session, window, symbol=symbol, strategy=strategy)
    return _page(found, asked)


@router.get("/curve", response_model=list[Row])
async def earned(
    services: Services, session: Session, who: Reader,
    account: Annotated[str, Query(max_length=64)], strategy: Strategy = None,
    since: Since = 0, until: Until = LAST,
    step: Annotated[int, Query(ge=1, le=32 * 86_400, description="Seconds between points.")] = 10,
) -> Any:  # fmt: skip
    """What an account, or a strategy of it, was worth and had won, over time: at most 2000 points,
    oldest first.
    """
    name = owned(services, who, account)
    if name == EVERY:
        raise Problem(422, "account", "a curve is of one account")
    points = await curve(session, account_key(name, strategy), since, until, step * SECOND, POINTS)
    return [{**row_of(point), "earned": f"{point.earned:f}"} for point in points]


def _page(rows: Sequence[Placed], asked: Asked) -> Page[Row]:
    return page(rows, asked, lambda row: row.place, row_of)


def row_of(value: Any) -> Row:
    """A row's fields as they go out: money as text, times as RFC 3339; records in full are left to
    `why`.
    """
    return {
        field.name: _told(field.name, getattr(value, field.name))
        for field in fields(value)
        if field.name != "body"
    }


def _told(name: str, value: Any) -> Any:
    if isinstance(value, Decimal):
        return f"{value:f}"
    return told(value) if name in TIMES and isinstance(value, int) else value
