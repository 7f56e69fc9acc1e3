"""Questions to the store: every row once, whatever the page's size, and only those asked for."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from decimal import Decimal
from itertools import repeat
from typing import Any

import orjson
import pytest
from sqlalchemy import Engine, text
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.live.orders import LIVE
from gateway.store.engine import async_engine, engine, reading_async, writing
from gateway.store.migrate import migrate
from gateway.store.reading.decisions import decisions
from gateway.store.reading.events import commands, events
from gateway.store.reading.fills import Fill, fills, funding
from gateway.store.reading.orders import order, orders, refusals, steps
from gateway.store.reading.page import Window, chosen
from gateway.store.reading.portfolio import account_key, curve, portfolio
from gateway.store.sink.places import SUNK, empty
from gateway.store.tables import METADATA
from gateway.store.tables.fills import FillRow
from gateway.store.tables.orders import OrderRow
from schemas import names
from schemas.codec import encode
from schemas.record import Record
from schemas.statuses import Status
from schemas.system import Severity, SystemEvent
from tests.unit.small_desk import Story
from tests.unit.sunk_topics import Log, contents, log_of, sink

SECOND = 10**9
List = Callable[[AsyncSession, Window], Awaitable[list[Any]]]


def fill(n: int, account: str, symbol: str) -> Status:
    """One of many; every third at the same time as the one before it."""
    key, at = f"{account}:{symbol}", 2**62 + (n - (n % 3 == 0)) * 7
    return Status(
        id=f"f{n:04}", seq=n, key=key, account=account, venue="binance", symbol=symbol,
        type="fill", client_order_id=f"tl{n // 2:04}", price=f"{100 + n}.5", quantity="0.3",
        state="filled", side="buy", fee="0.0000001", filled="0.3", seen_time=at, event_time=at,
        strategy=("main", "quick")[n % 2],
    )  # fmt: skip


@pytest.fixture(scope="module")
def log() -> Log:
    """Forty fills of two accounts in two symbols, with all that is around them."""
    rows: list[tuple[str, Record]] = []
    for n in range(40):
        rows.append(
            (names.STATUSES, fill(n, ("ada", "bob")[n // 2 % 2], ("A/B", "C/D")[n // 4 % 2]))
        )
    for n in range(5):
        said = SystemEvent(key="s", stage="raw", severity=list(Severity)[n % 3], kind="k",
                           text=str(n), seen_time=n)  # fmt: skip
        rows.append((names.EVENTS, said))
    return log_of(rows)


@pytest.fixture
async def session(address: str, log: Log) -> AsyncIterator[AsyncSession]:
    """A reader of a store that has all of it."""
    plain = engine(address)
    migrate(plain)
    sink(plain, log, repeat(1000))
    plain.dispose()
    store = async_engine(address)
    async with reading_async(store) as reader:
        yield reader
    await store.dispose()


async def pages(session: AsyncSession, ask: List, limit: int, **span: int) -> list[Any]:
    """All pages, one after the other."""
    rows: list[Any] = []
    while some := await ask(session, Window(limit, rows[-1].place if rows else None, **span)):
        assert len(some) <= limit
        rows += some
    return rows


@pytest.mark.parametrize("limit", [1, 7, 200])
async def test_pages_give_every_row_once_newest_first(session: AsyncSession, limit: int) -> None:
    rows = await pages(session, fills, limit)
    assert len({row.id for row in rows}) == len(rows) == 40
    assert [row.place for row in rows] == sorted((row.place for row in rows), reverse=True)
    assert len(await pages(session, orders, limit)) == 20
    assert len(await pages(session, events, limit)) == 5
    for ask in (funding, decisions, refusals, commands):
        assert await pages(session, ask, limit) == []


async def test_only_what_is_asked_for_comes(session: AsyncSession) -> None:
    every = await fills(session, Window(200))

    async def same(keep: Callable[[Fill], bool], **asked: Any) -> None:
        wanted = [row for row in every if keep(row)]
        assert 0 < len(wanted) < 40 or not asked.get("accounts", True)
        assert await pages(session, lambda s, w: fills(s, w, **asked), 3) == wanted

    await same(lambda row: row.account == "ada", accounts=["ada"])
    await same(lambda row: row.account == "ada" and row.symbol == "A/B",
               accounts=["ada", "eve"], symbol="A/B")  # fmt: skip
    await same(lambda row: row.strategy == "quick", strategy="quick")
    await same(lambda row: row.order_id == "tl0003", order="tl0003")
    await same(lambda row: False, accounts=[])
    middle = every[20].at
    assert await pages(session, fills, 3, since=middle) == [r for r in every if r.at >= middle]
    assert await pages(session, fills, 3, until=middle) == [r for r in every if r.at < middle]


async def test_an_order_tells_what_it_was_filled_at(session: AsyncSession) -> None:
    found = await order(session, "tl0003")
    assert found is not None
    assert found.average == (Decimal("106.5") + Decimal("107.5")) / 2
    assert (str(found.fee), found.state, str(found.filled)) == ("2E-7", "filled", "0.3")
    assert found in await orders(session, Window(200), ["bob"], states=["filled"])
    assert not await orders(session, Window(200), states=LIVE)
    assert not await orders(session, Window(200), action="cancel")
    assert await steps(session, "tl0003") == []
    assert await order(session, "tlnone") is None


async def test_worth_is_told_now_and_over_time(address: str) -> None:
    plain = engine(address)
    migrate(plain)
    rows = [(at, row) for at, row in Story().play(25 * SECOND).rows if at == names.PORTFOLIO]
    sink(plain, log_of(rows), repeat(1000))
    store = async_engine(address)
    async with reading_async(store) as session:
        now = await portfolio(session, ["paper"])
        last = {row.key: row for _, row in rows}
        assert {one.key: one.record for one in now} == {
            key: orjson.loads(encode(row)) for key, row in last.items()
        }
        (whole,) = await portfolio(session, type="account")
        assert await portfolio(session, ["bob"]) == []
        points = await curve(session, account_key("paper"), 0, 2**63 - 1)
        assert points[-1].equity == whole.equity == Decimal("10000") + whole.earned
        assert [point.span for point in points] == sorted({point.span for point in points})
        assert len(points) >= 3
        wide = await curve(session, account_key("paper"), 0, 2**63 - 1, step=3600 * SECOND)
        assert wide == [points[-1]]
        assert await curve(session, account_key("paper"), 0, 2**63 - 1, limit=2) == points[-2:]
        some = await curve(session, account_key("paper"), points[1].span, points[-1].span)
        assert some == points[1:-1]
    await store.dispose()
    plain.dispose()


@pytest.mark.parametrize("address", ["sqlite"], indirect=True)
def test_lists_are_read_by_an_index_in_its_order(store: Engine) -> None:
    """Otherwise a page would cost as much as the table has rows."""
    window = Window(after=(5, "x"), since=1)
    asked = [
        chosen(FillRow, FillRow.at, window),
        chosen(FillRow, FillRow.at, window, account=["ada"]),
        chosen(FillRow, FillRow.at, window, account=["ada"], symbol="A/B"),
        chosen(FillRow, FillRow.at, window, order_id="x"),
        chosen(OrderRow, OrderRow.created, window),
        chosen(OrderRow, OrderRow.created, window, account=["ada"]),
        chosen(OrderRow, OrderRow.created, window, account=["ada"], symbol="A/B"),
        chosen(OrderRow, OrderRow.created, window, account=["ada"], state=["open"]),
    ]
    for query in asked:
        told = str(query.compile(store, compile_kwargs={"literal_binds": True}))
        with store.connect() as connection:
            plan = str(connection.execute(text(f"EXPLAIN QUERY PLAN {told}")).all())
        assert "USING INDEX" in plan, plan
        assert "TEMP B-TREE" not in plan, plan
        assert "created" in plan or "at" in plan, plan


def test_what_people_made_is_left_alone_by_a_rebuild(store: Engine, log: Log) -> None:
    sink(store, log, repeat(1000))
    with writing(store) as connection:
        connection.execute(text("CREATE TABLE people_of_a_test (name TEXT)"))
        connection.execute(text("INSERT INTO people_of_a_test VALUES ('ada')"))
    empty(store)
    assert not any(contents(store).values())
    with store.connect() as connection:
        assert connection.execute(text("SELECT name FROM people_of_a_test")).scalar() == "ada"
    desk = {table.name for table in METADATA.tables.values()} & {
        "orders", "order_steps", "refusals", "fills", "funding", "decisions", "portfolio",
        "portfolio_points", "commands", "events",
    }  # fmt: skip
    assert {str(table.__tablename__) for table in SUNK} == desk
