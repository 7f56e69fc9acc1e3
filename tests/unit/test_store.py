"""The store: the same tables on SQLite and on PostgreSQL, whoever makes them first."""

from __future__ import annotations

import asyncio
import json
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from pydantic import SecretStr, ValidationError
from sqlalchemy import Column, Engine, MetaData, Table, insert, inspect, select, text
from typer.testing import CliRunner

from gateway.cli import app
from gateway.store.base import Money, Nanoseconds
from gateway.store.engine import (
    StoreError,
    async_engine,
    engine,
    reading_async,
    writing,
    writing_async,
)
from gateway.store.migrate import current, migrate, script
from gateway.store.settings import StoreSettings
from gateway.store.tables import METADATA
from topics.settings import Settings

MONEY = [
    Decimal(text) for text in ("0", "1.50", "-0.000000000000000001", "123456789012345678.9", "1E+3")
]
LEDGER = Table("ledger", MetaData(), Column("at", Nanoseconds, primary_key=True),
               Column("amount", Money))  # fmt: skip
LATE = 2**63 - 1
LATER = "UPDATE alembic_version SET version_num = 'desk_9999' WHERE version_num LIKE 'desk%'"


def test_migrated_tables_are_those_that_the_code_knows(store: Engine) -> None:
    with store.connect() as connection:
        assert not compare_metadata(MigrationContext.configure(connection), METADATA)
    assert current(store)


def test_each_room_has_one_line_of_steps() -> None:
    rooms = {Path(str(each.path)).parent.name for each in script().walk_revisions()}
    heads = [
        Path(str(script().get_revision(head).path)).parent.name for head in script().get_heads()
    ]
    assert sorted(heads) == sorted(rooms)


def test_many_that_migrate_at_once_make_the_tables_once(address: str) -> None:
    stores = [engine(address) for _ in range(4)]
    with ThreadPoolExecutor(len(stores)) as pool:
        done = list(pool.map(migrate, stores))
    assert [each.before for each in done].count(()) == 1
    assert {each.after for each in done} == {tuple(sorted(script().get_heads()))}
    for store in stores:
        store.dispose()


def test_a_migration_that_fails_leaves_nothing_behind(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = engine(address)

    def broken(*_: Any, **__: Any) -> None:
        raise RuntimeError("half done")

    monkeypatch.setattr("gateway.store.migrate.Migrated", broken)
    with pytest.raises(RuntimeError, match="half done"):
        migrate(store)
    assert not inspect(store).get_table_names()
    assert not current(store)
    store.dispose()


def test_tables_of_a_later_version_are_refused_with_the_remedy(store: Engine) -> None:
    with writing(store) as connection:
        connection.execute(text(LATER))
    with pytest.raises(StoreError, match="run that version, or name another database"):
        migrate(store)


def test_money_and_times_come_back_exactly(store: Engine) -> None:
    rows = [{"at": LATE - n, "amount": amount} for n, amount in enumerate((*MONEY, None))]
    with writing(store) as connection:
        LEDGER.create(connection)
        connection.execute(insert(LEDGER), rows)
    with store.connect() as connection:
        told = connection.execute(select(LEDGER).order_by(LEDGER.c.at.desc())).all()
    assert [row._asdict() for row in told] == rows
    assert [str(row.amount) for row in told][:3] == ["0", "1.50", "-1E-18"]


@pytest.mark.parametrize("amount", ["NaN", "Infinity"])
def test_what_is_no_amount_is_refused(store: Engine, amount: str) -> None:
    with store.connect() as connection, pytest.raises(Exception, match="is no amount of money"):
        connection.execute(select(LEDGER).where(LEDGER.c.amount == Decimal(amount)))


def test_money_cannot_be_ordered_by_a_query() -> None:
    for wrong in (lambda: LEDGER.c.amount < Decimal(1), lambda: LEDGER.c.amount.desc()):
        with pytest.raises(TypeError, match="compare it in Python"):
            wrong()


async def test_two_that_read_and_then_write_wait_for_each_other(address: str) -> None:
    """Without saying so at the beginning, the second would fail on SQLite at once."""
    store, other = async_engine(address), engine(address)
    with writing(other) as connection:
        LEDGER.create(connection)

    async def add(first: int) -> None:
        for at in range(first, first + 10):
            async with writing_async(store) as session:
                await session.execute(select(LEDGER))
                await session.execute(insert(LEDGER).values(at=at))

    await asyncio.gather(add(0), add(100), add(200))
    async with reading_async(store) as session:
        before = len((await session.execute(select(LEDGER))).all())
        with writing(other) as connection:  # a reader does not hold a writer up
            connection.execute(insert(LEDGER).values(at=-1))
    assert before == 30
    await store.dispose()
    other.dispose()


@pytest.mark.parametrize("url", ["mysql://there/desk", "sqlite://", "sqlite:///:memory:", "desk"])
def test_urls_that_cannot_be_are_refused(url: str) -> None:
    with pytest.raises(ValidationError):
        StoreSettings(url=SecretStr(url))


def test_a_password_is_never_shown(tmp_path: Path) -> None:
    told = StoreSettings(url=SecretStr("postgresql://ada:hidden@127.0.0.1:9/desk"))
    store = engine(told.address(tmp_path))
    with pytest.raises(StoreError, match=r"ada:\*\*\*@127\.0\.0\.1") as caught:
        migrate(store)
    assert "hidden" not in f"{caught.value}{told!r}"
    assert Settings(store={"sink": True}).of("store", StoreSettings).sink


def test_the_command_makes_the_tables_in_the_home(home: Path) -> None:
    first, second = (CliRunner().invoke(app, ["store", "migrate", "--json"]) for _ in range(2))
    assert first.exit_code == second.exit_code == 0, first.output
    assert json.loads(first.output)["before"] == []
    assert json.loads(second.output)["before"] == json.loads(first.output)["after"]
    assert (home / "store.db").is_file()
